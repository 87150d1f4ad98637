"""Parts of a plan, as `terraform show -json` prints it."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.infra.extract_schemas import Json

Rule = Callable[[Json], Iterator[str]]
"""Yields one sentence for each violation in a plan."""


def environment_of(service: Json) -> dict[str, str]:
    """The variables a planned Cloud Run service or worker pool starts with."""
    (template,) = service["values"]["template"]
    return {entry["name"]: entry["value"] for entry in template["containers"][0]["env"]}


def target_of(service: Json) -> str:
    """The target that a planned Cloud Run service serves."""
    return environment_of(service).get("FUNCTION_TARGET", "")


def services(plan: Json) -> dict[str, Json]:
    """The planned Cloud Run services by the last part of their address."""
    found = planned(plan, "google_cloud_run_v2_service")
    return {str(service["name"]): service for service in found}


def programs(plan: Json) -> list[Json]:
    """The planned Cloud Run services and worker pools."""
    return [
        *planned(plan, "google_cloud_run_v2_service"),
        *planned(plan, "google_cloud_run_v2_worker_pool"),
    ]


def subscriber_of(plan: Json) -> Json:
    """The planned service or worker pool that recognises uploads."""
    return next(each for each in programs(plan) if each["name"] == "subscriber")


def resources_of(plan: Json) -> list[Json]:
    """The planned resources."""
    resources: list[Json] = plan["planned_values"]["root_module"]["resources"]
    return resources


def planned(plan: Json, kind: str) -> list[Json]:
    """The planned resources of a type."""
    return [resource for resource in resources_of(plan) if resource["type"] == kind]


def configured(plan: Json, kind: str | None = None) -> list[Json]:
    """The resources and data sources as the files write them, before evaluation."""
    resources: list[Json] = plan["configuration"]["root_module"]["resources"]
    return [resource for resource in resources if kind in (None, resource["type"])]


def expressions_of(plan: Json, kind: str) -> Iterator[tuple[str, Any]]:
    """The addresses of a type and their arguments before evaluation."""
    for resource in configured(plan, kind):
        yield resource["address"], resource["expressions"]
