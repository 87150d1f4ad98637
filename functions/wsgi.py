"""The WSGI application: makes the endpoint of a target in gunicorn's worker, at its start.

ONNX Runtime does not survive a fork, so gunicorn's master must not import this module.
"""

import os
import signal
import sys
import time
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
from pipeline.delivery.crash_journal import CrashJournal
from pipeline.delivery.dead_letters import make_dead_letters
from pipeline.errors import ConfigurationError, ImageTranslationError
from pipeline.images.library_messages import silence_decoders
from pipeline.outcomes.results_topic import ResultsTopic
from pipeline.redaction import redact_credentials
from pipeline.stores.gcs import GRANT_PATIENCE_SECONDS, GcsStore
from pipeline.telemetry import Event, make_logger

_REFUSED_TO_START = 4
"""gunicorn's APP_LOAD_ERROR: the master stops instead of starting another worker."""

_STARTED = time.monotonic()
"""Buckets and topic share one wait for their grants."""

_REVIEW_SLOTS = 8
"""Documents and pictures at the same time: most of the time of each is the bucket's."""

_Made = tuple[Answering, Mapping[str, Any]]
"""The endpoint of a target, and the derived values for its first log line."""


def create_wsgi_app(target: str) -> Flask:
    """The Flask application of a target, ready to serve.

    Raises:
        ConfigurationError: a setting is wrong, or a model or a bucket is missing.
    """
    settings = load_settings()
    store = GcsStore.from_environment()
    targets = {"push": _push, "dead_letter": _dead_letter, "review": _review}
    if target not in targets:
        raise ConfigurationError(f"FUNCTION_TARGET={target!r}: name push, dead_letter or review")
    limit = process_memory.limit_bytes(settings.memory_limit_mb)
    endpoint, derived = targets[target](settings, store, limit)
    flask: Flask = functions_framework.create_app(target, str(Path(main.__file__)), "http")
    flask.extensions[EXTENSION] = endpoint
    make_logger().info(Event.STARTED, target=target, **derived, **process_memory.state(limit))
    return flask


def _results_topic(settings: Settings) -> ResultsTopic | None:
    """The topic of RESULTS_TOPIC, which exists."""
    if settings.results_topic is None:
        return None
    topic = ResultsTopic.from_environment(settings.results_topic)
    topic.verify(give_up_at=_STARTED + GRANT_PATIENCE_SECONDS)
    return topic


def _push(settings: Settings, store: GcsStore, limit: int) -> _Made:
    from pipeline.app import compose  # noqa: PLC0415 - the dead letters load no engine

    store.verify(settings.uploads_bucket, settings.results_bucket)
    application = compose(
        settings,
        store,
        topic=_results_topic(settings),
        on_stuck=_request_replacement,
        crash_journal=CrashJournal(crash_journal_folder(os.getppid())),
    )

    def state() -> Mapping[str, Any]:
        return {**process_memory.state(limit), **application.budget.state()}

    endpoint = Endpoint(
        application.subscriber,
        event=Event.DELIVERY,
        logger=make_logger(),
        max_requests=settings.max_concurrent_requests,
        memory=state,
        verify=_verify(settings),
        traces=make_traces(os.environ),
        project=os.environ.get("GOOGLE_CLOUD_PROJECT"),
    )
    return endpoint, application.derived


def _request_replacement() -> None:
    """Asks gunicorn to replace this worker once its requests finish.

    A thread that hangs cannot be stopped, and keeps its slot and its memory.
    """
    reason = "a recognition still runs long after its deadline; a new worker replaces this one"
    make_logger().error(Event.STUCK, reason=reason)
    os.kill(os.getpid(), signal.SIGTERM)


def _dead_letter(settings: Settings, store: GcsStore, limit: int) -> _Made:
    store.verify(settings.results_bucket)
    endpoint = Endpoint(
        make_dead_letters(settings, store, _results_topic(settings)),
        event=Event.DEAD_LETTER,
        logger=make_logger(),
        max_requests=settings.max_concurrent_requests,
        memory=lambda: process_memory.state(limit),
        verify=_verify(settings),
        traces=make_traces(os.environ),
        project=os.environ.get("GOOGLE_CLOUD_PROJECT"),
    )
    return endpoint, {}


def _review(settings: Settings, store: GcsStore, limit: int) -> _Made:
    from functions.review import Review  # noqa: PLC0415 - the others decode no previews
    from functions.review_pictures import PICTURES_AT_ONCE, ReviewPictures  # noqa: PLC0415

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
