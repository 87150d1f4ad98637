"""Rules for the operation: repeated applies, load, alerts, settled plans."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pipeline.stores.gcs import GRANT_PATIENCE_SECONDS
from tests.infra.extract_schemas import Json
from tests.infra.plan_reading import (
    Rule,
    configured,
    environment_of,
    expressions_of,
    planned,
    programs,
    target_of,
)

_PROBE_MAXIMUM_SECONDS = 240
"""The longest startup probe that Cloud Run accepts."""
_MODELS_SECONDS = 30
"""More than a start takes besides the wait for grants."""
_ATTEMPTS = 100
"""Pub/Sub's maximum: modelled, 20 attempts file up to 84 % of a burst as failed, 100 none."""

_AWAITED_GRANTS = (
    "google_project_iam_member",
    "google_pubsub_subscription_iam_member",
    "google_pubsub_topic_iam_member",
    "google_storage_bucket_iam_member",
)
_SELECTOR = re.compile(r"\w+_googleapis_com:\w+(\{[^}]*\})?")
_WORKS_AS = re.compile(r"local\.(runtime|dead_letter|review)$")


def services_can_be_replaced(plan: Json) -> Iterator[str]:
    """No service is protected: one whose first revision failed can only be replaced."""
    for service in programs(plan):
        if service["values"]["deletion_protection"] is not False:
            yield f"{service['address']} is protected: a failed first apply cannot be repeated"


def grants_take_effect_first(plan: Json) -> Iterator[str]:
    """Services start after the grants, and the startup probe outlasts the program's wait."""
    waited_for = set[str]()
    for sleep in configured(plan, "time_sleep"):
        waited_for |= set(sleep["expressions"]["triggers"].get("references", []))
    for kind in _AWAITED_GRANTS:
        for address, expressions in expressions_of(plan, kind):
            member = expressions["member"].get("references", [""])[0]
            if _WORKS_AS.match(member) and address not in waited_for:
                yield f"{address} is not waited for"
    for service in (
        *configured(plan, "google_cloud_run_v2_service"),
        *configured(plan, "google_cloud_run_v2_worker_pool"),
    ):
        if not any(needed.startswith("time_sleep.") for needed in service["depends_on"]):
            yield f"{service['address']} does not wait until its grants take effect"
    for service in planned(plan, "google_cloud_run_v2_service"):
        (probe,) = service["values"]["template"][0]["containers"][0]["startup_probe"]
        seconds = probe["period_seconds"] * probe["failure_threshold"]
        needed = GRANT_PATIENCE_SECONDS + _MODELS_SECONDS
        if not needed <= seconds <= _PROBE_MAXIMUM_SECONDS:
            yield f"{service['address']}: {seconds} s to start, not {needed} to 240"


def agents_exist_before_their_grants(plan: Json) -> Iterator[str]:
    """A grant to Pub/Sub's agent waits for a topic: a fresh project has no agent yet.

    The grants on topics and subscriptions wait for these anyway.
    """
    for grant in configured(plan, "google_service_account_iam_member"):
        is_pubsub = "local.pubsub_agent" in grant["expressions"]["member"].get("references", [])
        needed = grant.get("depends_on", [])
        if is_pubsub and not any(address.startswith("google_pubsub_topic.") for address in needed):
            yield f"{grant['address']} does not wait for Pub/Sub's agent"


def overload_is_no_failure(plan: Json) -> Iterator[str]:
    """Deliveries that are turned away count as attempts, so there are as many as Pub/Sub allows."""
    for subscription in planned(plan, "google_pubsub_subscription"):
        for policy in subscription["values"]["dead_letter_policy"]:
            if policy["max_delivery_attempts"] != _ATTEMPTS:
                yield f"{subscription['address']}: fewer than {_ATTEMPTS} attempts"
    for service in planned(plan, "google_cloud_run_v2_service"):
        if target_of(service) == "review":  # its requests are no deliveries
            continue
        slots = int(environment_of(service)["MAX_CONCURRENT_OCR"])
        if service["values"]["template"][0]["max_instance_request_concurrency"] > 2 * slots:
            yield f"{service['address']} takes in more than twice what it works on"


def accounts_are_separate(plan: Json) -> Iterator[str]:
    """Each service has its account, and the dead-letter service reads no upload."""
    used = {program["address"].split("[")[0] for program in programs(plan)}
    accounts = [
        expressions["template"][0]["service_account"]["references"]
        for kind in ("google_cloud_run_v2_service", "google_cloud_run_v2_worker_pool")
        for address, expressions in expressions_of(plan, kind)
        if address in used
    ]
    if any(accounts.count(account) > 1 for account in accounts):
        yield "two services run as one account"
    for address, expressions in expressions_of(plan, "google_storage_bucket_iam_member"):
        is_dead_letter = "local.dead_letter" in expressions["member"].get("references", [])
        if (
            is_dead_letter
            and "google_storage_bucket.uploads" in expressions["bucket"]["references"]
        ):
            yield f"{address}: the dead-letter service may read uploads"


def agents_are_read_while_planning(plan: Json) -> Iterator[str]:
    """A data source waits only for resources that no variable adds to.

    Terraform reads it late if one of them changes, and replaces all that uses it.
    """
    resources = {resource["address"]: resource for resource in configured(plan)}
    for resource in configured(plan):
        for needed in resource.get("depends_on", []) if resource["mode"] == "data" else []:
            if {"for_each_expression", "count_expression"} & resources[needed].keys():
                yield f"{resource['address']} is read late whenever {needed} changes"


def queries_name_their_resource(plan: Json) -> Iterator[str]:
    """Each PromQL selector has `monitored_resource`, which metrics of several types require."""
    for query in (*_chart_queries(plan), *_alert_queries(plan)):
        for selector in _SELECTOR.finditer(query):
            if 'monitored_resource="' not in (selector[1] or ""):
                yield f"{selector[0]} names no monitored_resource"


def refused_pushes_are_seen(plan: Json) -> Iterator[str]:
    """A chart and an alert count pushes without an acknowledgement; no other metric has them."""
    if planned(plan, "google_cloud_run_v2_worker_pool"):
        return  # it is never refused, because it takes only as much as it has room for
    for name, queries in (("chart", _chart_queries(plan)), ("alert", _alert_queries(plan))):
        if not any(
            "push_request_count" in query and 'response_class!="ack"' in query for query in queries
        ):
            yield f"no {name} shows refused pushes"


def expired_leases_are_seen(plan: Json) -> Iterator[str]:
    """With a worker pool an alert counts expired leases, the sign of workers that crash."""
    if planned(plan, "google_cloud_run_v2_worker_pool") and not any(
        "expired_ack_deadlines_count" in query for query in _alert_queries(plan)
    ):
        yield "no alert shows expired leases"


def worker_pools_scale(plan: Json) -> Iterator[str]:
    """A worker pool scales by its CPU, from at least one instance."""
    for pool in planned(plan, "google_cloud_run_v2_worker_pool"):
        for scaling in pool["values"]["scaling"]:
            if scaling["scaling_mode"] != "AUTOMATIC" or scaling["min_instance_count"] < 1:
                yield f"{pool['address']} does not scale"


def alerts_need_several_failures(plan: Json) -> Iterator[str]:
    """An alert on a share has a least number too: one failure in one request is a share of 1."""
    for query in _alert_queries(plan):
        if " / " in query and ") and (" not in query:
            yield f"one failure alerts: {query}"


def plans_warn(plan: Json) -> Iterator[str]:
    """Checks warn of a revision that failed, after which plans are empty, and of unread alerts."""
    checks = {check["address"]["to_display"]: check["status"] for check in plan["checks"]}
    if "check.the_latest_revisions_serve" not in checks:
        yield "no check looks at terminal_condition"
    readers = (plan["variables"][name]["value"] for name in ("alert_emails", "alert_channels"))
    has_readers = any(readers)
    if checks.get("check.somebody_is_alerted") != ("pass" if has_readers else "fail"):
        yield "no check looks for somebody who reads the alerts"


def plans_settle(plan: Json) -> Iterator[str]:
    """Nothing is set to a zero that Google leaves out: each later plan would differ."""
    for service in planned(plan, "google_cloud_run_v2_service"):
        for scaling in service["values"]["template"][0]["scaling"]:
            if scaling["min_instance_count"] == 0:
                yield f"{service['address']} sets min_instance_count = 0"
    for tile in _dashboard(plan)["mosaicLayout"]["tiles"]:
        if 0 in (tile.get("xPos"), tile.get("yPos")):
            yield f"the tile {tile['widget']['title']!r} sets a position of 0"


OPERATING_RULES: tuple[Rule, ...] = (
    services_can_be_replaced,
    grants_take_effect_first,
    agents_exist_before_their_grants,
    overload_is_no_failure,
    accounts_are_separate,
    agents_are_read_while_planning,
    queries_name_their_resource,
    refused_pushes_are_seen,
    expired_leases_are_seen,
    worker_pools_scale,
    alerts_need_several_failures,
    plans_warn,
    plans_settle,
)


def _dashboard(plan: Json) -> Any:
    (dashboard,) = planned(plan, "google_monitoring_dashboard")
    return json.loads(dashboard["values"]["dashboard_json"])


def _chart_queries(plan: Json) -> list[str]:
    return [
        data["timeSeriesQuery"]["prometheusQuery"]
        for tile in _dashboard(plan)["mosaicLayout"]["tiles"]
        for data in tile["widget"]["xyChart"]["dataSets"]
    ]


def _alert_queries(plan: Json) -> list[str]:
    return [
        language["query"]
        for policy in planned(plan, "google_monitoring_alert_policy")
        for condition in policy["values"]["conditions"]
        for language in condition["condition_prometheus_query_language"]
    ]
