"""gunicorn's worker, forked from a master that has imported the worker's modules.

A restart takes one second instead of five, so that a suite may kill dozens of workers. The
worker still composes the service; no import here starts threads or loads ONNX Runtime.
"""

import importlib

from gunicorn.workers.gthread import ThreadWorker

from pipeline.language.identification import LanguageIdentifier

for name in (
    "functions.endpoint",
    "google.cloud.translate_v3",
    "pipeline.app",
    "pipeline.stores.gcs",
):
    importlib.import_module(name)
LanguageIdentifier.load()


class Worker(ThreadWorker):  # type: ignore[misc]
    """The same worker; its module has imported the service."""
