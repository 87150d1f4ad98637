"""The two targets: `push` for upload notifications, `dead_letter` for dead letters.

`functions.wsgi` makes their endpoint once and stores it in the Flask application, so an
import of this module starts nothing.
"""

import functions_framework
from flask import Request, Response, current_app

from functions.endpoint import EXTENSION, Endpoint


@functions_framework.http
def push(request: Request) -> Response:
    """Answers the push subscription of the uploads topic."""
    return _endpoint().answer(request)


@functions_framework.http
def dead_letter(request: Request) -> Response:
    """Answers the push subscription of the dead-letter topic."""
    return _endpoint().answer(request)


def _endpoint() -> Endpoint:
    endpoint: Endpoint = current_app.extensions[EXTENSION]
    return endpoint
