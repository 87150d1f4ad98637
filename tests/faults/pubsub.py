"""Operations on Pub/Sub: a message again, another push endpoint, a restart, the announcements."""

import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import grpc
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import PushConfig

from pipeline.delivery import redelivery
from pipeline.delivery.notification import notification_attributes, notification_data
from pipeline.local.chain import PROJECT, Chain
from pipeline.local.emulator import start_emulator
from pipeline.models import Upload
from tests.support.audit import Announced


def _subscriber(chain: Chain) -> SubscriberClient:
    channel = grpc.insecure_channel(chain.emulator.host)
    return SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))


def _publisher(chain: Chain) -> PublisherClient:
    channel = grpc.insecure_channel(chain.emulator.host)
    return PublisherClient(transport=PublisherGrpcTransport(channel=channel))


def publish(chain: Chain, uploads: Iterable[Upload]) -> None:
    """Publishes the notification of each upload once more."""
    publisher = redelivery.connect(chain.emulator.host)
    for upload in uploads:
        data, attributes = notification_data(upload), notification_attributes(upload)
        publisher.publish(chain.topic_path, data, **attributes).result(timeout=60)


def move_pushes(chain: Chain, url: str) -> None:
    """Changes the push endpoint of the uploads' messages to another subscriber."""
    _subscriber(chain).modify_push_config(
        subscription=chain.subscription,
        push_config=PushConfig(push_endpoint=f"{url}/"),
    )


class Announcements:
    """Pulls the messages of the results topic through a subscription of this suite."""

    def __init__(self, chain: Chain, topic: str) -> None:
        self._client = _subscriber(chain)
        self._name = topic.replace("/topics/", "/subscriptions/")
        self._client.create_subscription(name=self._name, topic=topic)

    def pull(self) -> list[Announced]:
        """Every message that waits; it is acknowledged."""
        found: list[Announced] = []
        # Without `return_immediately`, a message could be sent to a pull that has timed out.
        request = {"subscription": self._name, "max_messages": 1000, "return_immediately": True}
        while True:
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
                received = self._client.pull(request=request, timeout=30).received_messages
            if not received:
                return found
            found += [Announced(m.message.data, dict(m.message.attributes)) for m in received]
            ids = [each.ack_id for each in received]
            self._client.acknowledge(subscription=self._name, ack_ids=ids)


def restarted_emulator(chain: Chain) -> Chain:
    """Restarts the emulator with the same port, topics and subscriptions, and without messages."""
    project = f"projects/{PROJECT}"
    topics = list(_publisher(chain).list_topics(project=project))
    subscriptions = list(_subscriber(chain).list_subscriptions(project=project))
    chain.emulator.stop()
    logs, port = Path(chain.logs), int(chain.emulator.host.rsplit(":", 1)[1])
    chain = replace(chain, emulator=start_emulator(logs, port=port))
    chain.emulator.await_ready(logs)
    for topic in topics:
        _publisher(chain).create_topic(name=topic.name)
    for subscription in subscriptions:
        _subscriber(chain).create_subscription(request=subscription)
    return chain
