from __future__ import annotations

import pytest

from airflow_provider_partnercenter.commands.doctor.installation import Plugin, Versions, judge_plugin, judge_versions


@pytest.mark.parametrize(
    ("installed", "status", "says"),
    [
        ("1.2.3", "ok", "Provider 1.2.3 on Airflow 3.3.2 and Python 3.13.1, on this machine."),
        ("1.2.2", "warning", "is installed as 1.2.2, so this is another copy."),
        (None, "failed", "is not installed, so Airflow knows nothing of the provider."),
    ],
)
def test_versions(installed, status, says):
    (finding,) = judge_versions(Versions("1.2.3", installed, "3.3.2", "3.13.1"))
    assert (finding.status.value, finding.text.endswith(says)) == (status, True)
    assert bool(finding.remedy) == (status != "ok")


@pytest.mark.parametrize(
    ("facts", "status", "says"),
    [
        (Plugin(registered=True, loaded=True), "ok", "has loaded the plugin"),
        (Plugin(registered=True, loaded=True, problem="twice"), "failed", "could not load the plugin: twice"),
        (Plugin(registered=True, loaded=False, problem="a\n  b"), "failed", "could not load the plugin: a b"),
        (Plugin(registered=True, loaded=False), "failed", "announces the plugin, but Airflow has not loaded it"),
        (Plugin(registered=False, loaded=False), "failed", "announces no plugin"),
    ],
)
def test_plugin(facts, status, says):
    (finding,) = judge_plugin(facts)
    assert finding.status.value == status
    assert says in finding.text
