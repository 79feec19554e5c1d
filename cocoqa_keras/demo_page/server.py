"""What serves the page."""

import uvicorn
from starlette.types import ASGIApp


def http_server(app: ASGIApp) -> uvicorn.Server:
    """What serves the page: its `run([listener])` does until Ctrl-C or SIGTERM, which it then raises anew."""
    config = uvicorn.Config(
        app, log_config=None, lifespan="off", ws="none", server_header=False, timeout_graceful_shutdown=5
    )
    return uvicorn.Server(config)
