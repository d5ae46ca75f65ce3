"""Prometheus's own tool judges the alert rules and the queries of the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from testbed.processes import MissingProgramError
from tests.support.telemetry.names import ALERT_TESTS, ALERTS, alerts, queries
from tests.support.telemetry.promtool import find_program, promtool

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module", autouse=True)
def _promtool() -> None:
    try:
        find_program()
    except MissingProgramError as error:
        pytest.exit(str(error), returncode=2)


def test_the_rules_are_valid() -> None:
    assert f"{len(alerts())} rules found" in promtool("check", "rules", ALERTS)


def test_the_rules_fire_when_they_should_and_not_otherwise() -> None:
    promtool("test", "rules", ALERT_TESTS)


def test_each_rule_is_tried_both_ways() -> None:
    tried: dict[str, set[bool]] = {}
    for test in yaml.safe_load(ALERT_TESTS.read_text())["tests"]:
        for case in test["alert_rule_test"]:
            tried.setdefault(case["alertname"], set()).add("exp_alerts" in case)
    assert tried == {rule["alert"]: {True, False} for rule in alerts()}


def test_a_rule_that_is_wrong_is_noticed(tmp_path: Path) -> None:
    """Each rule, once it never fires, fails its tests."""
    rules = yaml.safe_load(ALERTS.read_text())
    for number, rule in enumerate(alerts()):
        rules["groups"][0]["rules"][number] = {**rule, "expr": f"({rule['expr']}) and vector(0) > 1"}
    (tmp_path / "alerts.yml").write_text(yaml.safe_dump(rules))
    (tmp_path / "alerts_test.yml").write_text(ALERT_TESTS.read_text())
    with pytest.raises(AssertionError) as failed:
        promtool("test", "rules", tmp_path / "alerts_test.yml")
    for rule in alerts():
        assert rule["alert"] in str(failed.value)


def test_the_queries_of_the_dashboard_are_valid(tmp_path: Path) -> None:
    rules = [
        {"record": f"query:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(queries())
    ]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", file)
