"""What the command lines share: one sentence for a mistake."""

import pytest

from demos.shared.command import run


@pytest.mark.parametrize("error", [ValueError("a is b"), FileNotFoundError("a is b")])
def test_bad_input_is_one_sentence_and_status_2(error, capsys):
    def main(argv):
        raise error

    assert run(main, []) == 2
    assert capsys.readouterr().err == "demos: a is b\n"
