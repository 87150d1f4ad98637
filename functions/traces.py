"""One OpenTelemetry span for each delivery and one for each stage of it, sent over OTLP.

The stages are those of the timings, so the delivery itself knows nothing of traces.
"""

from collections.abc import Mapping
from typing import Protocol

from functions.trace_context import TraceContext
from pipeline.errors import ConfigurationError
from pipeline.telemetry import Timings

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_TIMEOUTS = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")
_EXPORT_SECONDS = 2.0
"""The limit unless a variable sets one: every answer waits for the export, so it is short."""

Attributes = Mapping[str, str | int | float]


class Traces(Protocol):
    """Records deliveries.

    Threading: `record` may be called from several threads at once.
    """

    def record(
        self, name: str, parent: TraceContext | None, timings: Timings, attributes: Attributes
    ) -> TraceContext:
        """Sends the spans of a delivery that ends now; returns when they are sent or given up.

        Args:
            name: the name of the delivery's span.
            parent: the caller's span, if it sent one.
            timings: the intervals of the stages.
            attributes: of the delivery's span; no recognised text.
        """
        ...


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether the usual variables ask for traces: an endpoint, or OTEL_TRACES_EXPORTER=otlp."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "")
    return exporter != "none" and (
        exporter == "otlp" or any(environment.get(name) for name in ENDPOINTS)
    )


def make_traces(environment: Mapping[str, str]) -> Traces | None:
    """The traces that the environment asks for, or None.

    Raises:
        ConfigurationError: the exporter is not installed, or another protocol is asked for.
    """
    if not is_wanted(environment):
        return None
    protocol = next((environment[name] for name in _PROTOCOLS if environment.get(name)), "")
    if protocol not in {"", "http/protobuf"}:
        raise ConfigurationError(
            f"OTEL_EXPORTER_OTLP_PROTOCOL={protocol}: spans are sent as http/protobuf; unset it"
        )
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - the extra `traces`
            OTLPSpanExporter,
        )
    except ImportError as error:
        raise ConfigurationError(
            "traces need the OTLP exporter: type `pip install 'image-translation[traces]'`,"
            f" or unset {ENDPOINTS[1]}"
        ) from error
    from functions.opentelemetry_spans import OpenTelemetryTraces  # noqa: PLC0415 - loads the SDK

    has_timeout = any(environment.get(name) for name in _TIMEOUTS)
    return OpenTelemetryTraces(OTLPSpanExporter(timeout=None if has_timeout else _EXPORT_SECONDS))
