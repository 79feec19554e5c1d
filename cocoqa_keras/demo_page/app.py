"""The page: its addresses, and what each replies.

Addresses:
    GET  /               a picture of the data set, if any, and the answer to a question about it
    GET  /own            a form for a picture of one's own
    POST /own            the answer to a question about it
    GET  /pictures/ID    a picture of the data set
    GET  /static/...     style sheet and icon
"""

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jinja2
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from cocoqa_keras.data.pictures import media_type
from cocoqa_keras.demo_page.demonstrated_run import DemonstratedRun
from cocoqa_keras.demo_page.questioner import MAX_CHARACTERS
from cocoqa_keras.demo_page.security import SecurityMiddleware
from cocoqa_keras.demo_page.upload import MAX_BYTES, Upload
from cocoqa_keras.errors import InputError

MAX_REQUEST = MAX_BYTES + 2 * 2**20  # bytes: a picture, the one before it, and a question

_FOLDER = Path(__file__).parent


def create_app(run: DemonstratedRun, hosts: Sequence[str]) -> Starlette:
    """The page as an ASGI application.

    Args:
        run: what is asked.
        hosts: the names that the page may be called by in an address, `*` for any. With another one, a page
            elsewhere could have its own name lead here, and read the answers (DNS rebinding).
    """
    replies = _Replies(run)
    routes = [
        Route("/", replies.about_image, methods=["GET"]),
        Mount("/static", StaticFiles(directory=_FOLDER / "static")),
    ]
    if run.gallery is not None:
        routes.append(Route("/pictures/{image_id}", replies.picture, methods=["GET"]))
    if run.takes_uploads:
        routes.append(Route("/own", replies.form_for_upload, methods=["GET"]))
        routes.append(Route("/own", replies.about_upload, methods=["POST"]))
    middleware = [
        Middleware(SecurityMiddleware),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
    ]
    return Starlette(routes=routes, middleware=middleware)


class _Replies:
    """Replies to requests about a run."""

    def __init__(self, run: DemonstratedRun) -> None:
        self._run = run
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals.update(run=run, max_characters=MAX_CHARACTERS)
        self._templates = Jinja2Templates(env=environment)

    def about_image(self, request: Request) -> Response:
        """A picture of the data set, with the answer to a question about it, if one is asked."""
        query, gallery = request.query_params, self._run.gallery
        question = query.get("question")
        content = {"question": question or "", "image_id": None if gallery is None else gallery.first}
        status = HTTPStatus.OK
        try:
            if gallery and "image" in query:
                content["image_id"] = gallery.find(query["image"])
            if question is not None:
                content["reply"] = self._run.ask_about_image(question, content["image_id"])
        except InputError as error:
            content["message"], status = str(error), HTTPStatus.BAD_REQUEST
        if gallery:
            page = _page_number(query.get("page"), gallery.page_count)
            content["page"] = page or gallery.page_of(content["image_id"])
        return self._render(request, "about_image.html", content, status)

    def picture(self, request: Request) -> Response:
        """The picture of an image: a file of the data set, which its id alone leads to."""
        gallery = self._run.gallery
        try:
            path = gallery.picture_file(gallery.find(request.path_params["image_id"]))
        except InputError as error:
            raise HTTPException(HTTPStatus.NOT_FOUND, str(error)) from error
        kind = media_type(path) if path is not None and path.is_file() else None
        if kind is None:  # a link in somebody's data set may lead to any file
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is no picture of this image.")
        return FileResponse(path, media_type=kind)

    def form_for_upload(self, request: Request) -> Response:
        """The form for a picture of one's own."""
        return self._render(request, "about_upload.html", {"question": ""})

    async def about_upload(self, request: Request) -> Response:
        """The answer to a question about a user's own picture, and the picture."""
        length = request.headers.get("content-length", "")
        if "transfer-encoding" in request.headers or not length.isdecimal():
            raise HTTPException(HTTPStatus.LENGTH_REQUIRED)
        if int(length) > MAX_REQUEST:
            async for _ in request.stream():  # a browser looks for the reply only when it has sent all
                pass
            message = f"Your picture is too large: {MAX_BYTES // 2**20} MB are the most."
            content = {"question": "", "message": message}
            return self._render(request, "about_upload.html", content, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        async with request.form(max_files=1, max_fields=2, max_part_size=2 * 2**20) as form:
            content = await run_in_threadpool(self._answer_form, form)
        status = HTTPStatus.BAD_REQUEST if "message" in content else HTTPStatus.OK
        return self._render(request, "about_upload.html", content, status)

    def _answer_form(self, form: FormData) -> dict[str, Any]:
        """What is to be shown of a form with a picture."""
        content: dict[str, Any] = {"question": str(form.get("question", ""))}
        try:
            content["upload"] = _read_upload(form)
            content["reply"] = self._run.ask_about_upload(content["question"], content["upload"])
        except InputError as error:
            content["message"] = str(error)
        return content

    def _render(
        self, request: Request, template: str, content: dict[str, Any], status: int = HTTPStatus.OK
    ) -> Response:
        content = {"message": None, "reply": None, "upload": None, **content}
        headers = {"Cache-Control": "no-store"}
        return self._templates.TemplateResponse(request, template, content, status, headers)


def _read_upload(form: FormData) -> Upload:
    """The picture that came with a form: a new one, or the one of the question before."""
    chosen, kept = form.get("picture"), form.get("kept")
    if isinstance(chosen, UploadFile) and chosen.size:
        return Upload.read(chosen.file)
    if isinstance(kept, str) and kept:
        return Upload.from_base64(kept)
    raise InputError("Please choose a picture.")


def _page_number(text: str | None, count: int) -> int | None:
    """A page that is asked for, the last one where there are not so many; None where none is."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return min(max(int(text), 1), count)
