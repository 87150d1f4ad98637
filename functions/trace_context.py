"""The trace that a request belongs to, from its `traceparent`, and its fields in log lines.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)
_SAMPLED = 1


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A span of a trace; the ids are in hexadecimal."""

    trace_id: str
    span_id: str
    is_sampled: bool


def parse_traceparent(header: str | None) -> TraceContext | None:
    """The caller's span, or None where the header is missing or invalid."""
    match = _TRACEPARENT.fullmatch(header or "")
    if match is None:
        return None
    return TraceContext(match[1], match[2], bool(int(match[3], 16) & _SAMPLED))


def log_fields(context: TraceContext | None, project: str | None) -> Mapping[str, str]:
    """The fields by which Cloud Logging joins a line to its trace.

    Without a project the trace is its bare id.
    https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields
    """
    if context is None:
        return {}
    trace = f"projects/{project}/traces/{context.trace_id}" if project else context.trace_id
    return {"logging.googleapis.com/trace": trace, "logging.googleapis.com/spanId": context.span_id}
