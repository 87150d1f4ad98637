"""What must hold of a plan beyond what Terraform checks: each rule yields its violations."""

import json
from collections.abc import Iterator
from typing import Any

from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from tests.infra.extract_schemas import Json
from tests.infra.job_rules import JOB_RULES
from tests.infra.operating_rules import OPERATING_RULES
from tests.infra.plan_reading import (
    Rule,
    environment_of,
    expressions_of,
    planned,
    programs,
    resources_of,
    services,
    target_of,
)
from tests.infra.review_rules import REVIEW_RULES

FIXED_BY_IMAGE = frozenset({"OCR_MODEL_DIR"})
# Cloud Run checks the token itself, and the service gets it without its signature.
CHECKED_BY_CLOUD_RUN = frozenset({"REQUIRE_PUSH_AUDIENCE", "REQUIRE_PUSH_ACCOUNT"})
NOT_SETTINGS = frozenset({"FUNCTION_TARGET", "GOOGLE_CLOUD_PROJECT"})
OPENTELEMETRY = "OTEL_"

_SUBSCRIBER = "google_cloud_run_v2_service.subscriber"
_BASIC_ROLES = {"roles/owner", "roles/editor", "roles/viewer"}


def violations(plan: Json) -> list[str]:
    """Every rule broken by the plan, in words."""
    return [text for rule in RULES for text in rule(plan)]


def nobody_is_everybody(plan: Json) -> Iterator[str]:
    """No grant to the public, in what is planned and in what a variable could switch on."""
    everything = json.dumps([plan["planned_values"], plan["configuration"]])
    for member in ("allUsers", "allAuthenticatedUsers"):
        if f'"{member}"' in everything:
            yield f"a grant names {member}"
    for service in planned(plan, "google_cloud_run_v2_service"):
        if service["values"]["invoker_iam_disabled"]:
            yield f"{service['address']} lets everybody invoke it (invoker_iam_disabled)"
        is_internal = service["values"]["ingress"] == "INGRESS_TRAFFIC_INTERNAL_ONLY"
        if not is_internal and target_of(service) != "review":
            yield f"{service['address']} takes traffic from outside"
    for bucket in planned(plan, "google_storage_bucket"):
        if bucket["values"]["public_access_prevention"] != "enforced":
            yield f"{bucket['address']} may be made public"


def roles_are_narrow(plan: Json) -> Iterator[str]:
    """No basic roles; on the project itself at most the translator's."""
    for resource in resources_of(plan):
        role = resource["values"].get("role")
        if role in _BASIC_ROLES:
            yield f"{resource['address']} grants {role}"
        if resource["type"] == "google_project_iam_member" and role != "roles/cloudtranslate.user":
            yield f"{resource['address']} grants {role} on the whole project"


def subscriptions_never_expire(plan: Json) -> Iterator[str]:
    """Every subscription says so: left out, 31 idle days delete it."""
    for subscription in planned(plan, "google_pubsub_subscription"):
        if subscription["values"]["expiration_policy"] != [{"ttl": ""}]:
            yield f'{subscription["address"]} expires: set expiration_policy {{ ttl = "" }}'


def pushes_are_signed_for_their_target(plan: Json) -> Iterator[str]:
    """Every push goes to a service and carries a token whose audience is that service."""
    addresses = [
        service["values"]["uri"]
        for service in services(plan).values()
        if target_of(service) != "review"
    ]
    pushes = [
        (subscription["address"], push)
        for subscription in planned(plan, "google_pubsub_subscription")
        for push in subscription["values"]["push_config"]
    ]
    for address, push in pushes:
        if [token["audience"] for token in push["oidc_token"]] != [push["push_endpoint"]]:
            yield f"{address} pushes without the audience of its target"
    if sorted(push["push_endpoint"] for _, push in pushes) != sorted(addresses):
        yield "a service gets no pushes, or pushes go elsewhere"


def uploads_are_taken(plan: Json) -> Iterator[str]:
    """One program takes the uploads: a service by pushes, or a worker pool that may pull them."""
    pools = planned(plan, "google_cloud_run_v2_worker_pool")
    if bool(pools) == ("subscriber" in services(plan)):
        yield "uploads need a service or a worker pool, and not both"
    pullers = _grants(
        plan, "google_pubsub_subscription_iam_member", "subscription", "subscriber", ""
    )
    for pool in pools:
        (container,) = pool["values"]["template"][0]["containers"]
        if container["command"] != ["image-translation"] or container["args"][:1] != ["pull"]:
            yield f"{pool['address']} does not pull"
        if "google_pubsub_subscription.uploads" not in pullers:
            yield f"{pool['address']} may not pull the uploads"


def dead_letters_are_granted(plan: Json) -> Iterator[str]:
    """Pub/Sub may take from each source and publish to its dead-letter topic."""
    subscriptions = dict(expressions_of(plan, "google_pubsub_subscription"))
    if not any("dead_letter_policy" in expressions for expressions in subscriptions.values()):
        yield "no subscription has a dead_letter_policy"
    takers = _grants(plan, "google_pubsub_subscription_iam_member", "subscription", "subscriber")
    publishers = _grants(plan, "google_pubsub_topic_iam_member", "topic", "publisher")
    for address, expressions in subscriptions.items():
        for policy in expressions.get("dead_letter_policy", []):
            topic = policy["dead_letter_topic"]["references"][-1]
            if address not in takers:
                yield f"the Pub/Sub agent is no subscriber of {address}"
            if topic not in publishers:
                yield f"the Pub/Sub agent is no publisher on {topic}"
            if not any(_topic(other) == topic for other in subscriptions.values()):
                yield f"{topic} has no subscription: what is given up vanishes"


def storage_may_notify(plan: Json) -> Iterator[str]:
    """The storage agent may publish on the topic it notifies, and is told to wait for that."""
    publishers = _grants(plan, "google_pubsub_topic_iam_member", "topic", "publisher", "storage")
    for address, expressions in expressions_of(plan, "google_storage_notification"):
        topic = expressions["topic"]["references"][-1]
        if topic not in publishers:
            yield f"the storage agent is no publisher on {topic}, which {address} notifies"


def environment_suits_settings(plan: Json) -> Iterator[str]:
    """Settings knows every name and accepts the values, its own cross rules included."""
    known = {name.upper() for name in Settings.model_fields}
    for service in programs(plan):
        environment = environment_of(service)
        for name in sorted(environment.keys() - known - NOT_SETTINGS):
            if name.startswith(OPENTELEMETRY):
                continue
            yield f"{service['address']} sets {name}, which Settings does not know"
        for name in sorted(environment.keys() & FIXED_BY_IMAGE):
            yield f"{service['address']} sets {name}, which the image fixes"
        for name in sorted(environment.keys() & CHECKED_BY_CLOUD_RUN):
            yield f"{service['address']} sets {name}, which Cloud Run checks in its place"
        try:
            Settings(**{name.lower(): value for name, value in environment.items()})  # type: ignore[arg-type]  # as the process reads them: strings
        except (ValueError, ConfigurationError) as error:
            yield f"{service['address']} would not start: {error}"


def the_cap_agrees(plan: Json) -> Iterator[str]:
    """Cloud Run and the program know the same concurrency and memory; timeouts nest."""
    for service in programs(plan):
        (template,) = service["values"]["template"]
        requests = int(environment_of(service)["MAX_CONCURRENT_REQUESTS"])
        # A worker pool takes as many messages as the program asks for.
        if template.get("max_instance_request_concurrency", requests) != requests:
            yield f"{service['address']}: concurrency differs from MAX_CONCURRENT_REQUESTS"
        (resources,) = template["containers"][0]["resources"]
        if resources["limits"]["memory"] != f"{environment_of(service)['MEMORY_LIMIT_MB']}Mi":
            yield f"{service['address']}: memory differs from MEMORY_LIMIT_MB"
        if service["address"].startswith(_SUBSCRIBER):
            deadline = float(environment_of(service)["DELIVERY_DEADLINE_SECONDS"])
            timeout = float(template["timeout"].removesuffix("s"))
            acks = [
                subscription["values"]["ack_deadline_seconds"]
                for subscription in planned(plan, "google_pubsub_subscription")
                if subscription["values"]["dead_letter_policy"]
            ]
            if not all(deadline < timeout <= ack for ack in acks):
                yield f"deadline {deadline} < request timeout {timeout} <= ack {acks} fails"


def outcomes_are_announced_by_both(plan: Json) -> Iterator[str]:
    """RESULTS_TOPIC is the planned topic, and each service may publish to it and look at it."""
    topics = [t["values"] for t in planned(plan, "google_pubsub_topic") if t["name"] == "outcomes"]
    names = {
        f"projects/{plan['variables']['project_id']['value']}/topics/{t['name']}" for t in topics
    }
    for service in planned(plan, "google_cloud_run_v2_service"):
        named = environment_of(service).get("RESULTS_TOPIC")
        if {named} - {None} != names:
            yield f"{service['address']} announces to {named}, and the plan has {sorted(names)}"
    for member in ("runtime", "dead_letter") if topics else ():
        granted = {
            resource["values"]["role"]
            for resource in planned(plan, "google_pubsub_topic_iam_member")
            if resource["name"] == f"{member}_announces"
        }
        if granted != {"roles/pubsub.publisher", "roles/pubsub.viewer"}:
            yield f"{member} has {sorted(granted)} on the topic of outcomes"


def rows_can_be_written(plan: Json) -> Iterator[str]:
    """A BigQuery subscription has a table of Pub/Sub's columns, and the agent may write to it."""
    tables = planned(plan, "google_bigquery_table")
    for subscription in planned(plan, "google_pubsub_subscription"):
        for config in subscription["values"]["bigquery_config"]:
            columns = {
                column["name"] for t in tables for column in json.loads(t["values"]["schema"])
            }
            needed = {"subscription_name", "message_id", "publish_time", "data", "attributes"}
            if not config["write_metadata"] or columns != needed:
                yield f"{subscription['address']}: the table's columns are {sorted(columns)}"
            if not planned(plan, "google_bigquery_table_iam_member"):
                yield f"{subscription['address']}: the Pub/Sub agent may not write to the table"


RULES: tuple[Rule, ...] = (
    nobody_is_everybody,
    roles_are_narrow,
    subscriptions_never_expire,
    pushes_are_signed_for_their_target,
    dead_letters_are_granted,
    storage_may_notify,
    uploads_are_taken,
    environment_suits_settings,
    the_cap_agrees,
    outcomes_are_announced_by_both,
    rows_can_be_written,
    *REVIEW_RULES,
    *OPERATING_RULES,
    *JOB_RULES,
)


def _topic(subscription: Any) -> str:
    return str(subscription["topic"]["references"][-1])


def _grants(plan: Json, kind: str, on: str, role: str, agent: str = "pubsub") -> set[str]:
    """Addresses of the topics or subscriptions on which Google's agent has the role.

    Without `agent`: on which the subscriber has it.
    """
    member = f"local.{agent}_agent" if agent else "local.runtime"
    return {
        expressions[on]["references"][-1]
        for _, expressions in expressions_of(plan, kind)
        if expressions["role"].get("constant_value") == f"roles/pubsub.{role}"
        and member in expressions["member"].get("references", [])
    }
