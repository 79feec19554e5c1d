"""The page behind an address."""

import ipaddress
import socket

import uvicorn
from starlette.types import ASGIApp

from cocoqa_keras.errors import InputError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """Takes an address to listen on.

    Args:
        host: a name or an address; 127.0.0.1 is reached from this machine only.
        port: 0 takes a free one.

    Raises:
        InputError: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise InputError(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another --host or --port"
        ) from error


def address_of(listener: socket.socket) -> str:
    """The address that a browser opens."""
    return f"http://{_host_of(listener)}:{listener.getsockname()[1]}/"


def names_of(listener: socket.socket) -> tuple[str, ...]:
    """The names that a page may be called by: those of this machine, or any where others may reach it."""
    is_local = ipaddress.ip_address(listener.getsockname()[0]).is_loopback
    return (*LOOPBACK_NAMES, _host_of(listener)) if is_local else ("*",)


def http_server(app: ASGIApp) -> uvicorn.Server:
    """What serves the page: its `run([listener])` does until Ctrl-C, and then raises `KeyboardInterrupt`."""
    config = uvicorn.Config(
        app, log_config=None, lifespan="off", ws="none", server_header=False, timeout_graceful_shutdown=5
    )
    return uvicorn.Server(config)


def _host_of(listener: socket.socket) -> str:
    """The IP address as it is written in an address of the web."""
    host = listener.getsockname()[0]
    return f"[{host}]" if ":" in host else host
