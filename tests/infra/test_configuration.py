"""The configuration as shipped."""

import json
import re

import pytest

from pipeline.config import Settings
from tests.infra.extract_schemas import (
    INFRA,
    PROVIDERS,
    Json,
    schema_file,
    types_used,
)
from tests.infra.own_rules import CHECKED_BY_CLOUD_RUN, FIXED_BY_IMAGE, violations
from tests.infra.plan_reading import environment_of, services
from tests.infra.terraform import RefusedError, Workspace

REVIEW_GRANTS = {
    "google_cloud_run_v2_service_iam_member.review",
    "google_storage_bucket_iam_member.review_reads",
}
"""No event depends on them."""
KEY = "projects/my-project/locations/europe-west1/keyRings/ring/cryptoKeys/key"


BUDGET = {"billing_account": "012345-6789AB-CDEF01", "monthly": 100}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_schema_covers_every_type_used(provider: str) -> None:
    """Given the types infra/ names, when the schema is read, then it has each and no other."""
    schemas = json.loads(schema_file(provider).read_text())["provider_schemas"]
    schema = schemas[PROVIDERS[provider]]
    resources, sources = types_used(INFRA, provider)
    assert schema["resource_schemas"].keys() == resources
    assert schema["data_source_schemas"].keys() == sources


def test_terraform_accepts_the_configuration(shipped: Workspace) -> None:
    """Given infra/, when Terraform validates it against the google schema, then it is valid."""
    shipped.validate()


def test_defaults_keep_every_rule(plan: Json) -> None:
    """Given only the required variables, when planned, then no rule of ours is broken."""
    assert violations(plan) == []


@pytest.mark.parametrize(
    "variables",
    [
        {"delivery": "pull"},
        {"delivery": "pull", "translator": "google", "kms_key": KEY, "min_instances": 2},
        {"translator": "google", "target_languages": ["en", "de"]},
        {"kms_key": KEY},
        {"max_concurrent_ocr": 1, "max_concurrent_requests": 2, "memory_mb": 1024, "cpu": 1},
        {"upload_prefix": "inbox/", "retention": {"uploads_days": 30, "soft_delete_days": 0}},
        {"settings": {"MAX_PAGES": "5", "OCR_MAX_SIDE": "960"}, "source_language": "es"},
        {"deletion_protection": False, "min_instances": 1, "name": "menus"},
        {"notify": True, "settings": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}},
        {"notify": True, "analytics": {"dataset": "outcomes"}, "kms_key": KEY},
        {
            "budget": BUDGET,
            "alert_channels": [f"projects/p/notificationChannels/{n}" for n in range(6)],
        },
        {"review": {"members": ["group:team@example.org", "user:ana@example.org"]}},
        {"review": {"members": ["user:ana@example.org"], "iap": False}},
        {"alert_emails": ["operators@example.org"], "peak_load": {"images_per_second": 30}},
    ],
    ids="+".join,
)
def test_choices_keep_every_rule(shipped: Workspace, variables: Json) -> None:
    """Given a choice a team may make, when planned, then no rule of ours is broken."""
    assert violations(shipped.plan(**variables)) == []


@pytest.mark.parametrize("memory_mb", [512, 740])
def test_memory_rule_reaches_the_root(shipped: Workspace, memory_mb: int) -> None:
    """Given too little memory for the slots, when planned, then the refusal says how much."""
    with pytest.raises(RefusedError, match=rf"memory_mb is {memory_mb}, and 3 OCR slots need \d+"):
        shipped.plan(memory_mb=memory_mb)


def test_equal_buckets_are_refused(shipped: Workspace) -> None:
    """Given one bucket for both, when planned, then it is refused with what to set."""
    with pytest.raises(RefusedError, match=r"Uploads and results are both same-bucket.*Set"):
        shipped.plan(uploads_bucket="same-bucket", results_bucket="same-bucket")


def test_every_setting_can_be_set(shipped: Workspace) -> None:
    """Given the settings Terraform does not decide, when offered, then it takes exactly those."""
    known = {name.upper() for name in Settings.model_fields}
    billed = shipped.plan(translator="google", notify=True)
    decided = environment_of(services(billed)["subscriber"]).keys()
    with pytest.raises(RefusedError) as refused:
        shipped.plan(settings={"NO_SUCH_SETTING": "1"})
    offered = re.search(r"NO_SUCH_SETTING: it takes ([A-Z_, ]+)\.", str(refused.value))
    assert offered is not None
    assert set(offered[1].split(", ")) == known - decided - FIXED_BY_IMAGE - CHECKED_BY_CLOUD_RUN


def test_texts_leave_only_for_google(plan: Json, shipped: Workspace) -> None:
    """Given a translator, when planned, then only google gets a project to bill and a role."""
    for translator, plan_of_it in (
        ("apertium", plan),
        ("google", shipped.plan(translator="google")),
    ):
        roles = {
            resource["values"].get("role")
            for resource in plan_of_it["planned_values"]["root_module"]["resources"]
        }
        is_google = translator == "google"
        environment = environment_of(services(plan_of_it)["subscriber"])
        assert ("TRANSLATOR_PROJECT" in environment) == is_google
        assert ("roles/cloudtranslate.user" in roles) == is_google


def test_image_installs_what_the_tests_ran_with() -> None:
    """Given both lock files, when compared, then the image has every pin of the other."""
    pin = re.compile(r"^([a-z0-9.-]+==\S+)", re.MULTILINE)
    tested = set(pin.findall((INFRA.parent / "requirements.lock").read_text()))
    image = set(pin.findall((INFRA / "requirements-image.lock").read_text()))
    assert tested - image == set()


def test_both_services_run_the_same_image_with_their_own_target(plan: Json) -> None:
    """Given the plan, when the services are compared, then only target and memory differ."""
    subscriber, dead_letter = (
        environment_of(services(plan)[name]) for name in ("subscriber", "dead_letter")
    )
    differing = {name for name in subscriber if subscriber[name] != dead_letter[name]}
    assert differing == {"FUNCTION_TARGET", "MEMORY_LIMIT_MB"}
    assert subscriber["FUNCTION_TARGET"] == "push"
    assert dead_letter["FUNCTION_TARGET"] == "dead_letter"


def test_the_review_page_is_off_by_default(plan: Json, shipped: Workspace) -> None:
    """Given no members, when planned, then there is no third service, account or IAP; with
    members there is one of each.
    """
    chosen = shipped.plan(review={"members": ["group:team@example.org"]})
    for planned_, expected in ((plan, set()), (chosen, {"review"})):
        resources = planned_["planned_values"]["root_module"]["resources"]
        assert {each["name"] for each in resources if "review" in each["address"]} - {
            "review_reads"
        } == expected
    service = services(chosen)["review"]
    assert service["values"]["iap_enabled"] is True
    assert environment_of(service)["FUNCTION_TARGET"] == "review"


def test_notification_comes_last(plan: Json) -> None:
    """Given the notification, when planned, then it waits for every grant and subscription."""
    resources = plan["configuration"]["root_module"]["resources"]
    (notification,) = (r for r in resources if r["type"] == "google_storage_notification")
    needed = {
        resource["address"]
        for resource in resources
        if resource["type"].startswith("google_pubsub_subscription")
        or resource["type"].endswith(("topic_iam_member", "bucket_iam_member"))
        or resource["type"] == "google_cloud_run_v2_service_iam_member"
    } - REVIEW_GRANTS
    assert needed <= set(notification["depends_on"])


def test_variables_are_in_order_and_described() -> None:
    """Given variables.tf, when listed, then they are alphabetical, described and typed."""
    text = (INFRA / "variables.tf").read_text()
    blocks = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL)
    names = [name for name, _ in blocks]
    assert names == sorted(names)
    for name, body in blocks:
        assert "description =" in body, name
        assert "type " in body, name
