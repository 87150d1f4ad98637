"""Answers of the review page: headers that keep private text private, a page for each problem."""

from flask import Response

from pipeline.errors import (
    ImageTooLargeError,
    ImageTranslationError,
    InvalidDocumentError,
    ObjectGoneError,
    OverloadedError,
    PermanentError,
    StoreForbiddenError,
    TransientError,
)
from pipeline.presentation.report.pages import POLICY, problem_page
from pipeline.presentation.report.shown_names import shown_name
from pipeline.redaction import redact_credentials

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_PROBLEMS: tuple[tuple[type[ImageTranslationError], int, str, str], ...] = (
    (
        StoreForbiddenError,
        403,
        "This bucket may not be read",
        "Grant roles/storage.objectViewer on it to the service account, and wait some minutes.",
    ),
    (ObjectGoneError, 404, "Not here", "It was deleted or overwritten, or the address is wrong."),
    (InvalidDocumentError, 422, "This document cannot be read", ""),
    (
        ImageTooLargeError,
        413,
        "This picture is too large to show",
        "Download it from the bucket, or give the review service more memory.",
    ),
    (PermanentError, 422, "This picture cannot be shown", ""),
    (OverloadedError, 429, "Too many pictures at once", "Reload the page in some seconds."),
    (TransientError, 503, "The bucket does not answer", "Reload the page in some seconds."),
)


def answer_of(
    content: bytes, content_type: str = "text/html; charset=utf-8", *, status: int = 200
) -> Response:
    """An answer with the headers that every answer has."""
    return Response(content, status=status, content_type=content_type, headers=HEADERS)


def failed(error: ImageTranslationError | None) -> Response:
    """The page of a declared error; None stands for a bug."""
    if error is None:
        return _problem(500, "Something went wrong", "The log of the service has the reason.", "")
    for kind, status, title, remedy in _PROBLEMS:
        if isinstance(error, kind):
            return _problem(status, title, redact_credentials(str(error)), remedy)
    return _problem(500, "Something went wrong", redact_credentials(str(error)), "")


def not_found(path: str) -> Response:
    """The page for an address that does not exist."""
    return _problem(404, "Not here", f"There is no page {path}.", "")


def not_allowed() -> Response:
    """The page for a request that would write."""
    response = _problem(405, "Only reading is possible", "This page answers GET and HEAD.", "")
    response.headers["Allow"] = "GET, HEAD"
    return response


def _problem(status: int, title: str, reason: str, remedy: str) -> Response:
    page = problem_page(title, shown_name(reason), remedy, gallery="/", assets="/")
    response = answer_of(page, status=status)
    if status in {429, 503}:
        response.headers["Retry-After"] = "10"
    return response
