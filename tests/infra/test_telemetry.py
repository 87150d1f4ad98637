"""The log-based metrics, tested on the log lines that the program writes."""

import base64
import io
import json
import re
from typing import Any

import pytest
from flask import Flask, request

from functions.endpoint import Endpoint
from pipeline.delivery.result import DeliveryResult
from pipeline.models import Delivery, Disposition
from pipeline.telemetry import Event, Timings, make_logger
from tests.infra.extract_schemas import Json

PUSH = {
    "message": {
        "messageId": "1",
        "data": base64.b64encode(json.dumps({"size": "1"}).encode()).decode(),
        "attributes": {
            "bucketId": "uploads",
            "objectId": "menu.jpg",
            "objectGeneration": "1",
            "eventType": "OBJECT_FINALIZE",
        },
    }
}


class EveryPartTarget:
    """A target whose delivery spends time in every part of the work."""

    def handle(self, delivery: Delivery, timings: Timings) -> DeliveryResult:
        """Measures each part and returns DONE."""
        assert delivery.message_id == "1"
        for part in ("ocr", "translate"):
            timings.add(part, 1.0)
        return DeliveryResult(Disposition.DONE, code="", lines=1, characters_billed=2)


def _lines(event: Event) -> list[Json]:
    written = io.StringIO()
    endpoint = Endpoint(
        EveryPartTarget(),
        event=event,
        logger=make_logger(written),
        max_requests=1,
        memory=lambda: {"memory_mb": 99, "memory_limit_mb": 100},
    )
    with Flask("test").test_request_context(method="POST", json=PUSH):
        assert endpoint.answer(request).status_code == 204
    return [json.loads(line) for line in written.getvalue().splitlines()]


def _metrics(plan: Json) -> dict[str, Json]:
    return {
        resource["index"]: resource["values"]
        for resource in plan["planned_values"]["root_module"]["resources"]
        if resource["type"] == "google_logging_metric"
    }


def _extracted(line: Json, extractor: str) -> Any:
    path = re.fullmatch(r"EXTRACT\(jsonPayload\.([\w.]+)\)", extractor)
    assert path is not None, extractor
    found: Any = line
    for part in path[1].split("."):
        found = found[part]
    return found


@pytest.mark.parametrize(
    "metric",
    [
        "characters_billed",
        "dead_letters",
        "deliveries",
        "memory_high",
        "ocr_ms",
        "total_ms",
        "translate_ms",
        "vcpu_seconds",
    ],
)
def test_a_metric_finds_its_event_and_fields(plan: Json, metric: str) -> None:
    """Given a log line of a delivery, when a metric reads it, then it finds each field."""
    values = _metrics(plan)[metric]
    event = re.search(r'jsonPayload\.event="(\w+)"', values["filter"])
    assert event is not None
    source = Event.DEAD_LETTER if event[1] == Event.DEAD_LETTER else Event.DELIVERY
    (line,) = (line for line in _lines(source) if line["event"] == event[1])
    for extractor in (values["label_extractors"] or {}).values():
        _extracted(line, extractor)
    if values["value_extractor"]:
        assert isinstance(_extracted(line, values["value_extractor"]), int | float)


def test_every_metric_has_a_log_line_test(plan: Json) -> None:
    """Given the plan, when its metrics are listed, then the previous test covers all of them."""
    (covered,) = (
        mark.args[1]
        for mark in test_a_metric_finds_its_event_and_fields.pytestmark  # type: ignore[attr-defined]  # pytest adds this attribute
    )
    assert set(covered) == _metrics(plan).keys()


def test_the_dashboard_reads_only_metrics_that_exist(plan: Json) -> None:
    """Given the dashboard, when its queries are read, then each of our metrics is planned."""
    (dashboard,) = (
        resource["values"]["dashboard_json"]
        for resource in plan["planned_values"]["root_module"]["resources"]
        if resource["type"] == "google_monitoring_dashboard"
    )
    queried = set(re.findall(r"logging_googleapis_com:user_(\w+)", dashboard))
    made = {re.sub(r"\W", "_", values["name"]) for values in _metrics(plan).values()}
    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in queried} == made
    assert len(json.loads(dashboard)["mosaicLayout"]["tiles"]) <= 40
