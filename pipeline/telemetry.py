"""Structured logs in Cloud Logging's field names, and the registry of event names.

Terraform's log-based metrics filter on `event`; the names are declared here and
nowhere else. Recognised text is logged only where LOG_TEXT asks for it, credentials never.
"""

import json
import logging
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TextIO

import structlog

from pipeline.redaction import redact_credentials


class Event(StrEnum):
    """Every `event` a log line can carry."""

    STARTED = "started"
    """Once a process: the settings and what was derived from them."""
    DELIVERY = "delivery"
    """The canonical line, once a delivery: what it was, what it came to, how long it took."""
    DEAD_LETTER = "dead_letter"
    """The same, of a delivery that Pub/Sub gave up."""
    REFUSED = "refused"
    """A request that is no delivery."""
    STUCK = "stuck"
    """A recognition hangs, and the worker makes way for a new one."""
    MEMORY_HIGH = "memory_high"
    """Resident memory passed 85 % of the limit."""


_UNSEEN = {
    point: f"\\u{point:04x}"
    for first, last in ((0x7F, 0x9F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F))
    for point in range(first, last + 1)
}
"""Of JSON's strings: control characters, line ends and changes of direction beyond ASCII."""

Logger = structlog.typing.FilteringBoundLogger


def make_logger(stream: TextIO | None = None) -> Logger:
    """A logger of JSON lines on `stream`, standard output by default."""
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
    """One line, whatever it tells of: some take other characters for line ends, or turn round."""
    return json.dumps(fields, **options).translate(_UNSEEN)


def _cloud_logging(
    _logger: Any, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields"""
    fields["severity"] = str(fields.pop("level")).upper()
    event = str(fields["event"])
    parts = (event, fields.get("disposition"), fields.get("code"), fields.get("object"))
    message = " ".join(str(part) for part in parts if part)
    # Error Reporting finds a stack trace at the end of the message.
    fields["message"] = "\n".join(filter(None, [message, fields.pop("exception", None)]))
    return fields


def _redact_credentials(
    _logger: Any, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name, value in fields.items():
        if isinstance(value, str):
            fields[name] = redact_credentials(value)
    return fields


class Timings:
    """Milliseconds by part of the work; parts met more than once add up."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._parts: dict[str, float] = {}

    @contextmanager
    def measure(self, part: str) -> Iterator[None]:
        """Adds the time the block takes to `part`."""
        before = time.monotonic()
        try:
            yield
        finally:
            self.add(part, (time.monotonic() - before) * 1000)

    def add(self, part: str, milliseconds: float) -> None:
        """Adds a time measured elsewhere."""
        self._parts[part] = self._parts.get(part, 0.0) + max(0.0, milliseconds)

    def snapshot(self) -> dict[str, float]:
        """Every part so far, and `total`."""
        total = (time.monotonic() - self._started) * 1000
        return {part: round(ms, 1) for part, ms in {**self._parts, "total": total}.items()}
