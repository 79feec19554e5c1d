"""How work is shared out."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocoqa_keras.errors import InputError
from cocoqa_keras.evaluation.shard import Shard


def test_the_third_of_three_processes_takes_every_third_item():
    assert Shard.parse("3/3").of("abcdefgh") == "cf"
    assert Shard.parse("1/1").of("abc") == "abc"


@given(st.lists(st.integers(), max_size=50), st.integers(1, 60))
def test_all_shares_together_have_each_item_once_and_are_of_one_size(items, count):
    shares = [Shard(number, count).of(items) for number in range(1, count + 1)]
    assert sorted(chain(*shares)) == sorted(items)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize(
    "text", ["", "3", "0/3", "4/3", "1/0", "-1/3", "1/3/5", "a/b", "1 / 3", "\u0661/3", "1/" + "9" * 5000]
)
def test_what_is_no_share_is_refused(text):
    with pytest.raises(InputError, match="write K/N"):
        Shard.parse(text)
