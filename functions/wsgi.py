"""What gunicorn serves: composed in the worker, before the first request.

ONNX Runtime does not survive a fork, so nothing may be loaded in gunicorn's master.
"""

import os
import sys
import warnings
from pathlib import Path

import functions_framework
from flask import Flask

from functions import main
from functions.endpoint import EXTENSION, Endpoint
from pipeline import app as composition
from pipeline import memory
from pipeline.config import load_settings
from pipeline.errors import ImageTranslationError
from pipeline.telemetry import Event, make_logger

_REFUSED_TO_START = 4
"""gunicorn's APP_LOAD_ERROR: the master ends too instead of starting another worker."""


def create_wsgi_app(target: str) -> Flask:
    """The Flask application of a target, ready to serve.

    Raises:
        ConfigurationError: a setting, a model or a bucket is not as it must be.
    """
    memory.keep_heap_small()
    # Once for each odd tag of each upload: nothing anybody could act on.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    settings = load_settings()
    logger = make_logger()
    flask: Flask = functions_framework.create_app(target, str(Path(main.__file__)), "http")
    composed = composition.compose(settings, target)
    flask.extensions[EXTENSION] = Endpoint(
        composed.target,
        event=Event.DEAD_LETTER if target == "dead_letter" else Event.DELIVERY,
        logger=logger,
        max_requests=settings.max_concurrent_requests,
        memory=composed.memory,
    )
    logger.info(Event.STARTED, target=target, **composed.derived, **composed.memory())
    return flask


def _start() -> Flask:
    try:
        return create_wsgi_app(os.environ.get("FUNCTION_TARGET", "push"))
    except ImageTranslationError as error:
        sys.stderr.write(f"image-translation refuses to start: {error}\n")
        sys.stderr.flush()
        raise SystemExit(_REFUSED_TO_START) from error


app = _start()
