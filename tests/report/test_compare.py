"""Runs side by side: who is right, whether they differ, and where the questions are."""

import re

import pytest
from html_page import HtmlPage, pages_of, questions_of
from made_runs import answered, many_answered, write_run

from cocoqa_keras.data.picture_files import Pictures
from cocoqa_keras.errors import InputError
from cocoqa_keras.report.answers import read_answers
from cocoqa_keras.report.compare import pair_tests, write_comparison
from cocoqa_keras.report.same_questions import check_same_questions

COUNT = 130
SCRIPT = "<script>alert(1)</script>"


def made_runs(folder, count=COUNT, **right):
    """Runs by name; each value tells which numbers the run answers rightly."""
    return {
        name: read_answers(write_run(folder / name, many_answered(count, is_right)))
        for name, is_right in right.items()
    }


def comparison_of(runs, folder):
    write_comparison(runs, folder, Pictures({}), False, lambda *step: None)
    return folder


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    """Three runs; `never` answers nothing rightly."""
    folder = tmp_path_factory.mktemp("compare")
    runs = made_runs(folder, half=lambda n: n % 2 == 0, third=lambda n: n % 3 == 0, never=lambda n: False)
    return comparison_of(runs, folder / "comparison")


def test_questions_are_grouped_by_who_is_right(comparison):
    groups = {
        "right-right-wrong": [n for n in range(COUNT) if n % 6 == 0],
        "right-wrong-wrong": [n for n in range(COUNT) if n % 2 == 0 and n % 3],
        "wrong-right-wrong": [n for n in range(COUNT) if n % 2 and n % 3 == 0],
        "wrong-wrong-wrong": [n for n in range(COUNT) if n % 2 and n % 3],
    }
    for name, numbers in groups.items():
        assert questions_of(comparison / name) == numbers
        for place, kind in enumerate(("object", "number", "color", "location")):
            assert questions_of(comparison / f"{kind}-{name}") == [n for n in numbers if n % 4 == place]
    assert sum(map(len, groups.values())) == COUNT


def test_the_counts_of_all_groups_add_up(comparison):
    text = HtmlPage(comparison / "index.html").text.partition("location ✓")[2]
    counts = [int(word) for word in text.split() if word.isdigit()]
    assert len(counts) == 8 * 5
    rows = [counts[start : start + 5] for start in range(0, 40, 5)]
    assert all(row[0] == sum(row[1:]) for row in rows)
    assert sum(row[0] for row in rows) == COUNT


def test_every_link_leads_to_a_page_and_every_page_is_linked(comparison):
    pages = pages_of(comparison)
    linked = {page.file_of(address) for page in pages for address in page.addresses}
    assert linked == {page.path.resolve() for page in pages}


def test_answers_of_all_models_stand_side_by_side(comparison):
    text = HtmlPage(comparison / "wrong-right-wrong" / "1.html").text
    assert "question of number 3 The true answer: cat question 3, location, picture 3" in text
    assert (
        "half ✗ wrong dog 0.5000 cat ✓(the true answer) 0.2500 third ✓ right cat ✓(the true answer)" in text
    )


def test_the_index_has_rates_and_tests(comparison):
    text = HtmlPage(comparison / "index.html").text
    assert "130 questions, answered by 3 runs" in text
    assert "half 0.5000 0.4" in text  # and its interval
    assert "third 0.3385 0.2" in text
    assert "p corrected by Holm for 3 pairs" in text
    assert "half never 65 0 5.4e-20 1.6e-19 half is better" in text


def test_models_are_told_apart_only_as_far_as_questions_do(tmp_path):
    runs = made_runs(tmp_path, 10, first=lambda n: n < 9, second=lambda n: n == 9, third=lambda n: n < 5)
    first, second, third = pair_tests(runs)
    # By hand: 9 to 1 is 2 * (1 + 10) / 2**10, 4 to 0 is 2 / 2**4, 1 to 5 is 2 * (1 + 6) / 2**6.
    assert [test.disagreement.p_value for test in (first, second, third)] == pytest.approx(
        [22 / 1024, 2 / 16, 14 / 64]
    )
    assert [test.corrected for test in (first, second, third)] == pytest.approx([66 / 1024, 0.25, 0.25])
    assert {test.verdict for test in (first, second, third)} == {"no difference shown"}
    (pair,) = pair_tests({name: runs[name] for name in ("second", "first")})
    assert (pair.corrected, pair.verdict) == (pytest.approx(22 / 1024), "first is better")


def test_models_may_have_any_names(tmp_path):
    runs = made_runs(tmp_path, 4, a=lambda n: True, b=lambda n: False)
    named = {"type": runs["a"], SCRIPT: runs["b"]}
    for page in pages_of(comparison_of(named, tmp_path / "comparison")):
        assert not page.all("script")
        assert SCRIPT in page.text
    assert questions_of(tmp_path / "comparison" / "right-wrong") == [0, 1, 2, 3]


def test_columns_stay_in_place_where_a_type_is_missing(tmp_path):
    run = read_answers(write_run(tmp_path / "run", [answered(kind="color")]))
    source = HtmlPage(comparison_of({"a": run, "b": run}, tmp_path / "comparison") / "index.html").source
    rates, _, groups = re.findall("<table>.*?</table>", source, re.DOTALL)
    for table, columns in ((rates, 1 + 5), (groups, 2 + 5)):
        assert {len(re.findall("<t[hd][ >]", row)) for row in table.split("</tr>")[:-1]} == {columns}


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ([answered(), answered(question="else")], "question 1: its question is .* in bow and 'else' in img"),
        ([answered(), answered(image="9")], "question 1: its image is '7' in bow and '9' in img"),
        ([answered(truth="dog"), answered()], "question 0: its truth is 'cat' in bow and 'dog' in img"),
        ([answered()], r"question 1 is in only one of bow \(2 questions\) and img \(1\)"),
    ],
)
def test_runs_over_different_questions_are_refused(tmp_path, others, message):
    bow = read_answers(write_run(tmp_path / "bow", [answered(), answered()]))
    img = read_answers(write_run(tmp_path / "img", others))
    with pytest.raises(InputError, match=message):
        check_same_questions({"bow": bow, "img": img})
