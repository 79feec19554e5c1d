"""What keeps other pages in the browser away from this one, and this one away from the web."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    # `data:` is for the picture that a user has sent. There is no script.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; script-src 'none'; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Nothing goes to other places. With `no-referrer`, browsers would hide the origin of our own forms too.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityMiddleware:
    """Adds `HEADERS` to every reply, and refuses forms that another page has sent.

    Args:
        app: what replies.

    Reference: OWASP, "HTTP Headers" and "Cross-Site Request Forgery Prevention" cheat sheets.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        is_refused = scope["method"] == "POST" and _is_of_another_origin(Headers(scope=scope))
        refusal = PlainTextResponse("This form was sent by another page.", status_code=403)
        await (refusal if is_refused else self._app)(scope, receive, send_with_headers)


def _is_of_another_origin(headers: Headers) -> bool:
    """Whether a browser says so; other clients send no origin."""
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host")
