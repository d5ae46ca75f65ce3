"""What all customers hold against what is wanted, judged by the report."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.client.models import Customer, CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.settings import Mix
from airflow_provider_partnercenter.operators.reconcile import PartnerCenterReconcileQualificationsOperator
from airflow_provider_partnercenter.qualification.bulk.reconcile import compare, read_wanted
from airflow_provider_partnercenter.testing.clock import Clock
from tests.support.task_modes import Ending, run

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STRANGER = "5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f"
NO_LONGER = "No longer an Education Customer"
EDUCATION, GCC, SOE = (
    Qualification.EDUCATION,
    Qualification.GOVERNMENT_COMMUNITY_CLOUD,
    Qualification.STATE_OWNED_ENTITY,
)


def entry(status: str | None, reason: str | None = None, days: float = 1, which: Qualification = EDUCATION) -> Any:
    return CustomerQualification(which, VettingStatus(status) if status else None, reason, NOW - timedelta(days=days))


@pytest.mark.parametrize(
    ("entries", "wanted", "states"),
    [
        pytest.param([entry("Approved")], {EDUCATION}, ["granted"], id="granted"),
        pytest.param([entry("Approved")], set(), ["unlisted"], id="unlisted"),
        pytest.param([entry("Approved")], None, ["granted"], id="nobody-said"),
        pytest.param([entry("InReview", days=6.9)], {EDUCATION}, ["in_review"], id="in-review"),
        pytest.param([entry("InReview", days=7.1)], {EDUCATION}, ["stuck"], id="stuck"),
        pytest.param([entry("InReview", days=7.1)], None, ["stuck"], id="stuck-though-nobody-said"),
        pytest.param([entry("Denied", "Not an Academic Domain")], {EDUCATION}, ["denied"], id="denied"),
        pytest.param([entry("Denied", NO_LONGER)], None, ["lost"], id="lost"),
        pytest.param([entry("Approved", days=9), entry("Denied", NO_LONGER, 2)], {EDUCATION}, ["lost"], id="withdrawn"),
        pytest.param([], {EDUCATION, SOE}, ["missing", "missing"], id="missing"),
        pytest.param([], None, [], id="nothing"),
        pytest.param([entry(None, which=SOE)], {EDUCATION, SOE}, ["missing", "granted"], id="one-of-two"),
    ],
)
def test_how_a_qualification_stands(entries: list[Any], wanted: set[Qualification] | None, states: list[str]) -> None:
    everything = None if wanted is None else {STRANGER: frozenset(wanted)}
    customer = Customer(STRANGER.upper(), company_name="Contoso")
    findings = compare(customer, entries, everything, NOW, timedelta(days=7))
    assert [finding.state for finding in findings] == states
    assert all(finding.customer_id == STRANGER for finding in findings)
    assert all(finding.hint for finding in findings if finding.state not in ("granted", "in_review"))
    assert json.loads(json.dumps([to_plain(f, complete=True) for f in findings])) == [
        to_plain(f, complete=True) for f in findings
    ]


def test_what_a_partner_cannot_request_is_not_proposed() -> None:
    (finding,) = compare(
        Customer(STRANGER), [], {STRANGER: frozenset({Qualification.NONPROFIT})}, NOW, timedelta(days=7)
    )
    assert (finding.state, "cannot request" in (finding.hint or "")) == ("missing", True)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("contoso", "wanted must be a list"),
        ([5], "row 0 of 'wanted' is not a dictionary: 5"),
        ([{"customer_id": STRANGER, "qualification": "Education"}, {}], "row 1 of 'wanted': customer_id None is not"),
        ([{"customer_id": STRANGER}], "row 0 of 'wanted': qualification '' is unknown"),
        ([{"customer_id": STRANGER, "qualification": "None"}], "row 0 of 'wanted': qualification must not be None"),
    ],
)
def test_what_cannot_be_wanted(rows: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_wanted(rows)


# -- the operator -----------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def connection(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    # These answers take seconds of the real time, which the time-out below is not for.
    for slow in ("slow-headers", "slow-body"):
        emulator.configure(slow, listed=False)
    given = emulator.connection()
    # The time-out is of the real time too: on a busy machine, any answer may take a while.
    given["extra"] |= {"requests_per_minute": 0, "refresh_token": None, "timeout": 60}
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", json.dumps(given))


pytestmark = pytest.mark.usefixtures("clock")


def reconcile(**arguments: Any) -> Ending:
    return run(lambda: PartnerCenterReconcileQualificationsOperator(task_id="reconcile", **arguments), Clock())


def wanted(*customers: str) -> list[dict[str, str]]:
    return [{"customer_id": customer, "qualification": "Education"} for customer in customers]


def test_the_emulators_customers_are_read_without_a_long_pause(emulator: Emulator, clock: Clock) -> None:
    began = clock.now
    ending = reconcile()
    assert ending.state == "succeeded"
    assert ending.result["counts"]["customers"] == len(customers_of(emulator))
    assert clock.now - began < 120


def test_all_customers_are_read_and_compared(emulator: Emulator, clock: Clock, tmp_path: Path) -> None:
    # It is answered with 429 and a pause of ten minutes, for everybody.
    emulator.configure("throttled", listed=True)
    began = clock.now
    approved, denied = magic.customer_id("education-held"), magic.customer_id("education-denied")
    listed = set(customers_of(emulator))
    ending = reconcile(wanted=wanted(approved, denied, ordinary_id(1), STRANGER), storage_path=f"file://{tmp_path}")
    report = ending.result
    assert ending.state == "succeeded"
    assert report["counts"]["customers"] == len(listed)
    everything = json.loads(Path(report["path"].removeprefix("file://")).read_text())
    states = {(f["customer_id"], f["qualification"]): f["state"] for f in everything["findings"]}
    assert states[ordinary_id(1), "Education"] == "missing"
    assert states[STRANGER, "Education"] == "unknown_customer"
    assert states[denied, "Education"] == "denied"
    assert (approved, "Education") not in states
    unreadable = {f["customer_id"] for f in everything["findings"] if f["state"] == "unreadable"}
    assert magic.customer_id("throttled") in unreadable
    # It is refused four times, and who is being tried again then has to begin anew after the last pause.
    assert clock.now - began < 4 * 600 + 120, "who is refused lets the others go first"
    assert len(unreadable) < 25, "the pause that one customer caused is waited for, not taken for the others' trouble"
    assert everything["counts"] == report["counts"]
    assert len(everything["findings"]) == len(report["findings"]) + report["omitted"]
    assert {r["method"] for r in emulator.journal(path="/v1/")} == {"GET"}


def test_what_is_fine_is_reported_last_on_request(emulator: Emulator, clock: Clock, tmp_path: Path) -> None:
    began = clock.now
    problems, everything = reconcile().result, reconcile(report_all=True, storage_path=f"file://{tmp_path}").result
    assert everything["counts"] == problems["counts"]
    assert began <= datetime.fromisoformat(everything["read_at"]).timestamp() <= clock.now
    kept = json.loads(Path(everything["path"].removeprefix("file://")).read_text())
    assert (kept["counts"], kept["read_at"]) == (everything["counts"], everything["read_at"])
    states = [finding["state"] for finding in kept["findings"]]
    fine = [state for state in states if state in ("granted", "in_review")]
    assert (fine.count("granted"), fine.count("in_review")) == (
        everything["counts"]["granted"], everything["counts"]["in_review"],
    )  # fmt: skip
    assert "granted" in fine
    assert states == [finding["state"] for finding in problems["findings"]] + fine
    assert len(everything["findings"]) + everything["omitted"] == len(states)


def test_what_is_fine_fails_nothing(emulator: Emulator) -> None:
    ending = reconcile(on_findings="fail", report_all=True, acknowledged=known_so_far())
    assert ending.state == "succeeded"
    assert {"granted", "denied"} <= {finding["state"] for finding in ending.result["findings"]}


def customers_of(emulator: Emulator) -> list[str]:
    from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook

    return [customer.id for customer in PartnerCenterHook().get_customers()]


def test_fail(emulator: Emulator) -> None:
    ending = reconcile(wanted=wanted(STRANGER), on_findings="fail")
    assert ending.state == "failed"
    assert "The reconciliation has" in ending.message
    assert ending.xcom["counts"]["unknown_customer"] == 1


def test_the_failure_has_the_first_findings(emulator: Emulator) -> None:
    strangers = [f"20000000-0000-4000-8000-{number:012d}" for number in range(5)]
    ending = reconcile(wanted=wanted(*strangers), on_findings="fail", acknowledged=known_so_far(wanted=[]))
    assert ending.state == "failed"
    assert "The reconciliation has 5 findings." in ending.message
    assert [f"Customer {stranger}: Education is wanted" in ending.message for stranger in strangers] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert "2 more are in the report (the XCom of this task)." in ending.message


def known_so_far(**arguments: Any) -> list[dict[str, Any]]:
    """Everything that is found among the emulator's customers, with a denial among it."""
    findings: list[dict[str, Any]] = reconcile(**arguments).result["findings"]
    assert "denied" in {finding["state"] for finding in findings}
    return findings


@pytest.mark.parametrize("given", ["list", "JSON", "what-jinja-makes-of-a-list"])
def test_what_is_acknowledged_is_reported_but_fails_nothing(emulator: Emulator, given: str) -> None:
    known = known_so_far()
    convert: Any = {"list": list, "JSON": json.dumps, "what-jinja-makes-of-a-list": str}[given]
    ending = reconcile(on_findings="fail", acknowledged=convert(known))
    assert ending.state == "succeeded"
    assert ending.result["counts"]["acknowledged"] == len(known)
    assert ending.result["counts"]["denied"] == 0, "those are counted apart"
    assert ending.result["findings"] == [
        {**finding, "acknowledged": True, "correlation_id": mine["correlation_id"]}
        for finding, mine in zip(known, ending.result["findings"], strict=True)
    ]


def test_an_acknowledged_denial_that_changes_is_new(emulator: Emulator) -> None:
    known = known_so_far()
    denied = magic.customer_id("education-denied")
    emulator.configure(
        denied,
        qualifications=[{"qualification": "Education", "vettingStatus": "Denied", "vettingReason": "Another reason"}],
    )
    ending = reconcile(on_findings="fail", acknowledged=known)
    assert ending.state == "failed"
    assert "The reconciliation has 1 findings." in ending.message
    assert f"Customer {denied} (Contoso School 22): Education was denied (request of " in ending.message
    assert "Microsoft's reason: Another reason." in ending.message
    assert [finding["acknowledged"] for finding in ending.xcom["findings"]] == [False] + [True] * (len(known) - 1)


def test_an_unreadable_acknowledgement_is_refused_before_any_call(emulator: Emulator) -> None:
    ending = reconcile(acknowledged=[{"customer_id": STRANGER}])
    assert ending.state == "failed"
    assert "row 0 of 'acknowledged': qualification is missing" in ending.message
    assert emulator.journal() == []


def test_each_new_finding_is_logged_as_a_sentence(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    emulator.configure(ordinary_id(1), faults=[{"kind": "answer", "status": 500, "times": 100, "methods": ["GET"]}])
    known = known_so_far(wanted=[])
    news = next(finding for finding in known if finding["customer_id"] == ordinary_id(1))
    known.remove(news)
    capsys.readouterr()
    gone = {**known[0], "since": "2001-01-01"}
    reconcile(wanted=wanted(STRANGER), acknowledged=[*known, gone])
    told = capsys.readouterr().out
    assert f"Customer {STRANGER}: Education is wanted for a customer that is not in the partner's list." in told
    assert "): its list of qualifications could not be read. Reason: " in told
    assert "(HTTP 500" in told
    assert "What to do: try again later; if it happens again" in told
    assert "[correlation id " in told
    assert "None" not in told
    assert "1 rows of 'acknowledged' match no finding of this run" in told
    assert f"{gone['customer_id']} {gone['qualification']} {gone['state']}" in told


def test_what_is_wanted_is_checked_before_any_call(emulator: Emulator) -> None:
    ending = reconcile(wanted=[{"customer_id": "contoso"}])
    assert ending.state == "failed"
    assert "row 0 of 'wanted': customer_id 'contoso' is not a GUID" in ending.message
    assert emulator.journal() == []


def test_a_sign_in_that_is_refused_ends_it(emulator: Emulator) -> None:
    emulator.faults(Mix(rate=1.0, kinds=("login-invalid-client",)))
    ending = reconcile()
    assert ending.state == "failed"
    assert "AADSTS7000215" in ending.message


def test_too_many_findings_for_the_database(emulator: Emulator) -> None:
    many = [f"20000000-0000-4000-8000-{number:012d}" for number in range(500)]
    ending = reconcile(wanted=wanted(*many))
    assert ending.result["counts"]["unknown_customer"] == 500
    assert 0 < ending.result["omitted"] < ending.result["counts"]["unknown_customer"] + 200
    assert len(json.dumps(ending.result)) < 33_000
