"""The WSGI application: makes the endpoint of a target in gunicorn's worker, at its start.

ONNX Runtime does not survive a fork, so gunicorn's master must not import this module.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import functions_framework
from flask import Flask

from functions import main
from functions.endpoint import EXTENSION, Endpoint
from functions.google_oidc import GoogleKeys, PushIdentity
from functions.gunicorn import crash_journal_folder
from pipeline.config import Settings, load_settings
from pipeline.errors import ImageTranslationError
from pipeline.redaction import redact_credentials
from pipeline.stores.gcs import GcsStore
from pipeline.targets import log_started, make_target
from pipeline.telemetry import make_logger

_REFUSED_TO_START = 4
"""gunicorn's APP_LOAD_ERROR: the master stops instead of starting another worker."""


def create_wsgi_app(target: str) -> Flask:
    """The Flask application of a target, ready to serve.

    Raises:
        ConfigurationError: a setting is wrong, or a model or a bucket is missing.
    """
    settings = load_settings()
    store = GcsStore.from_environment()
    crash_journal = crash_journal_folder(os.getppid())
    composed = make_target(target, settings, store, crash_journal=crash_journal)
    flask: Flask = functions_framework.create_app(target, str(Path(main.__file__)), "http")
    flask.extensions[EXTENSION] = Endpoint(
        composed.target,
        event=composed.event,
        logger=make_logger(),
        max_requests=settings.max_concurrent_requests,
        memory=composed.memory,
        verify=_verify(settings),
    )
    log_started(target, settings, composed)
    return flask


def _verify(settings: Settings) -> Callable[[str | None], None] | None:
    if settings.require_push_audience is None:
        return None
    return PushIdentity(
        GoogleKeys(),
        audience=settings.require_push_audience,
        account=settings.require_push_account,
    ).verify


def _start() -> Flask:
    try:
        return create_wsgi_app(os.environ.get("FUNCTION_TARGET", "push"))
    except ImageTranslationError as error:
        reason = redact_credentials(str(error))
        sys.stderr.write(f"image-translation refuses to start: {reason}\n")
        sys.stderr.flush()
        raise SystemExit(_REFUSED_TO_START) from error


app = _start()
