"""Weight files: what goes in comes out, and what is wrong with one is said."""

import hashlib
import json
import pathlib

import h5py
import numpy as np
import pytest

import models
from models import storage


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=["cat", "dog", "œuf"])


@pytest.fixture
def file(net, tmp_path):
    storage.save(tmp_path / "minivgg.h5", net.params, net.attributes)
    return tmp_path / "minivgg.h5"


def test_what_is_saved_is_loaded(net, file):
    loaded = models.load("minivgg", file)
    assert loaded.classes == ["cat", "dog", "œuf"] and loaded.class_count == 3
    assert list(loaded.params) == list(net.shapes)
    assert all(np.array_equal(loaded.params[name], net.params[name]) for name in net.params)
    assert loaded.attributes == net.attributes
    assert storage.model_of(file) == "minivgg"


def test_loaded_arrays_are_read_only(file):
    for dtype in ("float32", "float64"):
        bias = models.load("minivgg", file, dtype=dtype).params["fc8/bias"]
        assert bias.dtype == dtype
        with pytest.raises(ValueError, match="read-only"):
            bias[0] = 1


def test_half_precision_halves_the_file_and_loads_as_float32(net, file, tmp_path):
    half = tmp_path / "half.h5"
    storage.save(half, net.params, net.attributes, float16=True)
    assert half.stat().st_size < 0.51 * file.stat().st_size
    loaded = models.load("minivgg", half)
    for name, array in loaded.params.items():
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, net.params[name], rtol=1e-3, atol=1e-7)


def test_nested_layer_names_are_groups(tmp_path):
    net = models.build("squeezenet1_1", classes=2)
    storage.save(tmp_path / "s.h5", net.params, net.attributes)
    with h5py.File(tmp_path / "s.h5") as file:
        assert file["fire2/squeeze1x1/weight"].shape == (16, 64, 1, 1)
    assert list(models.load("squeezenet1_1", tmp_path / "s.h5").params) == list(net.shapes)


def test_preprocessing_travels_with_the_weights(net, tmp_path):
    told = dict(channel_order="BGR", scale=1.0, mean=[104, 117, 123], std=[1, 1, 1], crop=100)
    storage.save(
        tmp_path / "n.h5", net.params, net.attributes | told | {"pool_rounding": "ceil"}
    )
    loaded = models.load("minivgg", tmp_path / "n.h5")
    assert loaded.input_size == 100 and loaded.preprocessing.channel_order == "BGR"
    np.testing.assert_allclose(loaded.mean_colour, [123, 117, 104])
    assert loaded.layers["pool1"].ceil_mode and loaded.attributes["pool_rounding"] == "ceil"


def test_weights_are_looked_for_where_the_variable_says(file, monkeypatch):
    monkeypatch.setenv("MINIGRAD_WEIGHTS", str(file.parent))
    assert models.load("minivgg").class_count == 3


def test_a_missing_file_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGRAD_WEIGHTS", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="python -m weights download vgg19_bn"):
        models.load("vgg19_bn")
    with pytest.raises(FileNotFoundError, match="there is no weight file"):
        models.load("vgg16", tmp_path / "none.h5")


def test_a_file_of_another_network_is_refused(file):
    with pytest.raises(ValueError, match="holds weights of minivgg, not of vgg16"):
        models.load("vgg16", file)


def test_what_does_not_fit_is_listed(net, tmp_path):
    params = dict(net.params)
    params["fc9/weight"] = params.pop("fc8/weight")
    params["conv1_1/bias"] = np.zeros(7)
    storage.save(tmp_path / "n.h5", params, net.attributes)
    with pytest.raises(ValueError) as told:
        models.load("minivgg", tmp_path / "n.h5")
    assert str(told.value).endswith(
        "n.h5 does not fit minivgg; missing: fc8/weight; left over: fc9/weight; "
        "of another shape: conv1_1/bias (7,) for (32,)"
    )


def test_long_lists_are_cut():
    found = {f"layer{i}/weight": (1,) for i in range(9)}
    with pytest.raises(ValueError, match="layer3/weight and 5 more$"):
        storage.check_shapes(found, {}, "x.h5", "vgg16")


def test_files_that_are_none_or_damaged_are_told_in_a_sentence(file, tmp_path):
    whole = file.read_bytes()
    cut, text, empty, foreign = (tmp_path / name for name in ("cut", "text", "empty", "foreign"))
    cut.write_bytes(whole[: len(whole) // 2])
    text.write_text("no weights")
    empty.write_bytes(b"")
    with h5py.File(foreign, "w") as other:
        other["block1_conv1"] = np.zeros(3)
    for path in (cut, text, empty):
        with pytest.raises(ValueError, match="is not an HDF5 file, or is cut off"):
            models.load("minivgg", path)
    with pytest.raises(ValueError, match="does not say whose weights"):
        storage.model_of(foreign)


@pytest.mark.parametrize(
    "attribute",
    [dict(channel_order="GBR"), dict(mean="grey"), dict(pool_rounding="up"), dict(crop=10**6),
     dict(pool_rounding=[1, 2]), dict(scale=np.nan), dict(std=[1.0, 1.0, np.inf]), dict(mean=1j),
     dict(resize=-256), dict(resize=np.inf)],
)
def test_attributes_that_make_no_sense_name_the_file(net, tmp_path, attribute):
    storage.save(tmp_path / "n.h5", net.params, net.attributes | attribute)
    with pytest.raises(ValueError, match=r"an attribute of .*n\.h5 makes no sense"):
        models.load("minivgg", tmp_path / "n.h5")


@pytest.mark.parametrize("classes", [5, 0.5, "5", '{"cat": 1}', '["cat", 5]', "null", "[" * 10**4])
def test_classes_are_a_list_of_names(file, classes):
    with h5py.File(file, "a") as opened:
        opened.attrs["classes"] = classes
    with pytest.raises(ValueError, match="minivgg.h5 (is damaged|cannot be used: its classes)"):
        models.load("minivgg", file)


def test_classes_that_are_no_list_are_damage(net, file):
    with h5py.File(file, "a") as opened:
        opened.attrs["classes"] = "cat, dog"
    with pytest.raises(ValueError, match="is damaged"):
        models.load("minivgg", file)


def test_a_file_is_replaced_whole_or_not_at_all(net, file, monkeypatch):
    before = file.read_bytes()

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(h5py.Group, "create_dataset", full)
    with pytest.raises(OSError, match="nothing was changed: .*No space left"):
        storage.save(file, net.params, net.attributes)
    assert file.read_bytes() == before and list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    "value, float16, says", [(np.nan, False, "float32"), (np.inf, True, ""), (1e5, True, "float16")]
)
def test_numbers_that_cannot_be_stored_are_refused(tmp_path, value, float16, says):
    with pytest.raises(ValueError, match=f"fc8/bias holds numbers that {says}"):
        storage.save(tmp_path / "n.h5", {"fc8/bias": [value]}, {"model": "n"}, float16)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [1.0, [], np.zeros((0, 3))])
def test_an_array_without_numbers_is_not_stored(tmp_path, value):
    with pytest.raises(ValueError, match="fc8/bias of shape .* holds no weights"):
        storage.save(tmp_path / "n.h5", {"fc8/bias": value}, {"model": "n"})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(OSError, match="could not be written"):
        storage.save(tmp_path / "none" / "n.h5", {}, {"model": "n"})


@pytest.mark.parametrize("shape", [(2**20, 2**20), (2**31, 2**31), (2**32, 2**30)])
def test_an_array_that_claims_more_than_is_stored_is_refused(tmp_path, shape):
    """2³² · 2³⁰ numbers of four bytes are none in 64 bits."""
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        file.attrs["model"] = "minivgg"
        file.create_dataset("conv1_1/weight", shape=shape, dtype="f4", chunks=(64,) * len(shape))
    with pytest.raises(ValueError, match="bomb.h5 .*conv1_1/weight claims .* than the file stores"):
        storage.read(tmp_path / "bomb.h5")


def test_many_arrays_together_claim_no_more_than_is_stored(tmp_path):
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        file.attrs["model"] = "minivgg"
        for i in range(400):
            file.create_dataset(f"conv{i}/weight", shape=(2**18,), dtype="f4")
    with pytest.raises(ValueError, match="claims 1,048,576 bytes, more than"):
        storage.read(tmp_path / "bomb.h5")


def test_what_unpacks_to_more_than_is_stored_is_refused(tmp_path):
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        file.attrs["model"] = "minivgg"
        file.create_dataset("stored", data=np.random.default_rng(0).random(2**16))
        file.create_dataset("zeros", data=np.zeros(2**10, "f4"), compression="gzip")
    with pytest.raises(ValueError, match="zeros is compressed"):
        storage.read(tmp_path / "bomb.h5")


@pytest.mark.parametrize(
    "value, says",
    [(np.array([1 + 2j]), "holds complex128, and weights are real"), (["a"], "holds object"),
     (np.array([b"a"]), "holds .S1"), (np.array([1.0, np.nan]), "holds NaN or infinity"),
     (np.array([1.0, -np.inf], "f4"), "holds NaN or infinity"), (np.array([True]), "holds bool"),
     (np.array([1e300]), "holds NaN or infinity"), (h5py.Empty("f4"), "is no array"),
     (np.float32(1), "is no array"),
     (np.zeros(1, [("a", "f4")]), "weights are real numbers")],
)
def test_arrays_that_are_no_weights_are_refused(tmp_path, value, says):
    with h5py.File(tmp_path / "n.h5", "w") as file:
        file.attrs["model"] = "minivgg"
        file["conv1_1/weight"] = value
    with pytest.raises(ValueError, match=f"n.h5 cannot be used: conv1_1/weight .*{says}"):
        storage.read(tmp_path / "n.h5")


# ── Bytes that changed on the way ────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A file of four chunks, whose last is not full, and what is in it."""
    rng = np.random.default_rng(0)
    params = {"a/weight": rng.normal(size=(10, 3, 3)), "a/bias": rng.normal(size=10)}
    path = tmp_path_factory.mktemp("small") / "small.h5"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "CHUNK", 130)
        storage.save(path, params, {"model": "n", "classes": ["cat", "dog"], "mean": [1.0, 2.0]})
    with h5py.File(path) as file:
        assert file["a/weight"].chunks == (4, 3, 3) and file["a/bias"].chunks == (10,)
    return path


def test_no_byte_of_a_file_changes_unnoticed(small, tmp_path):
    """Numbers, names, shapes and attributes: they come out as they were, or a sentence does."""
    whole, want = small.read_bytes(), storage.read(small)
    noticed = 0
    for place in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        (tmp_path / "damaged.h5").write_bytes(damaged)
        try:
            params, attributes = storage.read(tmp_path / "damaged.h5")
        except ValueError as error:
            assert "damaged.h5" in str(error)
            noticed += 1
        else:
            assert attributes == want[1] and params.keys() == want[0].keys()
            assert all(np.array_equal(params[name], want[0][name]) for name in params)
    assert noticed > len(whole) / 6     # the rest is filled up with nothing


def test_fifty_flipped_bytes_of_weights_are_a_sentence(net, file, tmp_path):
    whole = bytearray(file.read_bytes())
    for place in np.random.default_rng(0).integers(len(whole), size=50):
        whole[place] ^= 0xFF
    (tmp_path / "damaged.h5").write_bytes(whole)
    with pytest.raises(ValueError, match=r"damaged\.h5 is damaged, get it again: .* of \w+/"):
        models.load("minivgg", tmp_path / "damaged.h5")


@pytest.mark.parametrize("name", ["minivgg", "unet"])
def test_a_network_that_ships_has_the_sum_that_its_log_tells(name):
    """One file is older than the sums inside; git and a copy by hand may change a byte, too."""
    folder = pathlib.Path(storage.__file__).parent.parent / "weights"
    log = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    assert hashlib.sha256((folder / f"{name}.h5").read_bytes()).hexdigest() == log["sha256"]
