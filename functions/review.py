"""The review page: shows documents and pictures of both buckets in a browser; writes nothing."""

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Request, Response, json

from functions.review_answers import answer_of, failed, not_allowed, not_found
from functions.review_pictures import WAIT_SECONDS, ReviewPictures
from functions.review_piece import (
    entry_from_bucket,
    link,
    list_documents,
    picture_link,
    read_piece,
)
from pipeline.capacity.admission import Budget
from pipeline.errors import ImageTranslationError, InvalidDocumentError, ObjectGoneError
from pipeline.models import ObjectRef, PageText, Upload
from pipeline.outcomes.document_reader import Document, parse_document
from pipeline.presentation.report import pages
from pipeline.presentation.report.entries import ShownPicture
from pipeline.presentation.report.renderings import renderings_of
from pipeline.presentation.report.views import image_view
from pipeline.stores.gcs import GcsStore
from pipeline.telemetry import Event, Logger

_MOST_DOCUMENT_BYTES = 32 << 20
_MEMORY_FACTOR = 30
"""Bytes that a byte of a document takes while it is parsed and becomes a page, at most."""


class Review:
    """Answers GET; each answer forbids caching, framing and everything from elsewhere.

    Threading: one review serves all threads of gunicorn.
    """

    def __init__(
        self,
        store: GcsStore,
        pictures: ReviewPictures,
        budget: Budget,
        *,
        uploads: str,
        results: str,
        logger: Logger,
        memory: Callable[[], Mapping[str, Any]],
    ) -> None:
        """`uploads` and `results` are the only buckets that are read."""
        self._store = store
        self._pictures = pictures
        self._budget = budget
        self._uploads = uploads
        self._results = results
        self._logger = logger
        self._memory = memory
        self._routes: Mapping[str, Callable[[Request], Response]] = {
            "/": self._gallery,
            "/search.js": self._search,
            "/image": self._image,
            "/picture": self._picture,
            "/rendering": self._rendering,
        }

    def answer(self, request: Request) -> Response:
        """Answers any request, with any method, path and query."""
        started = time.monotonic()
        try:
            response = self._routed(request)
        except ImageTranslationError as error:
            response = failed(error)
        except Exception as error:  # noqa: BLE001 - a bug is logged and answered 500
            self._log_bug(request.path, error)
            response = failed(None)
        if request.path != "/health":
            self._logger.info(
                Event.REVIEW,
                path=request.path,
                status=response.status_code,
                timings_ms={"total": round((time.monotonic() - started) * 1000, 1)},
                **self._memory(),
            )
        return response

    def _log_bug(self, path: str, error: Exception) -> None:
        """Logs type and place: the message may repeat recognised text."""
        self._logger.error(
            Event.REVIEW,
            path=path,
            code="internal",
            reason=type(error).__name__,
            exception="".join(traceback.format_tb(error.__traceback__)),
        )

    def _routed(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return not_allowed()
        if request.path == "/health":
            return answer_of(json.dumps({"status": "ready"}).encode(), "application/json")
        name = request.path.removeprefix("/")
        if name in pages.ASSETS:
            return answer_of(pages.asset(name), pages.ASSETS[name])
        route = self._routes.get(request.path)
        return route(request) if route else not_found(request.path)

    def _gallery(self, request: Request) -> Response:
        prefix, after = _given(request, "prefix"), _given(request, "after")
        piece = read_piece(*self._listed(prefix, after), self._document)
        gallery = pages.Gallery(
            title=f"gs://{self._results}/{prefix}",
            search=link("search.js", prefix=prefix, after=after),
            prefix=prefix,
            action=".",
            next=link(".", prefix=prefix, after=piece.last) if piece.last else "",
        )
        return answer_of(pages.gallery_page(gallery, piece.entries, piece.totals, piece.unreadable))

    def _search(self, request: Request) -> Response:
        listed = self._listed(_given(request, "prefix"), _given(request, "after"))
        script = pages.search_script(read_piece(*listed, self._document).texts)
        return answer_of(script, pages.ASSETS["report.js"])

    def _image(self, request: Request) -> Response:
        name = _given(request, "name")
        found = self._store.stat(self._results, name)
        if found is None:
            raise ObjectGoneError(f"gs://{self._results}/{name} does not exist")
        with self._named_document(Upload(found.ref, found.size)) as document:
            problem = self._picture_problem(document.source)
            renderings = list(renderings_of(document))

            def picture(page: PageText) -> ShownPicture:
                href = picture_link(document, page=page.index, size="page")
                return ShownPicture("" if problem else href, problem)

            def translated(page: PageText) -> dict[str, str]:
                start = f"gs://{self._results}/"
                return {
                    each.language: link("rendering", name=each.uri.removeprefix(start))
                    for each in renderings
                    if each.page == page.index and each.uri.startswith(start)
                }

            view = image_view(
                document,
                entry_from_bucket(name, document),
                pages=document.pages,
                picture=picture,
                renderings=translated,
            )
            return answer_of(pages.image_page(view, pages.Neighbours(".")))

    def _picture(self, request: Request) -> Response:
        content = self._pictures.jpeg(
            self._uploads,
            _given(request, "name"),
            generation=_number(request, "generation"),
            page=_number(request, "page"),
            thumbnail=request.args.get("size") == "thumbnail",
        )
        return answer_of(content, "image/jpeg")

    def _rendering(self, request: Request) -> Response:
        content = self._pictures.jpeg(
            self._results, _given(request, "name"), generation=None, page=0, thumbnail=False
        )
        return answer_of(content, "image/jpeg")

    def _listed(self, prefix: str, after: str) -> tuple[list[Upload], str]:
        return list_documents(self._store.uploads(self._results, prefix=prefix, start=after), after)

    @contextmanager
    def _named_document(self, listed: Upload) -> Iterator[Document]:
        """As `_document`; the error names the document."""
        try:
            with self._document(listed) as document:
                yield document
        except InvalidDocumentError as error:
            raise InvalidDocumentError(f"{listed.ref.uri} {error}") from error

    @contextmanager
    def _document(self, listed: Upload) -> Iterator[Document]:
        """A document, while its memory is admitted."""
        if listed.size > _MOST_DOCUMENT_BYTES:
            raise InvalidDocumentError(f"has {listed.size} bytes: too many to show")
        release = self._budget.admit(
            listed.size * _MEMORY_FACTOR, admit_by=time.monotonic() + WAIT_SECONDS
        )
        try:
            yield parse_document(self._store.download(listed.ref))
        finally:
            release()

    def _picture_problem(self, source: ObjectRef) -> str:
        if source.bucket != self._uploads:
            return f"The picture is in the bucket {source.bucket}, which this page does not read."
        found = self._store.stat(self._uploads, source.name)
        if found is None:
            return "The picture does not exist any more."
        if found.ref.generation != source.generation:
            return "The picture was overwritten since. This is the document of the earlier one."
        return ""


def _given(request: Request, name: str) -> str:
    return request.args.get(name, "")


def _number(request: Request, name: str) -> int:
    raw = _given(request, name)
    if not (raw.isascii() and raw.isdigit() and len(raw) < 20):
        raise ObjectGoneError(f"{name}={raw[:40]!r} is not a number")
    return int(raw)
