"""Rules for the review page: it only reads, and only its members and IAP reach it."""

from collections.abc import Iterator

from tests.infra.extract_schemas import Json
from tests.infra.plan_reading import Rule, configured, planned, target_of

_REVIEW = "google_cloud_run_v2_service.review"
_READS = "roles/storage.objectViewer"


def the_review_only_reads(plan: Json) -> Iterator[str]:
    """The account of the review page may view the objects of the two buckets, and nothing else."""
    for resource in configured(plan):
        expressions = resource.get("expressions", {})
        if "local.review" not in expressions.get("member", {}).get("references", []):
            continue
        if resource["type"] != "google_storage_bucket_iam_member":
            yield f"{resource['address']} grants the review page more than objects"
        elif expressions["role"].get("constant_value") != _READS:
            yield f"{resource['address']} lets the review page do more than read"


def iap_is_only_for_people(plan: Json) -> Iterator[str]:
    """IAP stands before the review page and before no service that Pub/Sub pushes to."""
    for service in planned(plan, "google_cloud_run_v2_service"):
        if service["values"]["iap_enabled"] and target_of(service) != "review":
            yield f"{service['address']} is behind IAP, where no push comes through"
    pages = [
        service["values"]["uri"]
        for service in planned(plan, "google_cloud_run_v2_service")
        if target_of(service) == "review"
    ]
    for subscription in planned(plan, "google_pubsub_subscription"):
        for push in subscription["values"]["push_config"]:
            if push["push_endpoint"] in pages:
                yield f"{subscription['address']} pushes to the review page"


def only_members_come_in(plan: Json) -> Iterator[str]:
    """Behind IAP only IAP may invoke the review page; without it only the members may."""
    review = plan["variables"].get("review", {}).get("value")
    members = set(review["members"]) if review else set()
    behind_iap = any(
        service["values"]["iap_enabled"]
        for service in planned(plan, "google_cloud_run_v2_service")
        if target_of(service) == "review"
    )
    for grant in planned(plan, "google_cloud_run_v2_service_iam_member"):
        if grant["name"] != "review":
            continue
        member = grant["values"].get("member", "service-@gcp-sa-iap")
        if behind_iap == (member in members) or ("gcp-sa-iap" in member) != behind_iap:
            yield f"{grant['address']} lets {member} go round IAP"
    if behind_iap:
        admitted = {
            grant["values"]["member"]
            for grant in planned(plan, "google_iap_web_cloud_run_service_iam_member")
        }
        if admitted != members:
            yield f"IAP admits {sorted(admitted)} instead of the members"


REVIEW_RULES: tuple[Rule, ...] = (
    the_review_only_reads,
    iap_is_only_for_people,
    only_members_come_in,
)
