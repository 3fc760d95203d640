"""Ten tabs at once: no error, nobody's answer to another, fair turns, and memory stays flat."""

import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import pytest

SECONDS = float(os.environ.get("MINIGRAD_SOAK", 6))     # a minute, where there is time
LAYERS = ["relu1_1", "relu2_2", "relu4_2", "fc8"]


def megabytes(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def test_ten_tabs_at_once_get_each_its_own_answers(explorer, talk):
    """Each asks for its own photos, layers and units, and must hear what one alone would hear."""
    first = talk()
    keys = [photo["key"] for photo in first.hello["photos"]][:10]
    alone = {}
    for n, key in enumerate(keys):
        see = first.ask("see", photo=key, layer=LAYERS[n % 4])
        rules = first.ask("rules", photo=key, layer="relu3_1", unit=[n, 9, 9])
        alone[key] = see["top"], see["places"], rules["value"], rules["command"]
    wrong, asked, memory = [], [0] * len(keys), []

    def tab(n, key):
        one = talk()
        while time.monotonic() < end:
            see = one.ask("see", photo=key, layer=LAYERS[n % 4])
            rules = one.ask("rules", photo=key, layer="relu3_1", unit=[n, 9, 9])
            if (see["top"], see["places"], rules["value"], rules["command"]) != alone[key]:
                wrong.append(key)
            asked[n] += 1

    threads = [threading.Thread(target=tab, args=pair) for pair in enumerate(keys)]
    end = time.monotonic() + SECONDS
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        memory.append(megabytes(explorer.process))
        time.sleep(0.2)
    assert wrong == [] and min(asked) > 0
    assert max(asked) <= 2 * min(asked) + 2, f"not fair: {asked}"
    middle, last = memory[len(memory) // 2], memory[-1]
    assert last < middle + 60, f"from {middle:.0f} to {last:.0f} MB"


def test_a_long_work_does_not_keep_another_tab_waiting(talk):
    busy, quick = talk(), talk()
    painting = busy.begin("paint", photo="face", edge=128, steps=100)
    json.loads(busy.socket.recv(timeout=60))
    for _ in range(3):
        assert quick.ask("rules", photo="face", layer="relu2_1", unit=[1, 9, 9])["value"] >= 0
    busy.begin("stop", kind="paint")
    assert quick.ask("see", photo="face")["top"]
    assert painting


def test_ctrl_c_ends_it_at_once_with_tabs_open_and_work_under_way(start, open_tab):
    running = start()
    tab = open_tab(running)
    tab.begin("paint", photo="face", edge=256, steps=200)
    tab.socket.recv(timeout=60)
    begin = time.monotonic()
    status, said = running.end()
    assert status == 130 and said.strip() == "stopped" and time.monotonic() - begin < 12


def test_with_a_host_it_asks_for_the_token(start):
    running = start("--host", "127.0.0.1")
    assert "?token=" in running.line
    from urllib.error import HTTPError
    from urllib.request import urlopen

    with urlopen(running.address, timeout=10) as answer:
        assert answer.status == 200 and "HttpOnly" in answer.headers["set-cookie"]
    for wrong in ("", "?token=x"):
        with pytest.raises(HTTPError, match="403"):
            urlopen(running.address.split("?")[0] + wrong, timeout=10)


def test_a_port_that_is_taken_is_one_sentence(explorer):
    done = subprocess.run(
        [sys.executable, "-m", "demos", "explore", "--port", str(explorer.port), "--no-browser"],
        capture_output=True, text=True, timeout=60, cwd=pathlib.Path(__file__).parents[3])
    assert done.returncode == 2 and "--port 0 for any that is free" in done.stderr
    assert done.stderr.count("\n") == 1
