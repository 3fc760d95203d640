"""Each view clicked through in a real browser, by mouse and by keyboard alone."""

import statistics
import time

import pytest

from demos.shared.command import PHOTOS


class Page:
    """The page in a browser; what a test does with it."""

    def __init__(self, driven, address):
        self.driven, self.address = driven, address
        self.driven.get_log("browser")

    def open(self, where):
        self.driven.get("about:blank")
        self.driven.get(self.address + where)
        self.until("document.querySelectorAll('#views a').length === 5")

    def run(self, script, *arguments):
        return self.driven.execute_script(script, *arguments)

    def until(self, what, seconds=60):
        end = time.monotonic() + seconds
        while not (found := self.run(f"return {what}")):
            assert time.monotonic() < end, f"{what}: {self.run('return status.textContent')}"
            time.sleep(0.02)
        return found

    def find(self, selector):
        from selenium.webdriver.common.by import By

        return self.driven.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector):
        self.find(selector).click()

    def press(self, *keys):
        from selenium.webdriver import ActionChains

        ActionChains(self.driven).send_keys(*keys).perform()

    def click_at(self, selector, x, y):
        """Click at shares of an element's width and height."""
        from selenium.webdriver import ActionChains

        node = self.find(selector)
        size = node.size
        ActionChains(self.driven).move_to_element_with_offset(
            node, (x - 0.5) * size["width"], (y - 0.5) * size["height"]).click().perform()

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent", selector)


@pytest.fixture
def page(chromium, explorer):
    page = Page(chromium, explorer.address)
    yield page
    errors = [entry for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert errors == []


def test_a_click_on_a_channel_shows_its_three_rules_and_how_long_they_took(page, capsys):
    page.open("#look?photo=face")
    page.until("document.querySelector('#grid').naturalWidth > 0")
    took = []
    for n in range(12):
        page.run("document.querySelector('#took')?.removeAttribute('data-ms')")
        page.click_at("#grid", 0.1 + 0.07 * n, 0.15 + 0.06 * n)
        took.append(int(page.until("document.querySelector('#took')?.dataset.ms")))
    assert page.run("return document.querySelectorAll('#rules img').length") == 3
    assert "of relu4_2 = " in page.text("#unit-title")
    assert page.run("return document.querySelectorAll('#marks rect').length") == 2
    with capsys.disabled():
        print(f"\na click to three rules: {statistics.median(took):.0f} ms (median of {len(took)})")


def test_a_view_can_be_sent(page):
    where = "#look?photo=chelsea&layer=relu3_2&unit=5,16,16&rule=deconvnet"
    page.open(where)
    page.until("document.querySelector('#unit-title')?.textContent.startsWith('unit (5, 16, 16)')")
    assert page.run("return document.querySelector('#rules [aria-pressed=true]').textContent"
                    ) == "deconvnet"
    page.run("[...document.querySelectorAll('#unit summary')].slice(0, 3).forEach(s => s.click())")
    page.until("document.querySelector('#tape').textContent.includes('return g * (g > 0)')")
    assert "--layer relu3_2 --unit 5,16,16" in page.text("#unit .recipe pre")


def test_a_point_on_the_photo_is_the_unit_that_looks_there(page):
    page.open("#look?photo=face&layer=relu3_2&unit=5,1,1")
    page.until("document.querySelector('#unit-title')")
    page.click_at("#seen", 0.5, 0.25)
    page.until("/unit [(]5, [78], 1[56]/.test(document.querySelector('#unit-title').textContent)")
    top, left, width, height = (float(page.run(
        f"return document.querySelector('#marks rect').getAttribute('{name}')"))
        for name in ("y", "x", "width", "height"))
    assert abs(top + height / 2 - 0.25) < 0.04 and abs(left + width / 2 - 0.5) < 0.04


def test_by_keyboard_alone(page):
    from selenium.webdriver.common.keys import Keys

    page.open("#look?photo=face&layer=relu3_1")
    page.until("document.querySelectorAll('#top li').length === 5")
    page.press(Keys.ARROW_RIGHT)
    first = page.until("/unit=(\\d+)/.exec(location.hash)?.[1]")
    page.until("document.querySelector('#unit-title')")
    page.press(Keys.ARROW_RIGHT)
    page.until(f"location.hash.includes('unit={int(first) + 1},')")
    page.press(Keys.ARROW_DOWN)
    page.until("document.querySelector('#layer-title').textContent.startsWith('conv3_2')")
    page.press("b")
    page.until("document.querySelector('#layer-title').textContent.startsWith('relu3_1')")
    page.press("r")
    page.until("location.hash.includes('rule=backpropagation')")
    page.press("h")
    assert page.until("document.querySelector('#help').open")
    page.press(Keys.ESCAPE)
    for key, view in zip("2345", ("ask", "fool", "paint", "quiz"), strict=True):
        page.press(key)
        page.until(f"!document.querySelector('#{view}').hidden")
    page.press("1")
    page.until("!document.querySelector('#look').hidden")
    reached = set()
    for _ in range(60):     # each control can be reached, and shows that it is
        page.press(Keys.TAB)
        reached.add(page.run("return document.activeElement.id || document.activeElement.tagName"))
        assert page.run("return getComputedStyle(document.activeElement).outlineStyle") != "none" \
            or page.run("return ['file', ''].includes(document.activeElement.id)")
    assert {"photos", "file", "camera", "help-button", "to-quiz"} <= reached


def test_a_class_at_the_left_is_asked_by_a_click(page):
    page.open("#look?photo=chelsea")
    page.until("document.querySelectorAll('#top button').length === 5")
    page.click("#top li:nth-child(2) button")
    page.until("document.querySelector('#unit-title')?.textContent.startsWith('score of ')")
    assert page.run("return document.querySelector('#top li:nth-child(2) button').ariaPressed"
                    ) == "true"


def test_a_file_is_dropped_and_a_wrong_one_is_told(page, tmp_path):
    page.open("#look")
    page.until("document.querySelectorAll('#top li').length === 5")
    page.find("#file").send_keys(str(PHOTOS / "cup.jpg"))
    page.until("document.querySelector('#photos').selectedOptions[0]?.textContent === 'cup.jpg'")
    page.until("document.querySelector('#photo').alt.startsWith('cup.jpg')")
    wrong = tmp_path / "<b>x.jpg"
    wrong.write_bytes(b"no photo")
    page.find("#file").send_keys(str(wrong))
    page.until("document.querySelector('#status').textContent.includes('is no photo')")
    assert page.run("return document.querySelectorAll('#status b').length") == 0


def test_the_camera_is_looked_at_live_and_stops_at_the_frame_of_a_click(page, capsys):
    page.open("#look?layer=relu4_2")
    page.until("document.querySelectorAll('#top li').length === 5")
    page.click("#camera")
    page.until("document.querySelector('#rate').textContent")
    time.sleep(3)
    rate = page.text("#rate")
    with capsys.disabled():
        print(f"\nthe camera, all channels of relu4_2: {rate}")
    page.click_at("#grid", 0.5, 0.5)
    page.until("location.hash.includes('photo=dropped-') && document.querySelector('#unit-title')")
    assert page.run("return document.querySelector('#video').hidden")


def test_patches_and_a_picture_are_made_on_demand_with_progress(page):
    page.open("#look?photo=face&layer=pool2&unit=7,9,9")
    page.until("document.querySelector('#maximised button')")
    page.click("#maximised button")
    page.until("document.querySelector('#maximised progress')?.value > 0")
    page.click("#patches button")
    page.until("document.querySelector('#patches progress')?.value > 0")
    page.until("document.querySelectorAll('#maximised .recipe').length === 1", 120)
    page.until("document.querySelectorAll('#patches figure').length === 9", 120)


def test_ask_several_maps_and_a_region_drawn_with_the_mouse(page):
    from selenium.webdriver import ActionChains

    page.open("#ask?photo=face&maps=gradient|Grad-CAM|random")
    page.until("document.querySelectorAll('#maps figure').length === 3")
    assert "score of face" in page.text("#asked")
    size = page.find("#seen").size["width"]
    ActionChains(page.driven).move_to_element(page.find("#seen")).click_and_hold().move_by_offset(
        size / 4, size / 4).release().perform()
    page.until("location.hash.includes('region=0.50,0.50,0.7')")
    page.until("document.querySelector('#asked').textContent.includes('in a region')")
    page.run("document.querySelector('#ask-class').value = 'cup';"
             "document.querySelector('#ask-class').onchange()")
    page.until("document.querySelector('#asked').textContent.includes('score of cup')")


def test_fool_with_a_slider(page):
    page.open("#fool?photo=face&attack=fgsm")
    page.until("document.querySelectorAll('#fooling figure').length === 3")
    page.run("const e = document.querySelector('#epsilon'); e.value = 12; e.oninput()")
    page.until("location.hash.includes('epsilon=12')")
    page.until("document.querySelector('#fooling').textContent.includes('‖η‖∞ = 12')")
    assert page.text("#fooled")


def test_paint_and_stop(page):
    page.open("#paint?photo=face&edge=128")
    page.until("document.querySelectorAll('#top li').length === 5")
    page.click("#paint-button")
    page.until("document.querySelector('#painted progress')?.value > 0.1", 120)
    page.click("#paint-button")
    page.until("document.querySelector('#painted').textContent.includes('stopped after step')")
    at = page.text("#painted .small")
    time.sleep(0.5)
    assert page.text("#painted .small") == at
    assert "python -m demos style" in page.text("#painted pre")


def test_the_quiz_keeps_the_score(page):
    page.open("#quiz?condition=brief&number=3")
    page.until("document.querySelectorAll('#choices button').length === 5")
    page.click("#look-now")
    page.until("document.querySelector('#quiz-picture canvas')", 5)    # the noise, after 100 ms
    page.click("#choices button")
    page.until("document.querySelector('#verdict').textContent.includes('You: ')")
    page.until("document.querySelector('.chart')")
    assert page.run("return document.querySelectorAll('.chart circle.you').length") == 2
    page.open("#quiz?condition=tiny&number=3")                         # it is kept
    assert "brief: you" in page.until("document.querySelector('.chart')?.ariaLabel")


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("view", ["look?unit=3,8,8", "ask?maps=gradient", "fool?attack=fgsm",
                                  "paint", "quiz"])
def test_nothing_is_wider_than_the_window(page, view, width):
    page.driven.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    page.open(f"#{view}")
    page.until("document.querySelectorAll('main img, #choices button').length > 0"
               if "paint" not in view else "document.querySelector('#paint-button')")
    time.sleep(0.4)
    assert page.run("return document.documentElement.scrollWidth") <= width
    page.driven.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
