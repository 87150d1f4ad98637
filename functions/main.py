"""The targets: `push` for upload notifications, `dead_letter`, and `review` for people.

`functions.wsgi` makes the endpoint of one once and stores it in the Flask application, so an
import of this module starts nothing.
"""

import functions_framework
from flask import Request, Response, current_app

from functions.endpoint import EXTENSION, Answering


@functions_framework.http
def push(request: Request) -> Response:
    """Answers the push subscription of the uploads topic."""
    return _endpoint().answer(request)


@functions_framework.http
def dead_letter(request: Request) -> Response:
    """Answers the push subscription of the dead-letter topic."""
    return _endpoint().answer(request)


@functions_framework.http
def review(request: Request) -> Response:
    """Shows documents and pictures in a browser."""
    return _endpoint().answer(request)


def _endpoint() -> Answering:
    endpoint: Answering = current_app.extensions[EXTENSION]
    return endpoint
