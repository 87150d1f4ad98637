"""The spans of a delivery, made by the OpenTelemetry SDK when the delivery has ended."""

import time

from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    format_span_id,
    format_trace_id,
    set_span_in_context,
)

from functions.trace_context import TraceContext
from functions.traces import Attributes
from pipeline.telemetry import Timings

_SERVICE = "image-translation"


class OpenTelemetryTraces:
    """Sends spans through an exporter; the sampler is that of OTEL_TRACES_SAMPLER.

    Threading: may be shared; exports run one at a time.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        resource = Resource.create()
        if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
            resource = resource.merge(Resource({SERVICE_NAME: _SERVICE}))
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(_SERVICE)

    def record(
        self, name: str, parent: TraceContext | None, timings: Timings, attributes: Attributes
    ) -> TraceContext:
        """See `Traces.record`."""
        span = self._tracer.start_span(
            name,
            context=set_span_in_context(NonRecordingSpan(_remote(parent))) if parent else None,
            kind=SpanKind.CONSUMER,
            attributes=attributes,
            start_time=timings.started_ns,
        )
        if attributes.get("disposition") in {"retry", "bug"}:
            span.set_status(Status(StatusCode.ERROR, str(attributes.get("code", ""))))
        inside = set_span_in_context(span)
        for stage in timings.intervals():
            child = self._tracer.start_span(stage.part, context=inside, start_time=stage.started_ns)
            child.end(stage.ended_ns)
        span.end(time.time_ns())
        # Between two requests an instance has no CPU: a span that is sent later may be lost.
        self._provider.force_flush()
        made = span.get_span_context()
        return TraceContext(
            format_trace_id(made.trace_id),
            format_span_id(made.span_id),
            made.trace_flags.sampled,
        )


def _remote(parent: TraceContext) -> SpanContext:
    return SpanContext(
        int(parent.trace_id, 16),
        int(parent.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED if parent.is_sampled else TraceFlags.DEFAULT),
    )
