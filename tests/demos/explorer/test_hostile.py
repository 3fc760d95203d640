"""Two hundred hostile requests change nothing and leave no traceback."""

import json
import pathlib
import random
import socket
import struct

import pytest

FACE = pathlib.Path(__file__).parents[3] / "demos" / "photos" / "face.jpg"
PATHS = [
    "/../../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "//etc/passwd", "/%00", "/style.css%00.html",
    "/page/../server.py", "/server.py", "/__init__.py", "/.git/config", "/photos/face.jpg",
    "/~root", "/" + "a" * 9000, "/?" + "x=1&" * 900, "/%ff%fe", "/talk", "/talk/", "/index.html/..",
    "/\\..\\..\\x", "/;ls", "/${jndi:ldap://x}", "/<script>", "/C:/windows/win.ini",
]  # fmt: skip
HOSTS = ["evil.example", "evil.example:{port}", "", "127.0.0.1", "127.0.0.1:1", "[::1", "\xff",
         "localhost:{port}, evil.example", "127.0.0.1:{port}@evil.example", "127.0.0.1:{port}#"]
ORIGINS = ["http://evil.example", "null", "", "https://127.0.0.1:{port}", "file://",
           "http://127.0.0.1:{port}.evil.example", "http://localhost:{port}"]
RAW = [
    b"", b"\r\n\r\n", b"GET", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
    b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 5000 + b"\r\n", b"A" * 100_000, bytes(range(256)) * 20,
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 99999999999\r\n\r\nx",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
]  # fmt: skip
METHODS = ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"]
QUESTIONS = [
    {}, {"verb": None}, {"verb": "see", "photo": "../../etc/passwd"}, {"verb": "__class__"},
    {"verb": ["see"]}, {"verb": "see", "photo": 7}, {"verb": "see", "photo": "x" * 5000},
    {"verb": "see", "layer": "fc9"}, {"verb": "see", "layer": {}}, {"verb": "see", "layer": "\x00"},
    {"verb": "rules", "layer": "relu4_2", "unit": [9**30, 0, 0]},
    {"verb": "rules", "layer": "relu4_2", "unit": [0, 0]}, {"verb": "rules", "unit": "1,2,3"},
    {"verb": "rules", "layer": "relu4_2", "unit": [0.5, 1e400, 0]}, {"verb": "rules", "unit": [[]]},
    {"verb": "rules", "class": "--weights=/etc/passwd"}, {"verb": "rules", "class": "nothing"},
    {"verb": "rules", "class": 3, "unit": [1, 2, 3]}, {"verb": "rules", "channel": -1},
    {"verb": "rules", "region": [0, 0, 9, 9]}, {"verb": "tape", "rule": "os.system"},
    {"verb": "patches", "layer": "relu4_2", "channel": 10**9}, {"verb": "patches"},
    {"verb": "maximised", "layer": "nowhere", "channel": 0}, {"verb": "maximised", "class": "*"},
    {"verb": "drop"}, {"verb": "frame"}, {"id": "x", "verb": "see"}, {"id": 1e99, "verb": "see"},
]  # fmt: skip
TEXTS = ["", "[]", "null", "7", "{", "[" * 5000, '{"verb":' * 900, "🙂" * 4000, "NaN",
         '{"verb": "see", "verb": "rules"}', '{"id": ' + "9" * 6000 + "}"]
FILES = [b"", b"\x00" * 5000, FACE.read_bytes()[:900], b"GIF89a" + b"\xff" * 600,
         b"BM" + b"\xff" * 600, b"RIFF" * 99,
         b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"PK\x03\x04" * 99,
         FACE.read_bytes()[:5000] + b"\xff" * 9000, b"x" * 3_100_000]


def raw(port, data, half=False):
    """Send bytes, and what comes back; half: close our side at once, or say nothing at all."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
        one.sendall(data)
        if half:
            one.shutdown(socket.SHUT_WR)
        one.settimeout(1.0)
        try:
            return one.recv(65536)
        except (TimeoutError, ConnectionError):
            return b""


def request(port, path="/", host="127.0.0.1:{port}", method="GET", extra=""):
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{extra}Connection: close\r\n\r\n"
    return head.replace("{port}", str(port)).encode("latin-1", "replace")


def upgrade(port, origin):
    return request(port, "/talk", extra=f"Origin: {origin}\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Sec-WebSocket-Version: 13\r\n")


def test_two_hundred_hostile_requests_change_nothing(explorer, talk, png_header):
    sent, port, tab = 0, explorer.port, talk()
    first = tab.ask("see", photo="face", layer="pool3")
    secret = b"root:"
    for path in PATHS:
        for method in ("GET", "HEAD"):
            answer = raw(port, request(port, path, method=method))
            assert secret not in answer and b" 200 " not in answer[:20] or path.startswith("/?")
            sent += 1
    for host in HOSTS:
        for path in ("/", "/look.js"):
            assert b" 200 " not in raw(port, request(port, path, host))[:20]
            sent += 1
    for origin in ORIGINS:
        assert b" 101 " not in raw(port, upgrade(port, origin))[:20]
        assert b" 200 " not in raw(port, request(port, extra=f"Origin: {origin}\r\n"))[:20]
        sent += 2
    for method in METHODS:
        assert b" 200 " not in raw(port, request(port, method=method))[:20]
        sent += 1
    for data in RAW:
        for half in (True, False):
            raw(port, data.replace(b"{port}", str(port).encode()), half)
            sent += 1
    for question in QUESTIONS:
        number = tab.begin("x")
        tab.hear(number)
        tab.socket.send(json.dumps({"id": tab.asked, **question}))
        sent += 1
    for text in TEXTS:
        tab.socket.send(text)
        sent += 1
    for data in [*FILES, png_header(60_000, 60_000), png_header(9000, 9000)]:
        for verb in ("drop", "frame"):
            assert "error" in tab.hear(tab.begin(verb, data, name="../../x.png"))[-1]
            sent += 1
    for _ in range(30):     # tabs that vanish in the midst of work, without a word
        other = talk()
        other.begin("maximised", layer="relu1_1", channel=sent % 32)
        linger = struct.pack("ii", 1, 0)
        other.socket.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        other.socket.socket.close()
        sent += 1
    assert sent >= 200
    assert talk().ask("see", photo="face", layer="pool3") == {**first, "id": 1}
    assert explorer.process.poll() is None


def test_noise_on_the_socket_ends_that_tab_alone(explorer, talk):
    quiet, random_ = talk(), random.Random(0)
    head = upgrade(explorer.port, f"http://127.0.0.1:{explorer.port}")
    for _ in range(10):
        raw(explorer.port, head + random_.randbytes(4000))
    assert "top" in quiet.ask("see", photo="face")


def test_a_message_too_long_closes_its_tab(talk):
    closed = pytest.importorskip("websockets").exceptions.ConnectionClosed
    other, quiet = talk(), talk()
    with pytest.raises(closed):
        other.socket.send(b"x" * 21_000_000)
        other.socket.recv(timeout=20)
        other.socket.recv(timeout=20)
    assert "top" in quiet.ask("see", photo="face")


def test_the_page_and_its_headers(explorer):
    answer = raw(explorer.port, request(explorer.port)).lower()
    assert b" 200 " in answer[:20] and b"content-security-policy: default-src 'none'" in answer
    assert b"x-content-type-options: nosniff" in answer and b"access-control" not in answer
