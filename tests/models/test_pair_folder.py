"""A folder of photos and label images: pairs stay pairs, and bad folders are said."""

import numpy as np
import pytest
from PIL import Image

from models import pair_folder
from models.pair_folder import Pairs, Vary

STILL = Vary(flip=False, rotation=0, zoom=(1, 1), colour=0)


def write(place, name, picture=None, labels=None):
    for kind, array, suffix in ("images", picture, "jpg"), ("labels", labels, "png"):
        if array is not None:
            (place / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.asarray(array, np.uint8)).save(place / kind / f"{name}.{suffix}")


def halves(height=20, width=30):
    """A photo that is dark on the left and bright on the right, and labels 0 and 1 of it."""
    labels = np.zeros((height, width), np.uint8)
    labels[:, width // 2 :] = 1
    return np.repeat(200 * labels[..., None], 3, axis=2) + 20, labels


@pytest.fixture
def folder(tmp_path):
    for n in range(5):
        write(tmp_path, f"photo{n}", *halves())
    return tmp_path


def test_pairs_are_read_by_name_and_labels_keep_their_numbers(folder):
    pairs = pair_folder.read(folder)
    assert pairs.names == [f"photo{n}" for n in range(5)]
    assert pairs.pictures[0].shape == (20, 30, 3) and np.array_equal(pairs.labels[0], halves()[1])


def test_a_palette_s_numbers_are_the_classes(folder):
    image = Image.fromarray(halves()[1]).convert("P")
    image.putdata(halves()[1].ravel().tolist())
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.save(folder / "labels" / "photo0.png")
    assert np.array_equal(pair_folder.read(folder).labels[0], halves()[1])


def test_smaller_photos_have_smaller_labels_and_no_label_in_between(folder):
    pairs = pair_folder.read(folder, edge=9)
    assert pairs.labels[0].shape == pairs.pictures[0].shape[:2] == (9, 14)
    assert set(np.unique(pairs.labels[0])) == {0, 1}


def test_a_view_is_the_same_of_both(rng):
    """Wherever it is turned and however large: bright is 1, dark is 0, and beyond is void."""
    picture, labels = halves(40, 60)
    for _ in range(20):
        pixels, seen = pair_folder.view(
            picture, labels, (24, 36), Vary(rotation=40, zoom=(0.4, 3), colour=0), 9, rng
        )
        assert set(np.unique(seen)) <= {0, 1, 9}
        brightness = pixels.mean(axis=2)
        assert ((brightness > 120) != (seen == 1))[seen != 9].mean() < 0.1


def test_a_view_that_is_not_varied_is_the_photo(rng):
    picture, labels = halves()
    pixels, seen = pair_folder.view(picture, labels, labels.shape, STILL, 255, rng)
    assert np.array_equal(pixels, picture) and np.array_equal(seen, labels)


@pytest.mark.parametrize("degrees", [90, 180])
def test_a_turn_by_quarters_moves_every_pixel_and_its_label_alike(degrees):
    square = np.arange(64, dtype=np.uint8).reshape(8, 8)

    class Turned:
        def uniform(self, low, high, size=None):
            middle = (low + high) / 2
            return high if high == degrees else np.full(size, middle) if size else middle

    vary = STILL._replace(rotation=degrees)
    picture = np.repeat(square[..., None], 3, axis=2)
    pixels, seen = pair_folder.view(picture, square, (8, 8), vary, 255, Turned())
    np.testing.assert_allclose(pixels[..., 0], seen, atol=1)  # Pillow cuts 14.99 down
    assert any(np.array_equal(seen, np.rot90(square, q)) for q in {90: (1, 3), 180: (2,)}[degrees])


def test_mirrored_views_mirror_both(rng):
    picture, labels = halves()
    views = [pair_folder.view(picture, labels, labels.shape, STILL._replace(flip=True), 255, rng)
             for _ in range(10)]
    mirrored = [bool(seen[0, 0]) for _, seen in views]
    assert 0 < sum(mirrored) < 10
    for (pixels, seen), m in zip(views, mirrored, strict=True):
        assert np.array_equal(seen, labels[:, ::-1] if m else labels)
        assert np.array_equal(pixels[..., 0] > 100, seen == 1)


def test_an_epoch_shows_no_pair_twice_and_the_same_seed_the_same_batches():
    pairs = Pairs([np.full((8, 8, 3), n, np.uint8) for n in range(7)],
                  [np.zeros((8, 8), np.uint8)] * 7, list("abcdefg"))
    rest = (8, 8), 2, range(6), 3, STILL, 255
    shown = [x[:, 0, 0, 0].astype(int).tolist() for x, _ in pair_folder.batches(pairs, *rest)]
    epochs = [sum(shown[:3], []), sum(shown[3:], [])]
    assert all(len(set(epoch)) == 6 for epoch in epochs) and epochs[0] != epochs[1]
    later = pair_folder.batches(pairs, (8, 8), 2, range(4, 6), 3, STILL, 255)
    assert [x[:, 0, 0, 0].astype(int).tolist() for x, _ in later] == shown[4:]


def test_a_split_is_by_seed_and_leaves_both_parts_something():
    pairs = Pairs([None] * 10, [None] * 10, list("abcdefghij"))
    train, val = pair_folder.split(pairs, 0.2, 0)
    assert len(val.names) == 2 and sorted(train.names + val.names) == pairs.names
    assert pair_folder.split(pairs, 0.2, 0)[1].names == val.names
    assert pair_folder.split(pairs, 0.2, 1)[1].names != val.names
    assert len(pair_folder.split(pair_folder.chosen(pairs, [0, 1]), 0.2, 0)[1].names) == 1


@pytest.mark.parametrize(("n", "count", "chosen"), [
    (100, 4, [12, 37, 62, 87]), (7, 3, [1, 3, 5]), (3, 3, [0, 1, 2]), (2, 4, [0, 1]),
])  # fmt: skip
def test_examples_are_spread_over_the_film(n, count, chosen):
    pictures, labels = ([np.full(size, i) for i in range(n)] for size in ((8, 8, 3), (8, 8)))
    frames = Pairs(pictures, labels, [str(i) for i in range(n)])
    some = pair_folder.spread(frames, count)
    assert some.names == [str(i) for i in chosen]
    assert [int(labels[0, 0]) for labels in some.labels] == chosen


def test_photos_of_unlike_sizes_are_seen_in_the_largest_square_of_all(folder):
    assert pair_folder.common_size(pair_folder.read(folder)) == (20, 30)
    write(folder, "other", *halves(50, 26))
    pairs = pair_folder.read(folder)
    assert pair_folder.common_size(pairs) == (20, 20)
    sizes = [x.shape for x, _ in pair_folder.as_they_are(pairs, batch=4)]
    assert sorted(sizes) == [(1, 3, 20, 30), (1, 3, 50, 26), (4, 3, 20, 30)]


def spoil(folder, what):
    picture, labels = halves()
    if what == "without a label":
        write(folder, "alone", picture)
    elif what == "without an image":
        write(folder, "alone", labels=labels)
    elif what == "of another size":
        write(folder, "photo0", labels=labels[:-1])
    elif what == "of colours":
        write(folder, "photo0", labels=picture)
    elif what == "no image":
        (folder / "labels" / "photo0.png").write_text("no image")
    elif what == "of the same name":
        Image.fromarray(labels).save(folder / "images" / "photo0.png")


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("without a label", "alone.jpg has no partner of the name alone in .*labels"),
        ("without an image", "alone.png has no partner of the name alone in .*images"),
        ("of another size", "photo0.jpg has 30×20 pixels and its label image .* 30×19"),
        ("of colours", "photo0.png holds RGB pixels, and a label image one class number"),
        ("no image", "photo0.png cannot be read as an image"),
        ("of the same name", "photo0.jpg and .*photo0.png have one name"),
    ],
)
def test_a_folder_in_which_a_pair_is_wrong_is_said(folder, what, says):
    spoil(folder, what)
    with pytest.raises(ValueError, match=says):
        pair_folder.read(folder)


def test_labels_outside_the_classes_and_one_class_alone_are_said(folder):
    pairs = pair_folder.read(folder)
    pair_folder.check_labels(pairs, 2, 255)
    with pytest.raises(ValueError, match="photo0 holds the label 1, and there are classes 0–0"):
        pair_folder.check_labels(pairs, 1, 255)
    with pytest.raises(ValueError, match="one class alone"):
        pair_folder.check_labels(pairs, 2, 1)


def test_one_pair_and_no_folders_and_one_name_are_said(folder, tmp_path):
    with pytest.raises(ValueError, match="one pair alone"):
        pair_folder.split(pair_folder.chosen(pair_folder.read(folder), [0]), 0.2, 0)
    with pytest.raises(ValueError, match="no folders images and labels"):
        pair_folder.places_of(tmp_path / "labels")
    (folder / "classes.txt").write_text("sky\n\n")
    with pytest.raises(ValueError, match="names 1 classes"):
        pair_folder.classes_of(folder)
    (folder / "classes.txt").write_text("sky\nroad\n")
    assert pair_folder.classes_of(folder) == ["sky", "road"]
