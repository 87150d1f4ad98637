"""Pulled messages: the delivery that each makes, and the ack or nack that ends it."""

import io
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from google.api_core.exceptions import FailedPrecondition, NotFound, PermissionDenied
from google.cloud.pubsub_v1 import SubscriberClient

from pipeline.delivery import pull
from pipeline.delivery.acknowledgement import Acknowledger
from pipeline.delivery.notification import notification_attributes, notification_data, parse_push
from pipeline.delivery.result import DeliveryResult
from pipeline.errors import ConfigurationError, OverloadedError
from pipeline.models import Delivery, Disposition, ObjectRef, Upload
from pipeline.telemetry import Event, Timings, make_logger
from tests.support.push_bodies import push_of

UPLOAD = Upload(ObjectRef("uploads", "menu.png", 7), 10)


@dataclass
class PulledMessage:
    """A message as google-cloud-pubsub passes it to a callback."""

    data: bytes = notification_data(UPLOAD)
    attributes: dict[str, str] = field(
        default_factory=lambda: dict(notification_attributes(UPLOAD))
    )
    message_id: str = "1"
    publish_time: datetime = datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC)
    delivery_attempt: int | None = 3
    ack_id: str = "a"
    ended: list[str] = field(default_factory=list)

    def ack(self) -> None:
        self.ended.append("ack")

    def nack(self) -> None:
        self.ended.append("nack")


class Stream:
    """A client, and the stream that the test feeds and ends."""

    def __init__(self, end: Exception | None = None) -> None:
        self._end = end or TimeoutError()
        self.released: list[str] = []

    def subscribe(self, subscription: str, *, callback: Any, **options: Any) -> "Stream":
        self.callback, self.options = callback, options
        return self

    def result(self, timeout: float) -> None:
        raise self._end

    def cancel(self) -> None:
        """Nothing is pulled any more."""

    def modify_ack_deadline(
        self, *, ack_ids: list[str], ack_deadline_seconds: int, **_: Any
    ) -> None:
        assert ack_deadline_seconds == 0
        self.released += ack_ids


class ScriptedTarget:
    """Ends every delivery with `outcome`."""

    def __init__(self, outcome: DeliveryResult | Exception) -> None:
        self.deliveries: list[Delivery] = []
        self._outcome = outcome

    def handle(self, delivery: Delivery, timings: Timings) -> DeliveryResult:
        self.deliveries.append(delivery)
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


def pulling(
    monkeypatch: pytest.MonkeyPatch, target: Any, stream: Stream, output: io.StringIO
) -> pull.StreamingPull:
    """A pull from the stream, with room for four messages."""
    monkeypatch.setattr(pull, "SubscriberClient", lambda: stream)
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    acknowledger = Acknowledger(
        target,
        event=Event.DELIVERY,
        logger=make_logger(output),
        max_requests=4,
        memory=lambda: {"memory_mb": 1, "memory_limit_mb": 100},
    )
    return pull.StreamingPull(
        "projects/p/subscriptions/s", acknowledger, messages=4, lease_seconds=570
    )


def deliver(
    monkeypatch: pytest.MonkeyPatch, target: ScriptedTarget, message: PulledMessage
) -> tuple[dict[str, Any], Stream]:
    """Feeds one message; returns the canonical line and the stream."""
    stream, output = Stream(), io.StringIO()
    pulling(monkeypatch, target, stream, output)
    stream.callback(message)
    return json.loads(output.getvalue().splitlines()[-1]), stream


def test_a_pulled_message_makes_the_delivery_of_its_push(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given one notification, when pulled and when pushed, then upload and event are the same."""
    target = ScriptedTarget(DeliveryResult(Disposition.DONE))
    line, _ = deliver(monkeypatch, target, PulledMessage())
    pushed = parse_push(push_of(UPLOAD))
    assert target.deliveries[0].upload.ref == pushed.upload.ref
    assert target.deliveries[0].event_type == pushed.event_type
    assert target.deliveries[0].attempt == 3
    assert (line["event"], line["object"], line["attempt"]) == (
        "delivery",
        "gs://uploads/menu.png",
        3,
    )


@pytest.mark.parametrize(
    ("outcome", "end", "disposition"),
    [
        (DeliveryResult(Disposition.DONE), "ack", "done"),
        (DeliveryResult(Disposition.FAILED), "ack", "failed"),
        (OverloadedError("busy"), "nack", "retry"),
        (KeyError("bug"), "nack", "bug"),
    ],
)
def test_a_message_ends_as_its_delivery_does(
    monkeypatch: pytest.MonkeyPatch, outcome: Any, end: str, disposition: str
) -> None:
    """Given any end of a delivery, when its message was pulled, then it is acked or nacked once."""
    message = PulledMessage()
    line, _ = deliver(monkeypatch, ScriptedTarget(outcome), message)
    assert message.ended == [end]
    assert line["disposition"] == disposition


def test_a_message_that_is_no_notification_is_acked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given another message, when pulled, then it is logged as invalid and acked."""
    message = PulledMessage(data=b"\xff", attributes={})
    target = ScriptedTarget(DeliveryResult(Disposition.DONE))
    line, _ = deliver(monkeypatch, target, message)
    assert (message.ended, line["disposition"]) == (["ack"], "invalid")
    assert target.deliveries == []


def test_a_dead_letter_counts_the_deliveries_of_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a dead letter that was delivered once, when pulled, then the source's count is read."""
    count = {"CloudPubSubDeadLetterSourceDeliveryCount": "100"}
    attributes = {**notification_attributes(UPLOAD), **count}
    target = ScriptedTarget(DeliveryResult(Disposition.FAILED))
    message = PulledMessage(attributes=attributes, delivery_attempt=1)
    line, _ = deliver(monkeypatch, target, message)
    assert line["attempt"] == 100


def test_flow_control_takes_only_as_much_as_is_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given room for four, when subscribed, then at most four messages are leased, all their
    time.
    """
    target = ScriptedTarget(DeliveryResult(Disposition.DONE))
    _, stream = deliver(monkeypatch, target, PulledMessage())
    control = stream.options["flow_control"]
    assert control.max_messages == 4
    assert control.max_lease_duration == 570
    assert stream.options["await_callbacks_on_shutdown"]


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (NotFound("gone"), r"no subscription projects/p/subscriptions/s: create it"),
        (PermissionDenied("no"), r"grant roles/pubsub\.subscriber"),
        (FailedPrecondition("pushed"), r"cannot be pulled"),
    ],
)
def test_a_stream_that_ends_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, end: Exception, says: str
) -> None:
    """Given a subscription that is gone or forbidden, when pulled, then the error says what to
    do, and draining raises nothing more.
    """
    target = ScriptedTarget(DeliveryResult(Disposition.DONE))
    pulled = pulling(monkeypatch, target, Stream(end), io.StringIO())
    with pytest.raises(ConfigurationError, match=says):
        pulled.await_end(1)
    pulled.drain(1)


def test_a_drained_pull_releases_what_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a delivery that does not end, when the pull is drained, then its lease is released."""
    began, ends = threading.Event(), threading.Event()

    class SlowTarget:
        def handle(self, delivery: Delivery, timings: Timings) -> DeliveryResult:
            began.set()
            assert ends.wait(10)
            return DeliveryResult(Disposition.DONE)

    stream = Stream()
    pulled = pulling(monkeypatch, SlowTarget(), stream, io.StringIO())
    callback = threading.Thread(target=stream.callback, args=(PulledMessage(ack_id="slow"),))
    callback.start()
    assert began.wait(10)
    pulled.drain(0.01)
    ends.set()
    callback.join()
    assert stream.released == ["slow"]


def test_the_real_client_takes_the_options() -> None:
    """Given the client's signature, when compared, then it has every option that is passed."""
    names = SubscriberClient.subscribe.__code__.co_varnames
    assert {"flow_control", "scheduler", "await_callbacks_on_shutdown"} <= set(names)
