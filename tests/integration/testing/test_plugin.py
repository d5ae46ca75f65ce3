"""
What a test gets from the fixtures, what it may mark, and what it is told if that is wrong.

Each run is a process of its own, because the plugin is for processes that have not imported this package before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = "pytester"

ASK = """
import os
import pytest
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
"""
NEW_EACH_TIME = """
@pytest.mark.parametrize("time", [1, 2])
def test_it(partnercenter, partnercenter_emulator, time):
    assert partnercenter.emulator is partnercenter_emulator
    assert partnercenter.requests() == []
    assert PartnerCenterHook().get_qualifications(ordinary_id(1)) == []
    [request] = partnercenter.requests(ordinary_id(1), method="GET", path="/qualifications")
    assert (request["status"], request["authorization"]) == (200, "app+user")
    assert partnercenter.requests(method="POST") == [], "a sign-in is no request to the API"
"""
OTHERS_VARIABLES = """
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
"""
NEAREST_MARKER = """
pytestmark = pytest.mark.partnercenter(customers=3, verdict="deny")

@pytest.mark.partnercenter(customers=4, vetting="never")
def test_it(partnercenter):
    settings = partnercenter.emulator.settings
    assert (settings.customers, settings.verdict.status, settings.vetting) == (4, "Denied", None)
"""
WRONG_MARKERS = """
import pytest

@pytest.mark.partnercenter(vettting="never")
def test_unknown_setting(partnercenter): pass

@pytest.mark.partnercenter(vetting="soon")
def test_wrong_value(partnercenter): pass

@pytest.mark.partnercenter("other")
def test_without_a_name(partnercenter): pass
"""
ONE_OF_TWO_WORKERS = """
@pytest.mark.parametrize("number", [1, 2])
def test_it(partnercenter_emulator, worker_id, request, number):
    told = request.path.with_name(f"{request.path.stem}-{number}.told")
    told.write_text(f"{worker_id} {partnercenter_emulator.ca_file}")
"""
WITHOUT_THE_EMULATOR = """
import sys
sys.modules["trustme"] = None

def test_it(partnercenter): pass
"""


def run(pytester: pytest.Pytester, *arguments: str, **files: str) -> pytest.RunResult:
    pytester.makepyfile(**files)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_what_a_test_gets(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", "theirs://host")
    files = {
        "test_new_each_time": NEW_EACH_TIME,
        "test_others_variables": OTHERS_VARIABLES,
        "test_nearest_marker": NEAREST_MARKER,
    }
    result = run(pytester, "--strict-markers", **{name: ASK + code for name, code in files.items()})
    result.assert_outcomes(passed=7)


def test_each_worker_of_xdist_has_one_emulator(pytester: pytest.Pytester) -> None:
    # The tests of a file run in one worker, and of two files each in its own.
    files = {"test_one": ASK + ONE_OF_TWO_WORKERS, "test_other": ASK + ONE_OF_TWO_WORKERS}
    run(pytester, "-n", "2", "--dist", "loadfile", **files).assert_outcomes(passed=4)
    told = {name: {file.read_text() for file in pytester.path.glob(f"{name}-*.told")} for name in files}
    assert {name: len(emulators) for name, emulators in told.items()} == {"test_one": 1, "test_other": 1}
    (one,), (other,) = (map(str.split, emulators) for emulators in told.values())
    assert {one[0], other[0]} == {"gw0", "gw1"}
    assert one[1] != other[1]


def test_markers_that_cannot_be_used(pytester: pytest.Pytester) -> None:
    result = run(pytester, test_wrong_markers=WRONG_MARKERS)
    result.assert_outcomes(errors=3)
    text = result.stdout.str()
    assert "the emulator has no setting 'vettting'; there are client_certificate, " in text
    assert "vetting must be at-once, seconds:NUMBER, reads:NUMBER or never, not 'soon'" in text
    assert "takes arguments by name only, not 'other'" in text
    assert "Traceback" not in text


def test_the_emulator_is_not_installed(pytester: pytest.Pytester) -> None:
    result = run(pytester, test_without=WITHOUT_THE_EMULATOR)
    result.assert_outcomes(errors=1)
    assert "the module 'trustme' is missing" in result.stdout.str()
    assert "What to do: install airflow-provider-partnercenter with its extra 'testing'." in result.stdout.str()
