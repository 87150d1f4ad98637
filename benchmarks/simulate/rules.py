"""The rules of Pub/Sub and Cloud Run that the model follows, each with its source."""

from dataclasses import dataclass

MAX_OUTSTANDING = 3_000
"""Pushes outstanding at most, where they take longer than a second.

https://cloud.google.com/pubsub/docs/push#push_backoff
"""

FIRST_WINDOW = 4
"""Pushes outstanding at the start: "a small single-digit number" (the same page)."""

QUEUE_SECONDS = 10.0
"""How long Cloud Run holds a request for which it has no room, before it answers 429.

https://cloud.google.com/run/docs/about-instance-autoscaling#exceeding_maximum_instances
"""

STARTS_OF_PATIENCE = 3.5
"""While instances start, a request is held for that many average start times, if that is longer."""

TARGET = 0.6
"""The share of CPU and of concurrency that Cloud Run scales towards (services and worker pools)."""

SCALING_SECONDS = 5
"""Between two decisions of the autoscaler; it looks at the last minute."""

SCALING_WINDOW_SECONDS = 60

IDLE_SECONDS = 900
"""How long an idle instance may be kept."""

PUSH_PRICE = 0.000024, 0.0000025
"""USD for a vCPU-second and a GiB-second while a request runs (request-based billing).

https://cloud.google.com/run/pricing
"""

PULL_PRICE = 0.000018, 0.000002
"""The same for the whole life of an instance (instance-based billing, worker pools)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The Terraform variables that decide how load is taken; the defaults are Terraform's."""

    delivery: str = "push"
    cpu: int = 2
    memory_gib: float = 2.0
    concurrency: int = 4
    min_instances: int = 0
    max_instances: int = 8
    max_attempts: int = 100
    min_backoff_seconds: float = 10
    max_backoff_seconds: float = 600


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Values that only a real project can settle.

    Attributes:
        honours_backoff: whether each refused message waits for its backoff. Google documents that
            after many nacks "some messages may be delivered with less or no backoff".
        adapts_window: whether refusals shrink the push window. Otherwise MAX_OUTSTANDING pushes
            are always outstanding, the worst that the documentation allows.
        cpu_seconds: of an image; measured, 0.6 for a receipt.
        start_seconds: from the decision to start an instance until it takes requests; measured in a
            container, without the scheduling by Cloud Run.
    """

    honours_backoff: bool = True
    adapts_window: bool = True
    cpu_seconds: float = 0.6
    start_seconds: int = 10


def backoff_seconds(settings: Settings, attempt: int) -> float:
    """The wait after an attempt: it doubles from the minimum to the maximum.

    https://cloud.google.com/pubsub/docs/handling-failures#exponential_backoff. Without jitter,
    because none is documented: messages that fail together come back together.
    """
    doubled = settings.min_backoff_seconds * 2.0 ** min(attempt - 1, 16)
    return min(doubled, settings.max_backoff_seconds)
