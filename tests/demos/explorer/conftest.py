"""An explorer that runs, as a user starts it, and a browser that looks at it."""

import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[3]
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--disable-dev-shm-usage",
    "--hide-scrollbars",
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
        self.line = self.process.stdout.readline()
        self.address = re.search(r"http://\S+", self.line)[0]
        self.port = int(re.search(r":(\d+)/", self.address)[1])

    def end(self) -> tuple[int, str]:
        """Press Ctrl-C; what the process said, and its status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


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
