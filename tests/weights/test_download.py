"""A download is whole and checked before it is used, and goes on where it broke off."""

import hashlib
import http.server
import threading

import pytest

import models
from minigrad.command import run
from weights import __main__ as command
from weights import download as downloads
from weights.download import fetch
from weights.publishers import PUBLISHED, Published

CONTENT = bytes(range(256)) * 4000


def main(argv):
    """The command as a user meets it: what is wrong is a sentence and a status."""
    return run(command.main, argv, "weights")


class Server(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT, with the faults that a test asks for."""

    ranges, cut, status, chunked = True, None, 200, False
    asked: list = []

    def do_GET(self):
        cls = type(self)
        cls.asked.append(self.headers.get("Range"))
        if cls.status != 200:
            return self.send_error(cls.status)
        start = 0
        if cls.ranges and self.headers.get("Range"):
            start = int(self.headers["Range"][6:-1])
            if start >= len(CONTENT):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(CONTENT)}")
                return self.end_headers()
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        elif cls.chunked:  # and broken off in the first chunk
            self.protocol_version = "HTTP/1.1"
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"ffff\r\n" + CONTENT[:1000])
            self.close_connection = True
            return
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : cls.cut])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    class Fresh(Server):
        asked = []

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Fresh) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Fresh.address = f"http://127.0.0.1:{server.server_port}/weights.bin"
        yield Fresh
        server.shutdown()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "weights.bin"


SHA = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


def test_a_whole_file_comes_and_is_checked(server, file):
    fetch(server.address, file, SHA)
    assert file.read_bytes() == CONTENT and list(file.parent.iterdir()) == [file]


def test_the_first_digits_of_a_hash_are_enough_and_md5_is_known(server, file):
    fetch(server.address, file, SHA[:15])
    fetch(server.address, file, "md5:" + hashlib.md5(CONTENT).hexdigest())


def test_a_file_without_a_published_hash_is_called_unverified(server, file, capsys):
    fetch(server.address, file, None)
    assert "unverified" in capsys.readouterr().out


def test_what_was_cut_off_is_resumed(server, file):
    server.cut = 300_000
    with pytest.raises(OSError, match="goes on from there"):
        fetch(server.address, file, SHA)
    assert not file.exists() and file.with_name("weights.bin.part").stat().st_size == 300_000
    server.cut = None
    fetch(server.address, file, SHA)
    assert server.asked == [None, "bytes=300000-"] and file.read_bytes() == CONTENT


def test_a_part_that_is_whole_already_is_only_checked(server, file):
    file.with_name("weights.bin.part").write_bytes(CONTENT)
    fetch(server.address, file, SHA)
    assert file.read_bytes() == CONTENT


def test_a_part_that_is_longer_than_the_file_is_begun_anew(server, file):
    """Where no hash is published nothing else would tell."""
    file.with_name("weights.bin.part").write_bytes(CONTENT + b"and more")
    fetch(server.address, file, None)
    assert file.read_bytes() == CONTENT


def test_a_chunked_answer_that_breaks_off_is_said(server, file):
    server.chunked = True
    with pytest.raises(OSError, match="goes on from there"):
        fetch(server.address, file, SHA)
    assert not file.exists()


def test_control_c_keeps_what_has_come(server, tmp_path, monkeypatch, capsys):
    class Interrupted(downloads.tqdm):
        def update(self, n=1):
            raise KeyboardInterrupt

    monkeypatch.setitem(PUBLISHED, "x", Published("vgg16", server.address, SHA, None, None, ""))
    monkeypatch.setenv("MINIGRAD_WEIGHTS", str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(downloads, "tqdm", Interrupted)
        assert main(["download", "x"]) == 130
    assert "goes on from here" in capsys.readouterr().err
    have = (tmp_path / "weights.bin.part").stat().st_size
    assert 0 < have < len(CONTENT)
    main(["download", "x"])
    assert server.asked == [None, f"bytes={have}-"] and not list(tmp_path.glob("*.part"))


def test_a_file_that_is_here_already_is_checked_too(server, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(PUBLISHED, "x", Published("vgg16", server.address, SHA, None, None, ""))
    monkeypatch.setenv("MINIGRAD_WEIGHTS", str(tmp_path))
    (tmp_path / "weights.bin").write_bytes(b"something else")
    assert main(["download", "x"]) == 2 and not server.asked
    assert "is here already, but has the sha256" in capsys.readouterr().err


def test_what_nothing_vouches_for_and_cannot_be_read_does_not_stay(
    server, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(PUBLISHED, "x", Published("vgg16", server.address, None, None, None, ""))
    monkeypatch.setenv("MINIGRAD_WEIGHTS", str(tmp_path))
    assert main(["download", "x"]) == 2
    assert "deleted, try again" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_server_that_ignores_ranges_sends_everything_again(server, file):
    server.ranges = False
    file.with_name("weights.bin.part").write_bytes(CONTENT[:1000])
    fetch(server.address, file, SHA)
    assert file.read_bytes() == CONTENT


def test_a_wrong_hash_leaves_nothing(server, file):
    with pytest.raises(ValueError, match="deleted"):
        fetch(server.address, file, "sha256:00000000")
    assert not list(file.parent.iterdir())


def test_an_error_of_the_server_is_said(server, file):
    server.status = 404
    with pytest.raises(OSError, match="answers 404"):
        fetch(server.address, file, SHA)
    assert not list(file.parent.iterdir())


def test_no_connection_is_said(file):
    with pytest.raises(OSError, match="cannot be reached") as refused:
        fetch("http://127.0.0.1:9/weights.bin", file, SHA)
    assert f"fetch it by hand, put it into {file.parent} as weights.bin" in str(refused.value)


def test_a_file_that_was_fetched_by_hand_is_taken_without_asking_the_server(
    server, squeezenet, tmp_path
):
    (tmp_path / "weights.bin").write_bytes(CONTENT)
    assert main(["download", "squeezenet1_0_caffe"]) == 0
    assert squeezenet.exists() and server.asked == []


def test_converting_says_what_was_written_and_what_comes_next(
    squeezenet, shared_data, tmp_path, capsys
):
    source = shared_data / "squeezenet" / "compressed_SqueezeNet.net"
    target = tmp_path / "a b.h5"
    assert main(["convert", str(source), str(target), "--model", "squeezenet1_0_caffe"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"squeezenet1_0_caffe, {target.stat().st_size / 2**20:.1f} MB: {target}"
    assert second == f"look through it: python -m demos rules --weights '{target}'"


def test_download_fetches_checks_and_converts(server, tmp_path, monkeypatch, shared_data, capsys):
    content = (shared_data / "squeezenet" / "compressed_SqueezeNet.net").read_bytes()
    monkeypatch.setitem(globals(), "CONTENT", content)
    name = "squeezenet1_0_caffe"
    here = PUBLISHED[name]._replace(address=server.address)
    monkeypatch.setitem(PUBLISHED, name, here)
    monkeypatch.setenv("MINIGRAD_WEIGHTS", str(tmp_path / "new"))
    assert main(["download", name]) == 0
    net = models.load(name)
    assert net.attributes["model"] == name
    assert [f.name for f in (tmp_path / "new").iterdir()] == [f"{name}.h5"]


@pytest.fixture
def squeezenet(server, tmp_path, monkeypatch, shared_data):
    """The smallest file that is published, under its own name, another's, and without a hash."""
    content = (shared_data / "squeezenet" / "compressed_SqueezeNet.net").read_bytes()
    monkeypatch.setitem(globals(), "CONTENT", content)
    here = PUBLISHED["squeezenet1_0_caffe"]._replace(address=server.address)
    again = here._replace(hash=None, address=server.address.replace("weights.bin", "other.bin"))
    monkeypatch.setitem(PUBLISHED, "squeezenet1_0_caffe", here)
    monkeypatch.setitem(PUBLISHED, "another", again)
    monkeypatch.setenv("MINIGRAD_WEIGHTS", str(tmp_path))
    return tmp_path / "squeezenet1_0_caffe.h5"


def test_a_download_replaces_no_other_weights_unasked(server, squeezenet, tmp_path, capsys):
    """vgg16, vgg16_keras and vgg16_caffe are all vgg16.h5."""
    assert main(["download", "squeezenet1_0_caffe"]) == 0
    before, asked = squeezenet.read_bytes(), len(server.asked)
    assert main(["download", "another"]) == 2 and len(server.asked) == asked
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"holds weights from {server.address}" in said and "--out" in said and "--force" in said
    assert squeezenet.read_bytes() == before
    assert main(["download", "another", "--out", str(tmp_path / "other.h5")]) == 0
    assert squeezenet.read_bytes() == before and (tmp_path / "other.h5").exists()
    assert main(["download", "another", "--force"]) == 0
    assert models.storage.attributes_of(squeezenet)["source"].endswith("other.bin")


def test_the_same_weights_are_downloaded_again_without_a_question(squeezenet):
    for options in ([], ["--float16"]):
        assert main(["download", "squeezenet1_0_caffe", *options]) == 0
    assert squeezenet.stat().st_size < 3e6


def test_converting_replaces_no_other_file_unasked(squeezenet, shared_data, tmp_path, capsys):
    source = shared_data / "squeezenet" / "compressed_SqueezeNet.net"
    call = ["convert", str(source), str(squeezenet), "--model", "squeezenet1_0_caffe"]
    squeezenet.write_bytes(b"what somebody wrote")
    assert main(call) == 2 and "holds something else" in capsys.readouterr().err
    assert squeezenet.read_bytes() == b"what somebody wrote"
    assert main([*call, "--force"]) == 0 and main(call) == 0
    params, attributes = models.storage.read(squeezenet)
    attributes |= {"sha256": "0" * 64, "source": "elsewhere"}
    models.storage.save(squeezenet, params, attributes)
    assert main(call) == 2 and "holds weights from elsewhere" in capsys.readouterr().err


def test_the_list_says_here_of_those_weights_alone(squeezenet, capsys):
    def here():
        main(["list"])
        lines = capsys.readouterr().out.splitlines()
        return [line.split()[0] for line in lines if line.endswith("  here")]

    assert here() == []
    main(["download", "another"])
    capsys.readouterr()
    assert here() == ["squeezenet1_0_caffe", "another"]     # the same bytes
    params, attributes = models.storage.read(squeezenet)
    models.storage.save(squeezenet, params, attributes | {"sha256": "0" * 64})
    assert here() == ["another"]


def test_what_cannot_be_converted_is_one_sentence(server, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(PUBLISHED, "x", Published("vgg16", server.address, SHA, None, None, ""))
    monkeypatch.setenv("MINIGRAD_WEIGHTS", str(tmp_path))
    assert main(["download", "x"]) == 2
    assert "no format" in capsys.readouterr().err.splitlines()[-1]
    assert main(["download", "nothing"]) == 2
    assert "nobody is known to publish" in capsys.readouterr().err


def test_every_published_file_is_for_a_network_that_there_is():
    assert {p.model for p in PUBLISHED.values()} <= set(models.names())
    assert all(p.address.startswith("https://") for p in PUBLISHED.values())
    assert downloads.describe("vgg16_caffe", PUBLISHED["vgg16_caffe"]).count("unverified") == 1
