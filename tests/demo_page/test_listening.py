"""Where the page listens, and what it may be called there."""

from urllib.parse import urlsplit

import pytest

from cocoqa_keras.demo_page.server import LOOPBACK_NAMES, address_of, listen, names_of
from cocoqa_keras.errors import InputError


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_on_loopback_the_page_has_the_names_of_this_machine_alone(host):
    with listen(host, 0) as listener:
        own = urlsplit(address_of(listener)).hostname
        assert own.startswith("127.0.0.")
        assert set(names_of(listener)) == {*LOOPBACK_NAMES, own}


def test_where_others_may_reach_it_the_page_has_any_name():
    with listen("0.0.0.0", 0) as listener:
        assert names_of(listener) == ("*",)


def test_an_address_of_version_6_stands_in_brackets():
    try:
        listener = listen("::1", 0)
    except InputError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with listener:
        assert address_of(listener) == f"http://[::1]:{listener.getsockname()[1]}/"
        assert set(names_of(listener)) == set(LOOPBACK_NAMES)
