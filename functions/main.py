"""The two targets: `push` takes uploads, `dead_letter` takes what `push` gave up.

What they work with is composed once, by `functions.wsgi`, and hangs on the Flask
application, so importing this module starts nothing.
"""

import functions_framework
from flask import Request, Response, current_app

from functions.endpoint import EXTENSION, Endpoint


@functions_framework.http
def push(request: Request) -> Response:
    """Pub/Sub's push subscription of the upload notifications."""
    return _endpoint().answer(request)


@functions_framework.http
def dead_letter(request: Request) -> Response:
    """Pub/Sub's push subscription of the dead-letter topic."""
    return _endpoint().answer(request)


def _endpoint() -> Endpoint:
    endpoint: Endpoint = current_app.extensions[EXTENSION]
    return endpoint
