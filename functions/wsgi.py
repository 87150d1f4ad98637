"""The WSGI application: makes the endpoint of a target in gunicorn's worker, at its start.

ONNX Runtime does not survive a fork, so gunicorn's master must not import this module.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import functions_framework
from flask import Flask

from functions import main
from functions.endpoint import EXTENSION, Answering, Endpoint
from functions.google_oidc import GoogleKeys, PushIdentity
from functions.gunicorn import crash_journal_folder
from functions.traces import make_traces
from pipeline.capacity import process_memory
from pipeline.capacity.admission import Budget
from pipeline.config import Settings, load_settings
from pipeline.errors import ConfigurationError, ImageTranslationError
from pipeline.images.library_messages import silence_decoders
from pipeline.redaction import redact_credentials
from pipeline.stores.gcs import GcsStore
from pipeline.telemetry import make_logger
from pipeline.workers.targets import NAMES, log_started, make_target

_REFUSED_TO_START = 4
"""gunicorn's APP_LOAD_ERROR: the master stops instead of starting another worker."""

_REVIEW_SLOTS = 8
"""Documents and pictures at the same time: most of the time of each is the bucket's."""


def create_wsgi_app(target: str) -> Flask:
    """The Flask application of a target, ready to serve.

    Raises:
        ConfigurationError: a setting is wrong, or a model or a bucket is missing.
    """
    settings = load_settings()
    store = GcsStore.from_environment()
    if target not in (*NAMES, "review"):
        raise ConfigurationError(f"FUNCTION_TARGET={target!r}: name push, dead_letter or review")
    if target == "review":
        endpoint, derived = _review(settings, store)
    else:
        endpoint, derived = _delivered(target, settings, store)
    flask: Flask = functions_framework.create_app(target, str(Path(main.__file__)), "http")
    flask.extensions[EXTENSION] = endpoint
    log_started(target, settings, derived)
    return flask


def _delivered(
    target: str, settings: Settings, store: GcsStore
) -> tuple[Answering, Mapping[str, Any]]:
    composed = make_target(
        target, settings, store, crash_journal=crash_journal_folder(os.getppid())
    )
    endpoint = Endpoint(
        composed.target,
        event=composed.event,
        logger=make_logger(),
        max_requests=settings.max_concurrent_requests,
        memory=composed.memory,
        verify=_verify(settings),
        traces=make_traces(os.environ),
        project=os.environ.get("GOOGLE_CLOUD_PROJECT"),
    )
    return endpoint, composed.derived


def _review(settings: Settings, store: GcsStore) -> tuple[Answering, Mapping[str, Any]]:
    from functions.review import Review  # noqa: PLC0415 - the others decode no previews
    from functions.review_pictures import PICTURES_AT_ONCE, ReviewPictures  # noqa: PLC0415 - the same

    limit = process_memory.limit_bytes(settings.memory_limit_mb)
    store.verify(settings.uploads_bucket, settings.results_bucket)
    process_memory.keep_heap_small()
    silence_decoders()
    downloads = PICTURES_AT_ONCE * settings.max_image_bytes
    budget = Budget(_REVIEW_SLOTS, lambda: process_memory.spare_bytes(limit) - downloads)
    pictures = ReviewPictures(
        store,
        budget,
        max_bytes=settings.max_image_bytes,
        max_pixels=settings.max_image_pixels,
    )
    review = Review(
        store,
        pictures,
        budget,
        uploads=settings.uploads_bucket,
        results=settings.results_bucket,
        logger=make_logger(),
        memory=lambda: process_memory.state(limit),
    )
    return review, {"budget_mb": budget.capacity // process_memory.MEBIBYTE}


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
