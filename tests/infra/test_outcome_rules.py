"""The rules of announcements, analytics and budget: each finds the defect planted for it."""

import json

import pytest

from tests.infra.own_rules import violations
from tests.infra.plan_reading import planned
from tests.infra.terraform import Workspace

# What is broken -> file, text there, its replacement, words of our own complaint.
BROKEN = {
    "services that announce elsewhere": (
        "messaging.tf",
        "name         = module.rules.results_topic",
        'name         = "${var.name}-results"',
        "announces to projects/my-project/topics/image-translation-outcomes",
    ),
    "service that may not publish": (
        "iam.tf",
        'announcing_roles = ["roles/pubsub.publisher", "roles/pubsub.viewer"]',
        'announcing_roles = ["roles/pubsub.viewer"]',
        "runtime has ['roles/pubsub.viewer'] on the topic of outcomes",
    ),
    "grant to announce that is not waited for": (
        "iam.tf",
        "      values(google_pubsub_topic_iam_member.runtime_announces)[*].id,\n",
        "",
        "runtime_announces is not waited for",
    ),
    "table without a column of Pub/Sub's": (
        "analytics.tf",
        '    { name = "attributes", type = "JSON" },\n',
        "",
        "the table's columns are",
    ),
    "agent that may not write rows": (
        "analytics.tf",
        '"agent_writes_outcomes" {\n  count = ',
        '"agent_writes_outcomes" {\n  count = true ? 0 : ',
        "the Pub/Sub agent may not write",
    ),
    "analytics that expires": (
        "analytics.tf",
        '    ttl = ""',
        '    ttl = "2678400s"',
        "google_pubsub_subscription.analytics[0] expires",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "complaint"), BROKEN.values(), ids=BROKEN.keys())
def test_rules_of_announcements_see(
    edited: Workspace, file: str, old: str, new: str, complaint: str
) -> None:
    """Given a plan with announcements that breaks one rule, when checked, then that is said."""
    edited.replace(file, old, new)
    found = violations(edited.plan(notify=True, analytics={"dataset": "outcomes"}))
    assert any(complaint in text for text in found), found


def test_a_budget_alerts_before_and_after_it_is_spent(shipped: Workspace) -> None:
    """Given a budget and six channels, when planned, then it has four thresholds and the five
    channels that Google takes.
    """
    channels = [f"projects/p/notificationChannels/{number}" for number in range(6)]
    budget = {"billing_account": "012345-6789AB-CDEF01", "monthly": 100}
    (made,) = planned(shipped.plan(budget=budget, alert_channels=channels), "google_billing_budget")
    values = made["values"]
    assert values["amount"][0]["specified_amount"][0]["units"] == "100"
    assert [rule["threshold_percent"] for rule in values["threshold_rules"]] == [0.5, 0.9, 1, 1]
    assert values["all_updates_rule"][0]["monitoring_notification_channels"] == channels[:5]


def test_the_cost_chart_has_the_prices(shipped: Workspace) -> None:
    """Given other prices, when planned, then the chart's query multiplies by them."""
    prices = {"gib_second": 0, "million_characters": 10, "vcpu_second": 0.00003}
    (dashboard,) = planned(shipped.plan(prices=prices), "google_monitoring_dashboard")
    tiles = json.loads(dashboard["values"]["dashboard_json"])["mosaicLayout"]["tiles"]
    (chart,) = (tile for tile in tiles if tile["widget"]["title"] == "USD per 1,000 images")
    (data,) = chart["widget"]["xyChart"]["dataSets"]
    query = data["timeSeriesQuery"]["prometheusQuery"]
    assert "_vcpu_seconds_sum" in query
    assert "* 0.000030000 + " in query
    assert "* 0.000010000)" in query
