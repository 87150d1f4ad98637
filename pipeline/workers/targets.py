"""The two targets that take deliveries, `push` and `dead_letter`, with the values that are logged.

functions.wsgi serves them over HTTP; pipeline.workers.pull_worker feeds them by streaming pull.
"""

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.capacity import process_memory
from pipeline.config import Settings
from pipeline.delivery.acknowledgement import Target
from pipeline.delivery.crash_journal import CrashJournal
from pipeline.delivery.dead_letters import make_dead_letters
from pipeline.errors import ConfigurationError
from pipeline.outcomes.results_topic import ResultsTopic
from pipeline.stores.gcs import GRANT_PATIENCE_SECONDS, GcsStore
from pipeline.telemetry import Event, make_logger

NAMES = ("push", "dead_letter")

_STARTED = time.monotonic()
"""Buckets and topic share one wait for their grants."""


@dataclass(frozen=True, slots=True)
class ComposedTarget:
    """A target that is ready for deliveries.

    `event` is the `event` of its canonical log lines, `memory` returns their memory fields, and
    `derived` holds the values computed at the start.
    """

    target: Target
    event: Event
    memory: Callable[[], Mapping[str, Any]]
    derived: Mapping[str, Any] = field(default_factory=dict)


def make_target(
    name: str, settings: Settings, store: GcsStore, *, crash_journal: Path
) -> ComposedTarget:
    """Checks the buckets and makes a target; the OCR engine has read a picture when this returns.

    Args:
        name: `push` or `dead_letter`.
        settings: the settings of this process.
        store: holds the uploads and the results.
        crash_journal: a folder that outlives this process, but not its parent.

    Raises:
        ConfigurationError: there is no such target, or a model or a bucket is missing.
    """
    limit = process_memory.limit_bytes(settings.memory_limit_mb)
    if name == "dead_letter":
        store.verify(settings.results_bucket)
        return ComposedTarget(
            make_dead_letters(settings, store, _results_topic(settings)),
            Event.DEAD_LETTER,
            lambda: process_memory.state(limit),
        )
    if name != "push":
        raise ConfigurationError(f"FUNCTION_TARGET={name!r}: name {' or '.join(NAMES)}")
    from pipeline.app import compose  # noqa: PLC0415 - the dead letters load no engine

    store.verify(settings.uploads_bucket, settings.results_bucket)
    application = compose(
        settings,
        store,
        topic=_results_topic(settings),
        on_stuck=_request_replacement,
        crash_journal=CrashJournal(crash_journal),
    )

    def state() -> Mapping[str, Any]:
        return {**process_memory.state(limit), **application.budget.state()}

    return ComposedTarget(application.subscriber, Event.DELIVERY, state, application.derived)


def log_started(name: str, settings: Settings, derived: Mapping[str, Any], **fields: Any) -> None:
    """Writes the line that a process writes once, when it takes deliveries."""
    limit = process_memory.limit_bytes(settings.memory_limit_mb)
    state = process_memory.state(limit)
    make_logger().info(Event.STARTED, target=name, **fields, **derived, **state)


def _results_topic(settings: Settings) -> ResultsTopic | None:
    """The topic of RESULTS_TOPIC, which exists."""
    if settings.results_topic is None:
        return None
    topic = ResultsTopic.from_environment(settings.results_topic)
    topic.verify(give_up_at=_STARTED + GRANT_PATIENCE_SECONDS)
    return topic


def _request_replacement() -> None:
    """Has the parent replace this worker once its deliveries have ended.

    A thread that hangs cannot be stopped, and keeps its slot and its memory.
    """
    reason = "a recognition still runs long after its deadline; a new worker replaces this one"
    make_logger().error(Event.STUCK, reason=reason)
    os.kill(os.getpid(), signal.SIGTERM)
