"""Streaming pull: the messages of a subscription, each acked or nacked as its delivery ends.

https://cloud.google.com/pubsub/docs/pull#streamingpull_api
"""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from google.api_core.exceptions import GoogleAPICallError, NotFound, PermissionDenied
from google.auth.exceptions import DefaultCredentialsError
from google.cloud.pubsub_v1 import SubscriberClient
from google.cloud.pubsub_v1.subscriber.message import Message
from google.cloud.pubsub_v1.subscriber.scheduler import ThreadScheduler
from google.cloud.pubsub_v1.types import FlowControl, PushConfig

from pipeline.delivery.acknowledgement import Acknowledger
from pipeline.delivery.notification import parse_message
from pipeline.errors import ConfigurationError, no_credentials
from pipeline.models import Delivery

_EMULATOR = "PUBSUB_EMULATOR_HOST"

_LEASE_STEPS = 20
"""A lease is extended in so many steps: after a crash Pub/Sub redelivers when one has passed."""

_MIN_STEP_SECONDS = 10
"""Pub/Sub's minimum."""

_RELEASE_SECONDS = 0.5


class StreamingPull:
    """Feeds the messages of one subscription to an acknowledger.

    Flow control takes as many messages as are worked on at the same time, so no message waits
    here while another instance could work on it, and none is delivered only to be refused.
    """

    def __init__(
        self, subscription: str, acknowledger: Acknowledger, *, messages: int, lease_seconds: float
    ) -> None:
        """Starts to pull.

        Args:
            subscription: `projects/P/subscriptions/S`.
            acknowledger: takes the deliveries, on `messages` threads.
            messages: leased at the same time.
            lease_seconds: the longest time that a message is leased; its delivery ends before.

        Raises:
            ConfigurationError: there are no credentials, or the name is not a subscription's.
        """
        self._subscription = subscription
        self._acknowledger = acknowledger
        self._leases = set[str]()
        try:
            self._client = SubscriberClient()
        except DefaultCredentialsError as error:
            raise no_credentials(_EMULATOR) from error
        if os.environ.get(_EMULATOR):
            with self._explained():
                _end_streams(self._client, subscription)
        self._stream: Future[Any] = self._client.subscribe(
            subscription,
            callback=self._deliver,
            flow_control=FlowControl(
                max_messages=messages,
                max_lease_duration=lease_seconds,
                max_duration_per_lease_extension=max(
                    _MIN_STEP_SECONDS, int(lease_seconds / _LEASE_STEPS)
                ),
            ),
            scheduler=ThreadScheduler(ThreadPoolExecutor(messages, thread_name_prefix="pull")),
            await_callbacks_on_shutdown=True,
        )

    def await_end(self, seconds: float) -> None:
        """Returns after `seconds`, while the stream works; the client reconnects by itself.

        Raises:
            ConfigurationError: the subscription is gone, or may not be read.
        """
        with suppress(TimeoutError), self._explained():
            self._stream.result(timeout=seconds)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except NotFound as error:
            raise ConfigurationError(
                f"there is no subscription {self._subscription}: create it, or name another"
            ) from error
        except PermissionDenied as error:
            raise ConfigurationError(
                f"{self._subscription} may not be read: grant roles/pubsub.subscriber on it to"
                " the account of this process"
            ) from error
        except GoogleAPICallError as error:
            raise ConfigurationError(f"{self._subscription} cannot be pulled: {error}") from error

    def drain(self, seconds: float) -> None:
        """Pulls no more and returns when the deliveries in progress have ended.

        Those that still run after `seconds` are released, so that another worker gets them.
        """
        self._stream.cancel()
        with suppress(TimeoutError, GoogleAPICallError):  # `await_end` has raised the error
            self._stream.result(timeout=seconds)
        leases = list(self._leases)
        if leases:
            with suppress(GoogleAPICallError):  # their leases end by themselves, later
                self._client.modify_ack_deadline(
                    subscription=self._subscription,
                    ack_ids=leases,
                    ack_deadline_seconds=0,
                    timeout=_RELEASE_SECONDS,
                )

    def _deliver(self, message: Message) -> None:
        self._leases.add(message.ack_id)
        try:
            is_ack = self._acknowledger.deliver(lambda: _delivery(message)).is_ack
        finally:
            self._leases.remove(message.ack_id)
        if is_ack:
            message.ack()
        else:
            # The subscription's retry policy decides when the message comes back.
            message.nack()


def _end_streams(client: SubscriberClient, subscription: str) -> None:
    """Ends the streams of earlier processes, to which the emulator goes on delivering.

    A change to push and back does it. Pub/Sub itself notices the end of a stream.
    """
    for endpoint in ("http://127.0.0.1:9/", ""):
        client.modify_push_config(
            subscription=subscription, push_config=PushConfig(push_endpoint=endpoint)
        )


def _delivery(message: Message) -> Delivery:
    return parse_message(
        message_id=message.message_id,
        attributes=dict(message.attributes),
        data=message.data,
        published_at=message.publish_time,
        attempt=message.delivery_attempt,
    )
