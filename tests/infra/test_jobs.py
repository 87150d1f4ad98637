"""The jobs: their plan, their schedule, the cap on characters; the rules with planted faults."""

import pytest

from tests.infra.extract_schemas import Json
from tests.infra.own_rules import violations
from tests.infra.plan_reading import planned
from tests.infra.terraform import RefusedError, Workspace

BROKEN = {
    "job of another image": ("image   = var.image", 'image   = "other:1"', "runs another image"),
    "job that starts the service": (
        'command = ["image-translation"]',
        'command = ["gunicorn"]',
        "does not run image-translation",
    ),
    "job that ends within an hour": ('"86400s"', '"600s"', "ends after 600s"),
    "job with the dead letters' settings": (
        "module.rules.backfill_environment",
        "module.rules.dead_letter_environment",
        "has other settings than the subscriber",
    ),
    "redeliver that may delete": (
        'role   = "roles/storage.objectViewer"',
        'role   = "roles/storage.objectAdmin"',
        "more than list and announce",
    ),
    "redeliver with the subscriber's account": (
        "google_service_account.redeliver.email\n      execution",
        "google_service_account.runtime.email\n      execution",
        "redeliver does not run as redeliver",
    ),
    "protected job": (
        "deletion_protection = false",
        "deletion_protection = true",
        "is protected, and holds nothing",
    ),
}


@pytest.mark.parametrize("defect", BROKEN)
def test_each_rule_finds_its_defect(edited: Workspace, defect: str) -> None:
    """Given one defect in jobs.tf, when planned, then the rule for it complains."""
    old, new, complaint = BROKEN[defect]
    edited.replace("jobs.tf", old, new)
    assert any(complaint in text for text in violations(edited.plan()))


def test_nothing_is_scheduled_or_capped_by_default(plan: Json) -> None:
    """Given only the required variables, when planned, then there are two jobs, no schedule and
    no quota.
    """
    assert {job["name"] for job in planned(plan, "google_cloud_run_v2_job")} == {
        "backfill",
        "redeliver",
    }
    for kind in ("google_cloud_scheduler_job", "google_cloud_quotas_quota_preference"):
        assert planned(plan, kind) == []


def test_a_schedule_and_a_cap_are_planned(shipped: Workspace) -> None:
    """Given a schedule, a cap and many tasks, when planned, then each is there and no rule is
    broken.
    """
    plan = shipped.plan(
        translator="google",
        translation_quota={"characters_per_day": 5_000_000},
        redeliver_schedule="30 3 * * *",
        backfill_tasks=100,
    )
    assert violations(plan) == []
    (schedule,) = planned(plan, "google_cloud_scheduler_job")
    assert schedule["values"]["schedule"] == "30 3 * * *"
    (quota,) = planned(plan, "google_cloud_quotas_quota_preference")
    assert quota["values"]["quota_config"][0]["preferred_value"] == "5000000"
    apis = {api["values"]["service"] for api in planned(plan, "google_project_service")}
    assert {"cloudscheduler.googleapis.com", "cloudquotas.googleapis.com"} <= apis
    jobs = {
        job["name"]: job["values"]["template"][0]
        for job in planned(plan, "google_cloud_run_v2_job")
    }
    assert (jobs["backfill"]["task_count"], jobs["backfill"]["parallelism"]) == (100, 100)


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"translation_quota": {"characters_per_day": 9}}, "translator is apertium"),
        (
            {"translator": "google", "translation_quota": {"characters_per_day": 0.5}},
            "whole number from 1",
        ),
        ({"redeliver_schedule": "daily"}, "five cron fields"),
        ({"backfill_tasks": 0}, "backfill_tasks is 0"),
    ],
)
def test_what_google_refuses_is_refused(
    shipped: Workspace, variables: Json, complaint: str
) -> None:
    """Given a value that cannot work, when planned, then it is refused with the remedy."""
    with pytest.raises(RefusedError, match=complaint):
        shipped.plan(**variables)
