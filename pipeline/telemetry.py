"""Structured logs in Cloud Logging's field names, and the registry of event names.

Terraform's log-based metrics filter on `event`, so its names are declared only here.
Credentials are never logged, recognised text only with LOG_TEXT.
"""

import json
import logging
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TextIO

import structlog

from pipeline.redaction import redact_credentials


class Event(StrEnum):
    """Every `event` of a log line."""

    STARTED = "started"
    """Once per process: the values derived from the settings and the machine."""
    DELIVERY = "delivery"
    """The canonical line, once per delivery: the object, its disposition, its timings."""
    DEAD_LETTER = "dead_letter"
    """The canonical line of a dead letter."""
    REFUSED = "refused"
    """A request that is not a delivery."""
    REVIEW = "review"
    """A request to the review page: its path, its status, its time."""
    STUCK = "stuck"
    """A recognition hangs; gunicorn replaces this worker."""
    TRANSLATION_MEMORY = "translation_memory"
    """The store of TRANSLATION_MEMORY is slow or fails; translations are paid meanwhile."""
    MEMORY_HIGH = "memory_high"
    """Resident memory exceeds 85 % of the limit."""


_ESCAPES = {
    point: f"\\u{point:04x}"
    for first, last in ((0x7F, 0x9F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F))
    for point in range(first, last + 1)
}
"""Control characters, line separators and bidi controls that JSON does not escape."""

Logger = structlog.typing.FilteringBoundLogger


def make_logger(stream: TextIO | None = None) -> Logger:
    """A logger that writes JSON lines to `stream`, by default to standard output."""
    logger: Logger = structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stdout),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            _cloud_logging,
            _redact_credentials,
            structlog.processors.TimeStamper(fmt="iso", key="time"),
            structlog.processors.JSONRenderer(_line, ensure_ascii=False, default=str),
        ],
    )
    return logger


def _line(fields: MutableMapping[str, Any], **options: Any) -> str:
    """Escapes Unicode line separators and bidi controls."""
    return json.dumps(fields, **options).translate(_ESCAPES)


def _cloud_logging(
    _logger: Any, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields"""
    fields["severity"] = str(fields.pop("level")).upper()
    event = str(fields["event"])
    parts = (event, fields.get("disposition"), fields.get("code"), fields.get("object"))
    message = " ".join(str(part) for part in parts if part)
    # Error Reporting expects the stack trace at the end of the message.
    fields["message"] = "\n".join(filter(None, [message, fields.pop("exception", None)]))
    return fields


def _redact_credentials(
    _logger: Any, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name, value in fields.items():
        if isinstance(value, str):
            fields[name] = redact_credentials(value)
    return fields


@dataclass(frozen=True, slots=True)
class Interval:
    """The begin and the end of a part of a delivery, in nanoseconds since 1970."""

    part: str
    started_ns: int
    ended_ns: int


class Timings:
    """Milliseconds spent in each part of a delivery; repeated parts are summed."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._parts: dict[str, float] = {}
        self._intervals: list[tuple[str, float, float]] = []
        self.started_ns = time.time_ns()
        """The begin of the delivery, in nanoseconds since 1970."""

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        """Adds the time of the block to `part`."""
        before = time.monotonic()
        try:
            yield
        finally:
            self.add(part, (time.monotonic() - before) * 1000)

    def add(self, part: str, milliseconds: float) -> None:
        """Adds a time measured elsewhere, which ends now."""
        milliseconds = max(0.0, milliseconds)
        self._parts[part] = self._parts.get(part, 0.0) + milliseconds
        ended = (time.monotonic() - self._started) * 1000
        self._intervals.append((part, ended - milliseconds, ended))

    def snapshot(self) -> dict[str, float]:
        """The sum of each part, and `total` since the start."""
        total = (time.monotonic() - self._started) * 1000
        return {part: round(ms, 1) for part, ms in {**self._parts, "total": total}.items()}

    def intervals(self) -> Iterator[Interval]:
        """Every measurement of a part, except those that began before the delivery."""
        for part, started, ended in list(self._intervals):
            if started >= 0:
                nanoseconds = (self.started_ns + round(ms * 1e6) for ms in (started, ended))
                yield Interval(part, *nanoseconds)
