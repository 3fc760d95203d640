"""A file is the old one or the new one, whatever happens while it is written."""

import pytest

from models.files import replacing


def test_a_file_is_the_old_one_until_the_new_one_is_whole(tmp_path):
    file = tmp_path / "weights.h5"
    for text in ("old", "new"):
        with replacing(file) as temporary:
            temporary.write_text(text)
            assert temporary.parent == file.parent  # one disk, where renaming is one step
            assert not file.exists() or file.read_text() == "old"
        assert file.read_text() == text and list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("error", [OSError("no space left on device"), KeyboardInterrupt])
@pytest.mark.parametrize("begun", [False, True])
def test_what_breaks_off_leaves_the_old_file_and_nothing_else(error, begun, tmp_path):
    file = tmp_path / "weights.h5"
    file.write_text("old")
    with pytest.raises(type(error) if isinstance(error, OSError) else error):
        with replacing(file) as temporary:
            if begun:
                temporary.write_text("half")
            raise error
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]


def test_two_who_write_one_file_do_not_write_into_each_other(tmp_path):
    file = tmp_path / "picture.png"
    with replacing(file) as first, replacing(file) as second:
        first.write_text("first")
        second.write_text("second")
    assert first != second and file.read_text() == "first"
