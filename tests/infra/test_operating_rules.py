"""The rules for the operation: each finds the one defect that is planted for it."""

import pytest

from tests.infra.own_rules import violations
from tests.infra.terraform import Workspace

# What is broken -> file, text there, its replacement, words of our own complaint.
BROKEN = {
    "protected service": (
        "service.tf",
        "deletion_protection = false",
        "deletion_protection = var.deletion_protection",
        "google_cloud_run_v2_service.subscriber[0] is protected",
    ),
    "grant that is not waited for": (
        "iam.tf",
        "        google_storage_bucket_iam_member.runtime_writes_results.id,\n",
        "",
        "runtime_writes_results is not waited for",
    ),
    "translator's grant that is not waited for": (
        "iam.tf",
        "      google_project_iam_member.runtime_translates[*].id,\n",
        "",
        "runtime_translates is not waited for",
    ),
    "service that starts at once": (
        "service.tf",
        "depends_on = [google_project_service.apis, time_sleep.grants]",
        "depends_on = [google_project_service.apis]",
        "does not wait until its grants take effect",
    ),
    "probe that ends before the program's wait": (
        "service.tf",
        "failure_threshold = 120",
        "failure_threshold = 60",
        "120 s to start, not 230 to 240",
    ),
    "probe that Cloud Run refuses": (
        "service.tf",
        "failure_threshold = 120",
        "failure_threshold = 150",
        "300 s to start, not 230 to 240",
    ),
    "grant to an agent that does not exist": (
        "iam.tf",
        "depends_on = [google_pubsub_topic.uploads]",
        "depends_on = [google_project_service.apis]",
        "agent_signs_as_invoker does not wait for Pub/Sub's agent",
    ),
    "twenty attempts": (
        "variables.tf",
        "default     = 100",
        "default     = 20",
        "fewer than 100 attempts",
    ),
    "long queue in an instance": (
        "service.tf",
        "max_instance_request_concurrency = var.max_concurrent_requests",
        "max_instance_request_concurrency = 8",
        "takes in more than twice",
    ),
    "one account for both services": (
        "service.tf",
        "google_service_account.dead_letter.email",
        "google_service_account.runtime.email",
        "two services run as one account",
    ),
    "dead-letter service that reads uploads": (
        "iam.tf",
        (
            "bucket = google_storage_bucket.results.name\n"
            '  role   = "roles/storage.objectUser"\n  member = local.dead_letter'
        ),
        (
            "bucket = google_storage_bucket.uploads.name\n"
            '  role   = "roles/storage.objectUser"\n  member = local.dead_letter'
        ),
        "may read uploads",
    ),
    "agent that is read late": (
        "iam.tf",
        "depends_on = [google_project_service.storage]",
        "depends_on = [google_project_service.apis]",
        "read late whenever google_project_service.apis changes",
    ),
    "query without its resource": (
        "monitoring.tf",
        "${local.metric.memory_high}{${local.logs}}",
        "${local.metric.memory_high}",
        "_memory_high names no monitored_resource",
    ),
    "chart that hides refused pushes": (
        "monitoring.tf",
        'title = "Pushes refused", unit = "1", query = local.refused',
        'title = "Pushes refused", unit = "1", query = local.failed',
        "no chart shows refused pushes",
    ),
    "alert that misses refused pushes": (
        "monitoring.tf",
        (
            'title = "pushes are refused"\n      query = "(${local.refused} / ${local.pushes} > '
            '${var.alerts.refused_ratio}) and (${local.refused} >= 20)"'
        ),
        'title = "pushes are refused"\n      query = "${local.failed} > 0"',
        "no alert shows refused pushes",
    ),
    "alert on one failure": (
        "monitoring.tf",
        " and (${local.failed} >= 5)",
        "",
        "one failure alerts",
    ),
    "failed revision that stays unseen": (
        "service.tf",
        'check "the_latest_revisions_serve"',
        'check "something_else"',
        "no check looks at terminal_condition",
    ),
    "alerts that reach no person": (
        "monitoring.tf",
        "length(var.alert_emails) + length(var.alert_channels) > 0",
        "length(var.alert_emails) + length(var.alert_channels) >= 0",
        "no check looks for somebody",
    ),
    "minimum that differs in every plan": (
        "service.tf",
        "module.rules.min_instances == 0 ? null : module.rules.min_instances",
        "module.rules.min_instances",
        "sets min_instance_count = 0",
    ),
    "position that differs in every plan": (
        "monitoring.tf",
        " if value > 0 }",
        " }",
        "sets a position of 0",
    ),
}


# The same of a plan with delivery = "pull".
BROKEN_PULL = {
    "protected worker pool": (
        "service.tf",
        'that it pulls"\n  location            = var.region\n  deletion_protection = false',
        'that it pulls"\n  location            = var.region\n  deletion_protection = true',
        "google_cloud_run_v2_worker_pool.subscriber[0] is protected",
    ),
    "worker pool that may not pull": (
        "iam.tf",
        'role         = "roles/pubsub.subscriber"\n  member       = local.runtime',
        'role         = "roles/pubsub.viewer"\n  member       = local.runtime',
        "may not pull the uploads",
    ),
    "worker pool that serves": (
        "service.tf",
        '["pull", "--subscription", google_pubsub_subscription.uploads.id]',
        '["up", "--subscription", google_pubsub_subscription.uploads.id]',
        "does not pull",
    ),
    "grant to pull that is not waited for": (
        "iam.tf",
        'grant = join(" ", google_pubsub_subscription_iam_member.runtime_pulls[*].id)',
        'grant = "none"',
        "runtime_pulls is not waited for",
    ),
    "worker pool that starts at once": (
        "service.tf",
        "depends_on = [google_project_service.apis, time_sleep.grants, time_sleep.pull_grant]",
        "depends_on = [google_project_service.apis]",
        "google_cloud_run_v2_worker_pool.subscriber does not wait",
    ),
    "two subscribers": (
        "service.tf",
        'count = var.delivery == "push" ? 1 : 0',
        "count = 1",
        "a service or a worker pool, and not both",
    ),
    "fixed number of instances": (
        "service.tf",
        'scaling_mode       = "AUTOMATIC"',
        'scaling_mode       = "MANUAL"',
        "does not scale",
    ),
    "expired leases that stay unseen": (
        "monitoring.tf",
        'query = "${local.expired} >= 20"',
        'query = "${local.dead} >= 20"',
        "no alert shows expired leases",
    ),
    "one account for service and worker pool": (
        "service.tf",
        "    service_account = google_service_account.runtime.email",
        "    service_account = google_service_account.dead_letter.email",
        "two services run as one account",
    ),
}


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"), BROKEN_PULL.values(), ids=BROKEN_PULL.keys()
)
def test_operating_rules_see_in_a_worker_pool(
    edited: Workspace, file: str, old: str, new: str, complaint: str
) -> None:
    """Given a plan with pull that breaks one rule, when checked, then exactly that is said."""
    edited.replace(file, old, new)
    found = violations(edited.plan(delivery="pull"))
    assert any(complaint in text for text in found), found


@pytest.mark.parametrize(("file", "old", "new", "complaint"), BROKEN.values(), ids=BROKEN.keys())
def test_operating_rules_see(
    edited: Workspace, file: str, old: str, new: str, complaint: str
) -> None:
    """Given a plan that breaks one rule, when checked, then exactly that is said."""
    edited.replace(file, old, new)
    found = violations(edited.plan())
    assert any(complaint in text for text in found), found
