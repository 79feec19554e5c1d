"""Where a server listens, and by what names it may be called there.

A page of another site can have its own name lead to this machine, and ask as if it were at home here (DNS
rebinding). So what is reached from this machine only answers to the names of this machine only.
"""

import ipaddress
import socket

from cocoqa_keras.errors import InputError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
ANY_NAME = "*"
_BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """Takes an address to listen on.

    Args:
        host: a name, or an address of version 4 or 6; 127.0.0.1 is reached from this machine only.
        port: 0 takes a free one.

    Raises:
        InputError: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise InputError(
            f"cannot listen on {_in_address(host)}:{port}: {error.strerror}; choose another --host or --port"
        ) from error


def address_of(listener: socket.socket) -> str:
    """The address that a client opens."""
    return f"http://{_host_of(listener)}:{listener.getsockname()[1]}/"


def names_of(listener: socket.socket, host: str) -> tuple[str, ...]:
    """The names, in lower case, that a server may be called by: `ANY_NAME` where others may reach it.

    Args:
        listener: what it listens at.
        host: what it was asked to listen at, which may be a name of this machine.
    """
    if not ipaddress.ip_address(listener.getsockname()[0]).is_loopback:
        return (ANY_NAME,)
    return (*LOOPBACK_NAMES, _in_address(host.lower()), _host_of(listener))


def _host_of(listener: socket.socket) -> str:
    return _in_address(listener.getsockname()[0])


def _in_address(host: str) -> str:
    """A host as it is written in an address of the web."""
    return f"[{host}]" if ":" in host else host
