"""Topics and subscriptions on the emulator, like those of Terraform in the cloud.

`python -m pipeline.local.topics HOST:PORT PUSH_URL DEAD_LETTER_URL` makes them for compose.yaml.
"""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import grpc
from google.api_core.exceptions import AlreadyExists
from google.protobuf.duration_pb2 import Duration
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import (
    DeadLetterPolicy,
    ExpirationPolicy,
    PushConfig,
    Subscription,
)

from pipeline.local.chain import MAX_ATTEMPTS, PROJECT, UPLOADS

_ACK_DEADLINE_SECONDS = 600
_LEASE_SECONDS = 10
"""A lease lasts so long until its client extends it; after a crash it is not extended."""


def create_topics(host: str, project: str, topic: str) -> None:
    """Creates the uploads topic and its dead-letter topic on the emulator at `host`."""
    for name in (topic, _dead_letter_topic(topic)):
        create_topic(host, f"projects/{project}/topics/{name}")


def create_topic(host: str, name: str) -> None:
    """Creates the topic `projects/PROJECT/topics/TOPIC`, unless it exists."""
    channel = grpc.insecure_channel(host)
    with suppress(AlreadyExists):
        PublisherClient(transport=PublisherGrpcTransport(channel=channel)).create_topic(name=name)


def subscribe_push(
    host: str, project: str, topic: str, endpoints: Sequence[str], max_attempts: int
) -> None:
    """Subscribes the first endpoint to uploads, the second to their dead letters."""
    pushes = [
        {
            "push_config": PushConfig(push_endpoint=endpoint),
            "ack_deadline_seconds": _ACK_DEADLINE_SECONDS,
        }
        for endpoint in endpoints
    ]
    _subscribe(host, project, topic, pushes, max_attempts)


def subscribe_pull(host: str, project: str, topic: str, max_attempts: int) -> tuple[str, str]:
    """Creates subscriptions to uploads and to their dead letters; returns their full names."""
    pull = {"ack_deadline_seconds": _LEASE_SECONDS}
    return _subscribe(host, project, topic, [pull, pull], max_attempts)


def _subscribe(
    host: str, project: str, topic: str, ways: Sequence[Mapping[str, Any]], max_attempts: int
) -> tuple[str, str]:
    subscriber = SubscriberClient(
        transport=SubscriberGrpcTransport(channel=grpc.insecure_channel(host))
    )
    policy = DeadLetterPolicy(
        dead_letter_topic=f"projects/{project}/topics/{_dead_letter_topic(topic)}",
        max_delivery_attempts=max_attempts,
    )
    topics = topic, _dead_letter_topic(topic)
    for name, way, dead_letters in zip(topics, ways, (policy, None), strict=True):
        subscriber.create_subscription(
            request=Subscription(
                name=_subscription(project, name),
                topic=f"projects/{project}/topics/{name}",
                message_retention_duration=Duration(seconds=86400),
                expiration_policy=ExpirationPolicy(),
                dead_letter_policy=dead_letters,
                # No retry policy, because with one the emulator does not redeliver messages that
                # failed together or whose lease ended. Terraform sets one in the cloud.
                **way,
            )
        )
    return _subscription(project, topics[0]), _subscription(project, topics[1])


def _subscription(project: str, name: str) -> str:
    return f"projects/{project}/subscriptions/{name}"


def _dead_letter_topic(topic: str) -> str:
    return f"{topic}-dead-letter"


if __name__ == "__main__":
    _host, *_endpoints = sys.argv[1:]
    create_topics(_host, PROJECT, UPLOADS)
    subscribe_push(_host, PROJECT, UPLOADS, _endpoints, MAX_ATTEMPTS)
