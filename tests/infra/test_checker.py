"""The checks of the infrastructure: each finds the one defect that a test plants."""

import pytest

from tests.infra.own_rules import violations
from tests.infra.terraform import RefusedError, Workspace

# The defect -> file, text there, its replacement, words of Terraform's message.
INVALID = {
    "unknown argument": (
        "storage.tf",
        "force_destroy ",
        "destroy_forcibly ",
        'argument named "destroy_forcibly" is not expected',
    ),
    "unknown block": (
        "messaging.tf",
        "expiration_policy {",
        "expiry {",
        'type "expiry" are not expected here',
    ),
    "missing required argument": (
        "storage.tf",
        '  payload_format     = "JSON_API_V1"\n',
        "",
        'argument "payload_format" is required',
    ),
    "missing required block": (
        "monitoring.tf",
        "  conditions {\n    display_name = each.value.title\n",
        "  documentation {\n",
        'At least 1 "conditions" blocks are required',
    ),
    "block too often": (
        "storage.tf",
        "  versioning {\n    enabled = true\n  }",
        "  versioning {\n    enabled = true\n  }\n  versioning {\n    enabled = true\n  }",
        'more than 1 "versioning" blocks',
    ),
    "wrong type": (
        "service.tf",
        "startup_cpu_boost = true",
        'startup_cpu_boost = "perhaps"',
        "a bool is required",
    ),
    "unknown resource type": (
        "iam.tf",
        'resource "google_project_iam_member"',
        'resource "google_projects_iam_member"',
        'does not support resource type "google_projects_iam_member"',
    ),
    "attribute that does not exist": (
        "messaging.tf",
        "google_cloud_run_v2_service.dead_letter.uri",
        "google_cloud_run_v2_service.dead_letter.url",
        'no argument, nested block, or exported attribute named "url"',
    ),
    "resource that does not exist": (
        "storage.tf",
        "google_pubsub_topic.uploads.id",
        "google_pubsub_topic.upload.id",
        'managed resource "google_pubsub_topic" "upload" has not been declared',
    ),
    "unknown variable": (
        "main.tf",
        "var.kms_key",
        "var.kms",
        'input variable with the name "kms" has not been declared',
    ),
}

# The defect -> file, text there, its replacement, words of our message.
BROKEN = {
    "public invoker": (
        "iam.tf",
        'role     = "roles/run.invoker"\n  member   = local.invoker',
        'role     = "roles/run.invoker"\n  member   = "allUsers"',
        "names allUsers",
    ),
    "public invoker behind a switch": (
        "iam.tf",
        '"roles/cloudtranslate.user"\n  member  = local.runtime',
        '"roles/cloudtranslate.user"\n  member  = "allAuthenticatedUsers"',
        "names allAuthenticatedUsers",
    ),
    "invoker check off": (
        "service.tf",
        "  deletion_protection = false\n",
        "  deletion_protection = false\n  invoker_iam_disabled = true\n",
        "lets everybody invoke",
    ),
    "open ingress": (
        "service.tf",
        "INGRESS_TRAFFIC_INTERNAL_ONLY",
        "INGRESS_TRAFFIC_ALL",
        "traffic from outside",
    ),
    "bucket that may be public": ("storage.tf", '"enforced"', '"inherited"', "made public"),
    "basic role": ("iam.tf", "roles/storage.objectUser", "roles/editor", "grants roles/editor"),
    "subscription that expires": (
        "messaging.tf",
        '    ttl = ""',
        '    ttl = "2678400s"',
        "google_pubsub_subscription.uploads expires",
    ),
    "subscription that expires by default": (
        "messaging.tf",
        '  expiration_policy {\n    ttl = ""\n  }\n',
        "",
        "google_pubsub_subscription.uploads expires",
    ),
    "unsigned push": (
        "messaging.tf",
        "audience              = push_config.value",
        "",
        "without the audience",
    ),
    "audience of another service": (
        "messaging.tf",
        "audience              = push_config.value",
        "audience              = google_cloud_run_v2_service.dead_letter.uri",
        "without the audience",
    ),
    "pushes to another service": (
        "messaging.tf",
        "push_endpoint = google_cloud_run_v2_service.dead_letter.uri",
        "push_endpoint = one(google_cloud_run_v2_service.subscriber[*].uri)",
        "pushes without the audience",
    ),
    "agent may not publish": (
        "iam.tf",
        "topic  = google_pubsub_topic.dead_letters.id",
        "topic  = google_pubsub_topic.uploads.id",
        "no publisher on google_pubsub_topic.dead_letters",
    ),
    "agent may not pull": (
        "iam.tf",
        'role         = "roles/pubsub.subscriber"\n  member       = local.pubsub_agent',
        'role         = "roles/pubsub.viewer"\n  member       = local.pubsub_agent',
        "no subscriber of google_pubsub_subscription.uploads",
    ),
    "another account may pull": (
        "iam.tf",
        'role         = "roles/pubsub.subscriber"\n  member       = local.pubsub_agent',
        'role         = "roles/pubsub.subscriber"\n  member       = local.storage_agent',
        "no subscriber of google_pubsub_subscription.uploads",
    ),
    "no dead-letter policy": (
        "messaging.tf",
        """
  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = var.max_delivery_attempts
  }
""",
        "",
        "no subscription has a dead_letter_policy",
    ),
    "storage may not notify": (
        "iam.tf",
        "  member = local.storage_agent",
        "  member = local.runtime",
        "the storage agent is no publisher",
    ),
    "unknown environment name": (
        "rules/main.tf",
        "    MAX_WORKER_THREADS ",
        "    OCR_THREADS ",
        "sets OCR_THREADS, which Settings does not know",
    ),
    "name that the image sets": (
        "rules/main.tf",
        "    SOURCE_LANGUAGE ",
        '    OCR_MODEL_DIR = "/models"\n    SOURCE_LANGUAGE ',
        "sets OCR_MODEL_DIR, which the image fixes",
    ),
    "check that Cloud Run makes": (
        "rules/main.tf",
        "    SOURCE_LANGUAGE ",
        '    REQUIRE_PUSH_AUDIENCE = "x"\n    SOURCE_LANGUAGE ',
        "sets REQUIRE_PUSH_AUDIENCE, which Cloud Run checks",
    ),
    "value that Settings refuses": (
        "rules/main.tf",
        "= tostring(var.max_concurrent_ocr)",
        "= tostring(var.max_concurrent_ocr * 8)",
        "would not start",
    ),
    "concurrency other than the threads": (
        "service.tf",
        "max_instance_request_concurrency = var.max_concurrent_requests",
        "max_instance_request_concurrency = 80",
        "concurrency differs",
    ),
    "memory other than the budget": (
        "service.tf",
        'memory = "${var.memory_mb}Mi"',
        'memory = "4Gi"',
        "memory differs",
    ),
    "deadline after the timeout": (
        "rules/main.tf",
        "request_timeout_seconds   = 600",
        "request_timeout_seconds   = 300",
        "deadline 540.0 < request timeout 300.0",
    ),
}

# With a review page: the defect -> file, text there, its replacement, words of our message.
BROKEN_REVIEW = {
    "review page that may write": (
        "review.tf",
        "roles/storage.objectViewer",
        "roles/storage.objectUser",
        "lets the review page do more than read",
    ),
    "review page with a role on the project": (
        "iam.tf",
        (
            'count = var.translator == "google" ? 1 : 0\n\n  project = var.project_id\n'
            '  role    = "roles/cloudtranslate.user"\n  member  = local.runtime'
        ),
        (
            "count = 1\n\n  project = var.project_id\n"
            '  role    = "roles/cloudtranslate.user"\n  member  = local.review'
        ),
        "grants the review page more than objects",
    ),
    "review page as another account": (
        "review.tf",
        "google_service_account.review[0].email\n    execution",
        "google_service_account.runtime.email\n    execution",
        "two services run as one account",
    ),
    "review page whose grants are not waited for": (
        "iam.tf",
        "      values(google_storage_bucket_iam_member.review_reads)[*].id,\n",
        "",
        "review_reads is not waited for",
    ),
    "IAP before the subscriber": (
        "service.tf",
        "  deletion_protection = false\n",
        "  deletion_protection = false\n  iap_enabled = true\n",
        "subscriber[0] is behind IAP",
    ),
    "pushes to the review page": (
        "messaging.tf",
        "push_endpoint = push_config.value",
        "push_endpoint = google_cloud_run_v2_service.review[0].uri",
        "pushes to the review page",
    ),
    "members who go round IAP": (
        "review.tf",
        "for_each = local.review_invokers",
        "for_each = toset(var.review.members)",
        "go round IAP",
    ),
    "IAP that admits others": (
        "review.tf",
        "local.review_iap ? toset(var.review.members) : toset([])",
        'toset(["domain:example.org"])',
        "instead of the members",
    ),
    "open ingress beside the review page": (
        "service.tf",
        "INGRESS_TRAFFIC_INTERNAL_ONLY",
        "INGRESS_TRAFFIC_ALL",
        "subscriber[0] takes traffic from outside",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "complaint"), INVALID.values(), ids=INVALID.keys())
def test_schema_check_finds_each_defect(
    edited: Workspace, file: str, old: str, new: str, complaint: str
) -> None:
    """Given a configuration that the provider would refuse, when validated, then it is refused."""
    edited.replace(file, old, new)
    with pytest.raises(RefusedError, match=complaint):
        edited.validate()


@pytest.mark.parametrize(("file", "old", "new", "complaint"), BROKEN.values(), ids=BROKEN.keys())
def test_own_rules_find_each_defect(
    edited: Workspace, file: str, old: str, new: str, complaint: str
) -> None:
    """Given a plan that breaks one of our rules, when checked, then the finding names that rule."""
    edited.replace(file, old, new)
    found = violations(edited.plan())
    assert any(complaint in text for text in found), found


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"), BROKEN_REVIEW.values(), ids=BROKEN_REVIEW.keys()
)
def test_rules_of_the_review_page_find_each_defect(
    edited: Workspace, file: str, old: str, new: str, complaint: str
) -> None:
    """Given a review page that breaks a rule, when planned, then the finding names that rule."""
    edited.replace(file, old, new)
    found = violations(edited.plan(review={"members": ["group:team@example.org"]}))
    assert any(complaint in text for text in found), found
