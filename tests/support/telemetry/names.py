"""What Prometheus calls our metrics, and where they are used."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from airflow_provider_partnercenter.telemetry.metrics import Kind, Metric

DOCS = Path(__file__).parents[3] / "docs" / "guides"
ALERTS = DOCS / "metrics" / "alerts.yml"
ALERT_TESTS = DOCS / "metrics" / "alerts_test.yml"
DASHBOARD = DOCS / "metrics" / "grafana-dashboard.json"

_NAME = re.compile(r"airflow_partnercenter_\w+")


def prometheus_names(metric: Metric) -> set[str]:
    """Return the names that Airflow's statsd-exporter gives a metric."""
    name = f"airflow_{metric.name.replace('.', '_')}"
    return {name, f"{name}_sum", f"{name}_count"} if metric.kind is Kind.TIMER else {name}


def names_in(text: str) -> set[str]:
    """Return the names of our metrics in a text."""
    return set(_NAME.findall(text))


def alerts() -> list[dict[str, Any]]:
    """Return the alert rules."""
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def panels() -> list[dict[str, Any]]:
    """Return the panels of the dashboard."""
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


def queries() -> list[str]:
    """Return the queries of the dashboard."""
    return [target["expr"] for panel in panels() for target in panel["targets"]]
