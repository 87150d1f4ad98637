"""Rules for the Cloud Run jobs: what they run, with which settings, and as whom."""

from collections.abc import Iterator

from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from tests.infra.extract_schemas import Json
from tests.infra.plan_reading import (
    Rule,
    environment_of,
    expressions_of,
    planned,
    services,
    subscriber_of,
)

_LONGEST_SECONDS = 168 * 3600
_JOB = "google_cloud_run_v2_job"


def jobs_run_the_program(plan: Json) -> Iterator[str]:
    """Each job has the services' image, a command of the program, and a time that Google takes."""
    images = {
        service["values"]["template"][0]["containers"][0]["image"]
        for service in services(plan).values()
    }
    for job in planned(plan, _JOB):
        (template,) = job["values"]["template"][0]["template"]
        (container,) = template["containers"]
        if {container["image"]} != images:
            yield f"{job['address']} runs another image than the services"
        if container["command"] != ["image-translation"]:
            yield f"{job['address']} does not run image-translation"
        if not 3600 <= int(template["timeout"].removesuffix("s")) <= _LONGEST_SECONDS:
            yield f"{job['address']} ends after {template['timeout']}"
        if job["values"]["deletion_protection"] is not False:
            yield f"{job['address']} is protected, and holds nothing"


def backfill_has_the_settings_of_the_subscriber(plan: Json) -> Iterator[str]:
    """Other settings would give another fingerprint, and every document would be made again."""
    settings = environment_of(subscriber_of(plan))
    settings.pop("FUNCTION_TARGET", None)  # a worker pool has none
    for job in planned(plan, _JOB):
        (template,) = job["values"]["template"][0]["template"]
        (container,) = template["containers"]
        if container["args"] is None or container["args"][0] != "backfill":
            continue
        environment = {entry["name"]: entry["value"] for entry in container["env"]}
        if environment != settings:
            yield f"{job['address']} has other settings than the subscriber"
        try:
            Settings(**{name.lower(): value for name, value in environment.items()})  # type: ignore[arg-type]  # as the process reads them: strings
        except (ValueError, ConfigurationError) as error:
            yield f"{job['address']} would not start: {error}"


def redeliver_can_only_list_and_announce(plan: Json) -> Iterator[str]:
    """Its account reads both buckets and publishes; the schedule may start it and no other."""
    allowed = {
        "roles/storage.objectViewer",
        "roles/pubsub.publisher",
        "roles/run.invoker",
    }
    kinds = (
        "google_storage_bucket_iam_member",
        "google_pubsub_topic_iam_member",
        "google_cloud_run_v2_job_iam_member",
        "google_project_iam_member",
    )
    for kind in kinds:
        for address, expressions in expressions_of(plan, kind):
            is_its = "local.redeliver_account" in expressions["member"].get("references", [])
            role = expressions["role"].get("constant_value")
            if is_its and (role not in allowed or kind == "google_project_iam_member"):
                yield f"{address} lets redeliver do more than list and announce"
    for address, expressions in expressions_of(plan, _JOB):
        account = expressions["template"][0]["template"][0]["service_account"]["references"]
        name = "redeliver" if address.endswith("redeliver") else "runtime"
        if f"google_service_account.{name}" not in account:
            yield f"{address} does not run as {name}"


JOB_RULES: tuple[Rule, ...] = (
    jobs_run_the_program,
    backfill_has_the_settings_of_the_subscriber,
    redeliver_can_only_list_and_announce,
)
