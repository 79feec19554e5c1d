"""The page in Chromium, from the address to the answer."""

import threading

import pytest
from PIL import Image

from cocoqa_keras.demo_page.app import create_app
from cocoqa_keras.demo_page.server import http_server
from cocoqa_keras.listening import address_of, listen, names_of

exceptions = pytest.importorskip("selenium.common.exceptions", reason="selenium is missing")
support = pytest.importorskip("selenium.webdriver.support.ui", reason="selenium is missing")

QUESTION = "what color is it?"
SECONDS = 20  # that a reply may take
# While a page gives way to the next one, its elements go before the new ones come.
BETWEEN_PAGES = (exceptions.NoSuchElementException, exceptions.StaleElementReferenceException)


@pytest.fixture(scope="module")
def address(run):
    """The address of a running server."""
    with listen("127.0.0.1", 0) as listener:
        server = http_server(create_app(run, names_of(listener, "127.0.0.1")))
        thread = threading.Thread(target=server.run, args=[[listener]])
        thread.start()
        yield address_of(listener)
        server.should_exit = True
        thread.join()


@pytest.fixture
def page(browser, address):
    """The first page."""
    browser.get_log("browser")  # forgets what came before
    browser.get(address)
    return browser


def find(page, selector):
    return page.find_element("css selector", selector)


def wait_for(page, selector, text):
    """Waits until an element has this text in it: a click may return before the next page is there."""
    wait = support.WebDriverWait(page, SECONDS, ignored_exceptions=BETWEEN_PAGES)
    wait.until(lambda page: text in find(page, selector).text, f"no {text!r} in {selector}")


def ask(page, question):
    """Types a question, over the one that is there, and sends it by the button."""
    find(page, "#question").clear()
    find(page, "#question").send_keys(question)
    find(page, "#question + button").click()


def assert_nothing_came_from_elsewhere(page, address):
    script = "return performance.getEntries().filter(entry => entry.responseEnd).map(entry => entry.name)"
    loaded = [name for name in page.execute_script(script) if not name.startswith("data:")]
    assert f"{address}static/style.css" in loaded
    assert [name for name in loaded if not name.startswith(address)] == []
    assert [entry for entry in page.get_log("browser") if "Content Security" in entry["message"]] == []


def test_a_picture_is_picked_and_a_question_about_it_answered(page, address):
    find(page, '.pictures img[alt="Image 2"]').click()
    wait_for(page, ".chosen figcaption", "Image 2: 102")
    assert page.execute_script("return document.querySelector('.chosen img').naturalWidth") == 96
    assert page.switch_to.active_element.get_attribute("id") == "question"
    page.switch_to.active_element.send_keys(f"{QUESTION}\n")
    wait_for(page, "#best", "green")
    assert page.title.startswith("green")
    assert len(page.find_elements("css selector", ".effects tbody tr")) == 4
    assert_nothing_came_from_elsewhere(page, address)


def test_a_picture_of_ones_own_is_sent_and_asked_about_twice(page, address, tmp_path):
    Image.new("RGB", (300, 200), "blue").save(tmp_path / "mine.png")
    page.find_element("link text", "Your own picture").click()
    find(page, "#picture").send_keys(str(tmp_path / "mine.png"))
    ask(page, QUESTION)
    wait_for(page, "#best", "blue")
    assert page.execute_script("return document.querySelector('.chosen img').naturalWidth") == 300
    ask(page, "is it not")
    wait_for(page, "#best", "green")
    assert_nothing_came_from_elsewhere(page, address)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"no picture", "not a picture that can be read"), (bytes(13 * 2**20), "too large")],
)
def test_a_bad_upload_gets_a_message(page, tmp_path, content, message):
    (tmp_path / "mine.png").write_bytes(content)
    page.find_element("link text", "Your own picture").click()
    find(page, "#picture").send_keys(str(tmp_path / "mine.png"))
    ask(page, QUESTION)
    wait_for(page, "[role=alert]", message)


def test_a_mistake_is_told_beside_the_question(page):
    ask(page, "")
    wait_for(page, "[role=alert]", "Please type a question.")
    described = page.switch_to.active_element.get_attribute("aria-describedby")
    assert described == find(page, "[role=alert]").get_attribute("id")


def test_a_phone_need_not_scroll_sideways(page, address):
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.get(f"{address}?image=1&question={'unbroken' * 20}")
        assert page.execute_script("return document.documentElement.scrollWidth") == 390
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
