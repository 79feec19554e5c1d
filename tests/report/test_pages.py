"""Which questions a page shows, and which pages it links to."""

from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.report.answers import ALL, TYPES
from cocoqa_keras.report.pages import Filter, PageSets, folder_of, linked_pages

FILTERS = (
    Filter("type", (ALL, *TYPES)),
    Filter("bow", ("right", "wrong")),
    Filter("img", (ALL, "right", "wrong")),
)
OUTCOMES = st.sampled_from(["right", "wrong"])


@given(st.lists(st.tuples(st.sampled_from(TYPES), OUTCOMES, OUTCOMES), max_size=30))
def test_a_set_has_the_questions_that_its_filters_choose(values):
    sets = PageSets(FILTERS, values)
    assert len(sets.members) == 5 * 2 * 3
    for key, members in sets.members.items():
        assert members == [
            number
            for number, own in enumerate(values)
            if all(chosen in (ALL, value) for chosen, value in zip(key, own, strict=True))
        ]


def test_choices_lead_to_the_sets_that_differ_in_one_filter():
    sets = PageSets(FILTERS, [("color", "right", "wrong"), ("object", "right", "right")])
    types, bow, img = (sets.choices((ALL, "right", "wrong"), place) for place in range(3))
    assert [(each.value, each.count, each.folder) for each in types] == [
        ("all", 1, "right-wrong"),
        ("object", 0, "object-right-wrong"),
        ("number", 0, "number-right-wrong"),
        ("color", 1, "color-right-wrong"),
        ("location", 0, "location-right-wrong"),
    ]
    assert [(each.count, each.is_chosen) for each in bow] == [(1, True), (0, False)]
    assert [each.count for each in img] == [2, 1, 1]


def test_every_set_has_a_folder_of_its_own():
    sets = PageSets(FILTERS[:2], [])
    assert len({folder_of(key) for key in sets.members}) == len(sets.members)
    assert folder_of((ALL, ALL)) == "all"


def test_few_pages_are_all_linked_and_many_by_landmarks():
    assert linked_pages(1, 1) == [1]
    assert linked_pages(6, 10) == list(range(1, 11))
    assert linked_pages(198, 390) == [1, 50, 100, 150, 196, 197, 198, 199, 200, 250, 300, 350, 390]


@given(st.integers(1, 5000), st.data())
def test_page_links_lead_everywhere(last, data):
    page = data.draw(st.integers(1, last))
    numbers = linked_pages(page, last)
    assert numbers == sorted(set(numbers))
    assert {1, max(1, page - 1), page, min(last, page + 1), last} <= set(numbers) <= set(range(1, last + 1))
    assert len(numbers) <= 16
