"""The declaration of the metrics, and everything that has to agree with it."""

from __future__ import annotations

import re

import pytest

from airflow_provider_partnercenter.telemetry.metrics import ALL, Kind
from tests.support.telemetry.names import ALERTS, DOCS, alerts, names_in, panels, prometheus_names, queries

PAGE = (DOCS / "metrics.md").read_text()
KNOWN = set().union(*map(prometheus_names, ALL))


def test_the_page_has_the_table_of_the_declaration():
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in PAGE.splitlines()
        if line.startswith("| `partnercenter.") and line.count(" | ") == 5
    ]
    assert rows == [
        [
            f"`{metric.name}`",
            metric.kind.value,
            ", ".join(f"`{tag}`" for tag in metric.tags) or "–",
            metric.unit,
            metric.meaning,
            metric.sent,
        ]
        for metric in ALL
    ]


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_a_metric_can_be_sent_and_says_nothing_about_a_customer(metric):
    assert re.fullmatch(r"partnercenter\.[a-z_]+", metric.name)
    assert not {"customer", "customer_id", "company_name", "tenant"} & set(metric.tags)
    assert (metric.kind is Kind.TIMER) == (metric.unit == "ms")


def test_no_two_metrics_have_one_name_in_prometheus():
    assert len(KNOWN) == sum(len(prometheus_names(metric)) for metric in ALL)


def test_the_dashboard_shows_every_metric_and_no_other():
    used = names_in(" ".join(queries()))
    assert used <= KNOWN
    assert [metric.name for metric in ALL if not prometheus_names(metric) & used] == []


def test_the_dashboard_can_be_read():
    found = panels()
    assert len({panel["id"] for panel in found}) == len({panel["title"] for panel in found}) == len(found)
    assert all(panel["description"] for panel in found)
    corners = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in found}
    assert len(corners) == len(found)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in found)


def test_the_alerts_use_metrics_that_are_there_and_the_page_explains_them():
    assert names_in(ALERTS.read_text()) <= KNOWN
    assert len(alerts()) == 5
    for rule in alerts():
        assert f"| `{rule['alert']}` |" in PAGE
        assert rule["annotations"].keys() == {"summary", "description"}


def test_the_page_names_only_metrics_that_are_there():
    inline = set(re.findall(r"airflow_partnercenter_\w+", PAGE))
    assert {name.removesuffix("_total").removesuffix("_milliseconds") for name in inline} <= KNOWN
