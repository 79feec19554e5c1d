"""A run as pages: what they show, where they lead, and that nothing in the data can do harm."""

import base64
import io
from collections import Counter
from pathlib import Path

import pytest
from html_page import HtmlPage, pages_of, questions_of
from made_runs import TYPES, answered, many_answered, write_run
from PIL import Image

from cocoqa_keras.data.picture_files import Pictures, open_pictures
from cocoqa_keras.errors import InputError
from cocoqa_keras.report.answers import read_answers
from cocoqa_keras.report.html import write_html

COUNT = 230  # more than two pages
NO_PICTURES = Pictures({})
SCRIPT = "<script>alert(1)</script>"
QUOTES = "\"a' onerror='alert(1)&#?%"


def is_right(number):
    return number % 3 == 0


def report_of(folder, questions, summary=None, pictures=NO_PICTURES, embeds=False):
    """The folder of a report on a run that is made for it."""
    run = read_answers(write_run(folder / "run-20260102-030405", questions, summary))
    steps = []
    page = write_html(run, folder / "report", pictures, embeds, lambda *step: steps.append(step))
    assert page == folder / "report" / "index.html"
    assert {(title, total): done for title, done, total in steps} == {
        ("questions", len(questions)): len(questions),
        ("pages", len(pages_of(folder / "report")) - 1): len(pages_of(folder / "report")) - 1,
    }
    return folder / "report"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report on many questions, of which every third is answered rightly."""
    summary = {
        "model": {"name": "bow"},
        "data": {"folder": "data/cocoqa", "features": None},
        "training": {"examples": 100, "epochs": 7, "seconds": 90},
        "test": {"rate": 77 / 230, "object": 0.5, "WUPS 0.9": 0.4321},
        "test_intervals": {"WUPS 0.9": [0.4, 0.5]},
    }
    return report_of(tmp_path_factory.mktemp("html"), many_answered(COUNT, is_right), summary)


def test_every_question_is_on_one_page_of_all(report):
    assert questions_of(report / "all") == list(range(COUNT))
    assert [len(HtmlPage(report / f"all/{page}.html").questions) for page in (1, 2, 3)] == [100, 100, 30]


def test_sets_have_the_questions_that_their_names_say(report):
    for place, kind in enumerate(TYPES):
        of_type = list(range(place, COUNT, 4))
        assert questions_of(report / kind) == of_type
        assert questions_of(report / f"{kind}-right") == [n for n in of_type if is_right(n)]
        assert questions_of(report / f"{kind}-wrong") == [n for n in of_type if not is_right(n)]
    assert questions_of(report / "right") == list(range(0, COUNT, 3))
    assert sorted(questions_of(report / "right") + questions_of(report / "wrong")) == list(range(COUNT))


def test_every_link_leads_to_a_page_and_every_page_is_linked(report):
    pages = pages_of(report)
    linked = {page.file_of(address) for page in pages for address in page.addresses}
    assert linked == {page.path.resolve() for page in pages}


def test_pages_lead_to_first_previous_next_and_last(report):
    links = HtmlPage(report / "all" / "2.html").links
    assert [links[name] for name in ("First", "Previous", "Next", "Last")] == [
        *("1.html", "1.html", "3.html", "3.html")
    ]
    assert links["page 3"] == "3.html"
    assert links["color 57"] == "../color/1.html"
    assert links["wrong 153"] == "../wrong/1.html"
    assert "Previous" not in HtmlPage(report / "all" / "1.html").links
    assert "Next" not in HtmlPage(report / "all" / "3.html").links


def test_the_index_has_the_figures(report):
    page = HtmlPage(report / "index.html")
    assert "all 0.3348 230 77 153 " in page.text
    assert "object 0.3448 58 20 38 " in page.text
    assert "WUPS 0.9 0.4321 0.4000 to 0.5000" in page.text
    for fact in ("model bow", "begun 2026-01-02 03:04:05", "7 epochs of 100 examples, 1.5 minutes"):
        assert fact in page.text
    assert page.links["153"] == "wrong/1.html"
    assert not page.all("img")


def test_a_question_is_shown_with_truth_and_scored_answers(tmp_path):
    asked = answered("what is red", "42", "object", "dog", ("cat", "dog", "tea pot"))
    page = HtmlPage(report_of(tmp_path, [asked]) / "all" / "1.html")
    assert "✗ wrong, the true answer: dog" in page.text
    assert "cat 0.5000 dog ✓(the true answer) 0.2500 tea pot 0.1250" in page.text
    assert [each["style"] for each in page.all("li") if "style" in each] == [
        *("--width:50.0%", "--width:25.0%", "--width:12.5%")
    ]
    assert "picture 42 is missing" in page.text


def test_bars_are_as_long_as_scores_allow(tmp_path):
    asked = answered()
    for answer, score in zip(asked["answers"], (4, -1), strict=True):
        answer["score"] = score
    page = HtmlPage(report_of(tmp_path, [asked]) / "all" / "1.html")
    assert [each["style"] for each in page.all("li") if "style" in each] == ["--width:100.0%", "--width:0.0%"]


def test_nothing_in_the_data_becomes_markup(tmp_path):
    asked = answered(SCRIPT, QUOTES, "object", SCRIPT, (SCRIPT, "</article>"))
    summary = {"model": {"name": SCRIPT}, "data": {"folder": SCRIPT}, "versions": {SCRIPT: SCRIPT}}
    pictures = Pictures({QUOTES: "https://example.org/\"onerror='alert(1)'>" + SCRIPT})
    for page in pages_of(report_of(tmp_path, [asked], summary, pictures)):
        assert not page.all("script")
        assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
        assert SCRIPT in page.text
    page = HtmlPage(tmp_path / "report" / "all" / "1.html")
    (image,) = page.all("img")
    assert image["alt"] == f"Picture {QUOTES}"
    assert image["src"].endswith(SCRIPT)


def test_pictures_are_found_from_the_pages(tmp_path):
    names = ("7", QUOTES, "ö ü")
    (tmp_path / "pictures of mine").mkdir()
    for name in names:
        Image.new("RGB", (8, 8)).save(tmp_path / "pictures of mine" / f"{name}.png")
    pictures = open_pictures(tmp_path / "pictures of mine", None, tmp_path)
    folder = report_of(tmp_path, [answered(image=name) for name in names], pictures=pictures)
    page = HtmlPage(folder / "all" / "1.html")
    assert [page.file_of(each["src"]).stem for each in page.all("img")] == list(names)
    assert all(page.file_of(each["src"]).is_file() for each in page.all("img"))
    assert all(each["loading"] == "lazy" for each in page.all("img"))


def test_embedded_pictures_are_small_copies(tmp_path):
    Image.new("RGB", (640, 480), "red").save(tmp_path / "7.png")
    (tmp_path / "8.png").write_bytes(b"damaged")
    pictures = open_pictures(tmp_path, None, tmp_path)
    questions = [answered(image="7"), answered(image="8")]
    page = HtmlPage(report_of(tmp_path, questions, pictures=pictures, embeds=True) / "all" / "1.html")
    (image,) = page.all("img")
    thumbnail = Image.open(io.BytesIO(base64.b64decode(image["src"].removeprefix("data:image/jpeg;base64,"))))
    assert thumbnail.size == (160, 120)
    assert thumbnail.getpixel((9, 9))[0] > 240
    assert "picture 8 is missing" in page.text


def test_no_outside_address_is_in_the_pages(report):
    for page in pages_of(report):
        assert not any(address.startswith(("http:", "https:", "//")) for address in page.addresses)
        assert "url(" not in page.source
        assert "@import" not in page.source
        assert Counter(tag for tag, _ in page.elements)["html"] == 1
        assert page.all("html")[0]["lang"] == "en"


@pytest.mark.parametrize(
    ("file", "shown"), [("run_loss.png", "The loss in"), ("confusion.png", "Which answers")]
)
def test_plots_of_the_run_are_shown(tmp_path, file, shown):
    run = write_run(tmp_path / "run", [answered()])
    Image.new("RGB", (8, 8)).save(run / file)
    write_html(read_answers(run), tmp_path / "report", NO_PICTURES, False, lambda *step: None)
    (image,) = HtmlPage(tmp_path / "report" / "index.html").all("img")
    content = base64.b64decode(image["src"].removeprefix("data:image/png;base64,"))
    assert content == (run / file).read_bytes()
    assert image["alt"].startswith(shown)


def test_an_older_report_is_replaced_and_nothing_else(tmp_path):
    folder = report_of(tmp_path, many_answered(3, is_right))
    (folder / "old.html").touch()
    run = read_answers(tmp_path / "run-20260102-030405")
    write_html(run, folder, NO_PICTURES, False, lambda *step: None)
    assert not (folder / "old.html").exists()
    Path(tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("a page of my own")
    with pytest.raises(InputError, match="mine exists and is not a report"):
        write_html(run, tmp_path / "mine", NO_PICTURES, False, lambda *step: None)
    assert (tmp_path / "mine" / "index.html").read_text() == "a page of my own"


def test_a_browser_shows_the_pages_from_disk(browser, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / f"{QUOTES}.png")
    pictures = open_pictures(tmp_path, None, tmp_path)
    questions = [answered(SCRIPT, QUOTES, answers=("dog", "cat")), *many_answered(COUNT, is_right)]
    browser.get((report_of(tmp_path, questions, pictures=pictures) / "index.html").as_uri())
    browser.find_element("link text", "154").click()
    article = browser.find_element("id", "q0")
    assert article.find_element("tag name", "h2").text == SCRIPT
    assert "✗ wrong, the true answer: cat" in article.text
    assert browser.execute_script("return document.images[0].naturalWidth") == 8
    browser.find_element("link text", "Next").click()
    assert browser.title.startswith("answer: wrong, page 2 of 2")
    assert browser.get_log("browser") == []


def test_pages_fit_on_a_phone(browser, report):
    phone = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    for page in ("index.html", "all/1.html"):
        browser.get((report / page).as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth") == 390
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
