"""Where a server listens, and what it may be called there."""

from urllib.parse import urlsplit

import pytest

from cocoqa_keras.errors import InputError
from cocoqa_keras.listening import ANY_NAME, LOOPBACK_NAMES, address_of, listen, names_of


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_on_loopback_a_server_has_the_names_of_this_machine_alone(host):
    with listen(host, 0) as listener:
        own = urlsplit(address_of(listener)).hostname
        assert own.startswith("127.0.0.")
        assert set(names_of(listener, host)) == {*LOOPBACK_NAMES, own}


def test_a_name_of_this_machine_that_was_asked_for_is_one_of_its_names():
    with listen("127.0.0.1", 0) as listener:
        assert set(names_of(listener, "MyDesk")) == {*LOOPBACK_NAMES, "mydesk"}


def test_where_others_may_reach_it_a_server_has_any_name():
    with listen("0.0.0.0", 0) as listener:
        assert names_of(listener, "0.0.0.0") == (ANY_NAME,)


def test_an_address_of_version_6_stands_in_brackets():
    try:
        listener = listen("::1", 0)
    except InputError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with listener:
        assert address_of(listener) == f"http://[::1]:{listener.getsockname()[1]}/"
        assert set(names_of(listener, "::1")) == set(LOOPBACK_NAMES)


def test_an_address_that_cannot_be_had_is_refused():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(InputError, match=f"cannot listen on 127.0.0.1:{port}: .*; choose another --host"):
            listen("127.0.0.1", port)
    with pytest.raises(InputError, match=r"cannot listen on \[2001:db8::1\]:80: "):
        listen("2001:db8::1", 80)
