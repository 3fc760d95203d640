"""An explorer that runs, as a user starts it, and a browser that looks at it."""

import contextlib
import json
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import zlib

import pytest

ROOT = pathlib.Path(__file__).parents[3]
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
    "--disable-dev-shm-usage", "--hide-scrollbars",
]  # fmt: skip


class Running:
    """An explorer in a process of its own."""

    def __init__(self, *options):
        for module in ("uvicorn", "starlette", "websockets"):
            pytest.importorskip(module, reason=f"the explorer needs {module}: its extra is explore")
        command = [sys.executable, "-m", "demos", "explore", "--no-browser", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, *options], cwd=ROOT, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.said = None
        self.line = self.process.stdout.readline()
        self.address = re.search(r"http://\S+", self.line)[0]
        self.port = int(re.search(r":(\d+)/", self.address)[1])

    def end(self) -> tuple[int, str]:
        """Press Ctrl-C; its status, and what it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        if self.said is None:
            _, self.said = self.process.communicate(timeout=30)
        return self.process.returncode, self.said


class Talk:
    """A tab without a browser: ask(verb, …) gives the answers to one question."""

    def __init__(self, running, entered):
        client = pytest.importorskip("websockets.sync.client")
        address = running.address.replace("http", "ws") + "talk"
        self.socket = entered(client.connect(address, max_size=None, open_timeout=60))
        self.hello, self.asked = json.loads(self.socket.recv(timeout=60)), 0

    def begin(self, verb, data=None, **fields):
        self.asked += 1
        question = json.dumps({"id": self.asked, "verb": verb, **fields})
        self.socket.send(question if data is None else question.encode() + b"\n" + data)
        return self.asked

    def hear(self, number):
        """Every answer to a question, up to the one that ends it."""
        answers = []
        while not answers or not answers[-1].keys() & {"done", "error"}:
            answer = json.loads(self.socket.recv(timeout=60))
            answers += [answer] if answer["id"] == number else []
        return answers

    def ask(self, verb, data=None, **fields):
        answers = self.hear(self.begin(verb, data, **fields))
        return answers[-1] if len(answers) == 1 else answers[-2]


def png_header(width, height):
    """A PNG that says how large it is, and has no pixels behind it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + crc \
        + struct.pack(">I", 9) + b"IDAT"


@pytest.fixture(name="png_header")
def png_header_():
    return png_header


@pytest.fixture
def open_tab():
    """Opens tabs of an explorer, and closes them."""
    with contextlib.ExitStack() as opened:
        yield lambda running: Talk(running, opened.enter_context)


@pytest.fixture
def talk(explorer, open_tab):
    """Opens tabs of the explorer that the module shares."""
    return lambda: open_tab(explorer)


@pytest.fixture
def start():
    """Starts explorers, and ends them."""
    started = []

    def start(*options):
        started.append(Running(*options))
        return started[-1]

    yield start
    for running in started:
        running.end()


@pytest.fixture(scope="module")
def explorer():
    """The explorer of the network that ships."""
    running = Running()
    yield running
    status, said = running.end()
    assert status == 130 and "Traceback" not in said, said


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium, Debian's, 1280 pixels wide."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (browser and driver):
        pytest.skip("needs chromium and chromium-driver (Debian's packages)")
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium to drive it")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in [*FLAGS, "--window-size=1280,900"]:
        options.add_argument(flag)
    driven = webdriver.Chrome(options, Service(driver))
    yield driven
    driven.quit()
