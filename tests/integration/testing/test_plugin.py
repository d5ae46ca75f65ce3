"""What a test gets from the fixtures, what it may mark, and what it is told if that is wrong."""

from __future__ import annotations

import pytest

pytest_plugins = "pytester"

ASK = """
import os
import pytest
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
"""


def run(pytester: pytest.Pytester, code: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(ASK + code)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_each_test_begins_anew(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.mark.parametrize("time", [1, 2])
def test_it(partnercenter, partnercenter_emulator, time):
    assert partnercenter.emulator is partnercenter_emulator
    assert partnercenter.requests() == []
    assert PartnerCenterHook().get_qualifications(ordinary_id(1)) == []
    [request] = partnercenter.requests(ordinary_id(1), method="GET", path="/qualifications")
    assert (request["status"], request["authorization"]) == (200, "app+user")
    assert partnercenter.requests(method="POST") == [], "a sign-in is no request to the API"
""",
    )
    result.assert_outcomes(passed=2)


def test_the_variables_of_others_stay_as_they_are(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", "theirs://host")
    result = run(
        pytester,
        """
def test_before():
    assert os.environ["AIRFLOW_CONN_PARTNERCENTER_DEFAULT"] == "theirs://host"

@pytest.mark.partnercenter(conn_id="other")
def test_another_connection(partnercenter):
    assert os.environ["AIRFLOW_CONN_PARTNERCENTER_DEFAULT"] == "theirs://host"
    PartnerCenterHook("other").get_qualifications(ordinary_id(1))
    assert len(partnercenter.requests()) == 1

def test_with(partnercenter):
    assert "partnercenter" in os.environ["AIRFLOW_CONN_PARTNERCENTER_DEFAULT"]

def test_after():
    assert os.environ["AIRFLOW_CONN_PARTNERCENTER_DEFAULT"] == "theirs://host"
    assert "AIRFLOW_CONN_OTHER" not in os.environ
""",
    )
    result.assert_outcomes(passed=4)


def test_the_nearest_marker_counts(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
pytestmark = pytest.mark.partnercenter(customers=3, verdict="deny")

@pytest.mark.partnercenter(customers=4, vetting="never")
def test_it(partnercenter):
    settings = partnercenter.emulator.settings
    assert (settings.customers, settings.verdict.status, settings.vetting) == (4, "Denied", None)
""",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("vettting='never'", "the emulator has no setting 'vettting'; there are client_certificate, "),
        ("vetting='soon'", "vetting must be at-once, seconds:NUMBER, reads:NUMBER or never, not 'soon'"),
        ("'other'", "takes arguments by name only, not 'other'"),
    ],
)
def test_a_marker_that_cannot_be_used(pytester: pytest.Pytester, marker: str, said: str) -> None:
    result = run(pytester, f"@pytest.mark.partnercenter({marker})\ndef test_it(partnercenter): pass\n")
    result.assert_outcomes(errors=1)
    assert said in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_the_emulator_is_not_installed(pytester: pytest.Pytester) -> None:
    result = run(pytester, "import sys\nsys.modules['trustme'] = None\ndef test_it(partnercenter): pass\n")
    result.assert_outcomes(errors=1)
    assert "the module 'trustme' is missing" in result.stdout.str()
    assert "What to do: install airflow-provider-partnercenter with its extra 'testing'." in result.stdout.str()


def test_the_marker_is_known(pytester: pytest.Pytester) -> None:
    assert "@pytest.mark.partnercenter(conn_id=" in run(pytester, "", "--markers").stdout.str()
