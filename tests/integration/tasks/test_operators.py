"""The operators as a DAG uses them, judged by what they return, how they end, and which requests were made."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG, Param, task

from airflow_provider_partnercenter.compat import conf
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.partner.codes import GCC_CODE, GCC_CODE_USED_UP
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Chance, Settings
from airflow_provider_partnercenter.links.partnercenter import customer_page, with_customer_link
from airflow_provider_partnercenter.operators.qualification import (
    PartnerCenterGetQualificationOperator,
    PartnerCenterUpdateQualificationOperator,
)
from airflow_provider_partnercenter.qualification.waiting.wait import WaitOptions
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor
from airflow_provider_partnercenter.testing.clock import Clock
from tests.airflow_versions import DagSerialization
from tests.support.task_modes import MODES, TaskInstance, TaskStateStore, run

if TYPE_CHECKING:
    from tests.support.plain_api import Api

CUSTOMER = ordinary_id(1)
CONNECTION = "AIRFLOW_CONN_PARTNERCENTER_DEFAULT"
LONG_AGO = magic.LONG_AGO.isoformat()


@pytest.fixture(autouse=True)
def connection(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONNECTION, emulator.connection_json())


def customer_id(customer: str) -> str:
    row = magic.BY_NAME.get(customer)
    return row.customer_id if row else customer


def entry(qualification: str, status: str | None = None, reason: str | None = None, date: str | None = None) -> Any:
    return {
        "qualification": qualification,
        "vetting_status": status,
        "vetting_reason": reason,
        "vetting_created_date": date,
    }


# -- reading ----------------------------------------------------------------------------------------------------------


def read(customer: str, **arguments: Any) -> PartnerCenterGetQualificationOperator:
    return PartnerCenterGetQualificationOperator(task_id="read", customer_id=customer_id(customer), **arguments)


DENIED_ENTRY = entry("Education", "Denied", "Not an Education Customer", LONG_AGO)
READ = {
    CUSTOMER: [],
    "education-held": [entry("Education", "Approved")],
    "education-denied": [DENIED_ENTRY],
    "education-denied-undated": [entry("Education", "Denied", "Not an Education Customer")],
    "state-owned-held": [entry("StateOwnedEntity")],
    "shape-pascal-case": [
        entry("Education", "Denied", "Not an education customer", "2020-07-09T00:00:00+00:00"),
    ],
    "unqualified-none-entry": [],
    "unqualified-no-content": [],
    "error-500-once": [],
    "error-503-once": [],
    "throttled-once": [],
}


@pytest.mark.parametrize("customer", READ)
def test_reading_what_a_customer_has(customer: str, clock: Clock) -> None:
    ending = run(lambda: read(customer), clock)
    assert ending.state == "succeeded"
    assert ending.result == [{"customer_id": customer_id(customer), **item} for item in READ[customer]]


@pytest.mark.parametrize("customer", ["shape-wrapper", "shape-pascal-case", "shape-byte-order-mark"])
def test_reading_every_shape_of_a_request_in_review(customer: str, api: Api, clock: Clock) -> None:
    assert api.submit(customer).ok
    [held] = run(lambda: read(customer), clock).result
    assert (held["qualification"], held["vetting_status"]) == ("Education", "InReview")


@pytest.mark.parametrize(
    ("customer", "expected"),
    [(CUSTOMER, []), ("education-held", ["Education"]), ("gcc-held", ["GovernmentCommunityCloud"]),
     ("education-denied", [])],
)  # fmt: skip
def test_reading_by_synchronous_validation(
    customer: str, expected: list[str], emulator: Emulator, clock: Clock
) -> None:
    ending = run(lambda: read(customer, validation="synchronous"), clock)
    assert [item["qualification"] for item in ending.result] == expected
    assert [call["path"].rpartition("/")[2] for call in emulator.journal(customer)] == ["qualification"]


READ_FAILURES = {
    "no-relationship": ("failed", "code 20002"),
    "unknown-customer": ("failed", "code 1000"),
    "error-bare-string": ("failed", "The request could not be understood"),
    "throttled": ("retried", "HTTP 429"),
    "error-html": ("retried", "HTTP 502"),
    "no-guid": ("failed", "customer_id 'no-guid' is not a GUID"),
}


@pytest.mark.parametrize("validation", ["asynchronous", "synchronous"])
@pytest.mark.parametrize("customer", READ_FAILURES)
def test_what_a_retry_cannot_cure_is_not_retried(customer: str, validation: str, clock: Clock) -> None:
    state, says = READ_FAILURES[customer]
    ending = run(lambda: read(customer, validation=validation), clock)
    assert ending.state == state
    assert says in ending.message


# -- submitting -------------------------------------------------------------------------------------------------------


def update(customer: str = CUSTOMER, **arguments: Any) -> PartnerCenterUpdateQualificationOperator:
    arguments = {"qualification": "Education", "education_segment": "K12", "preflight": "off", **arguments}
    return PartnerCenterUpdateQualificationOperator(task_id="submit", customer_id=customer_id(customer), **arguments)


def posts(emulator: Emulator, customer: str = CUSTOMER) -> list[dict[str, Any]]:
    return emulator.journal(customer, method="POST") + emulator.journal(customer, method="PUT")


def test_a_request_is_submitted_and_its_record_is_complete(emulator: Emulator, clock: Clock) -> None:
    ending = run(lambda: update(website="contoso.edu"), clock)

    [post] = posts(emulator)
    assert post["body"] == {"qualification": "Education", "educationSegment": "K12", "website": "contoso.edu"}
    assert post["authorization"] == "app+user"
    assert ending.state == "succeeded"
    assert ending.result == {
        "customer_id": CUSTOMER,
        **entry("Education", "InReview", None, ending.result["vetting_created_date"]),
        "outcome": "in_review",
        "submitted": True,
        "submitted_at": clock_text(ending.result["submitted_at"]),
        "request_id": post["request_id"],
        "correlation_id": post["correlation_id"],
        "baseline": [],
        "preflight": [],
    }
    assert {call["correlation_id"] for call in emulator.journal(CUSTOMER)} == {post["correlation_id"]}


def clock_text(text: str) -> str:
    assert text.endswith("+00:00")
    return text


AS_FOUND: dict[str, tuple[str, dict[str, Any]]] = {
    "education-held": ("approved", {}),
    "education-in-review": ("in_review", {}),
    "state-owned-held": ("approved", {"qualification": "StateOwnedEntity", "education_segment": None}),
    "gcc-held": ("approved", {"qualification": "GovernmentCommunityCloud", "validation_code": GCC_CODE}),
}


@pytest.mark.parametrize("customer", AS_FOUND)
def test_what_is_held_or_in_review_is_not_requested_again(customer: str, emulator: Emulator, clock: Clock) -> None:
    outcome, arguments = AS_FOUND[customer]
    ending = run(lambda: update(customer, **arguments), clock)
    assert posts(emulator, customer) == []
    assert (ending.state, ending.result["outcome"], ending.result["submitted"]) == ("succeeded", outcome, False)
    assert ending.result["submitted_at"] is ending.result["request_id"] is None


def test_every_further_run_finds_the_first_ones_request(emulator: Emulator, clock: Clock) -> None:
    first = run(lambda: update("never-decided"), clock)
    again = [run(lambda: update("never-decided"), clock) for _ in range(3)]
    assert len(posts(emulator, "never-decided")) == 1
    assert [first.result["submitted"], *(ending.result["submitted"] for ending in again)] == [True, False, False, False]


def test_education_and_government_exclude_each_other(emulator: Emulator, clock: Clock) -> None:
    gcc = {"qualification": "GovernmentCommunityCloud", "validation_code": GCC_CODE}
    for customer, arguments in (("gcc-held", {}), ("education-held", gcc), ("education-in-review", gcc)):
        ending = run(lambda: update(customer, **arguments), clock)  # noqa: B023
        assert ending.state == "failed"
        assert "excludes" in ending.message
        assert posts(emulator, customer) == []


REFUSED_ARGUMENTS = {
    "no GUID": ({"customer_id": "7"}, "customer_id '7' is not a GUID"),
    "unknown": ({"qualification": "Educated"}, "qualification 'Educated' is unknown"),
    "none": ({"qualification": "None"}, "qualification None cannot be requested"),
    "nonprofit": ({"qualification": "Nonprofit"}, "qualification Nonprofit cannot be requested"),
    "no segment": ({"education_segment": "None"}, "education_segment is missing"),
    "segment": ({"education_segment": "K13"}, "education_segment 'K13' is unknown"),
    "no code": ({"qualification": "GovernmentCommunityCloud", "validation_code": ""}, "validation_code is missing"),
    "legacy": ({"qualification": "StateOwnedEntity", "validation": "synchronous"}, "by synchronous validation"),
}


@pytest.mark.parametrize("case", REFUSED_ARGUMENTS)
def test_what_can_never_be_submitted_is_refused_before_any_call(case: str, emulator: Emulator, clock: Clock) -> None:
    arguments, says = REFUSED_ARGUMENTS[case]
    given: dict[str, Any] = {
        "customer_id": CUSTOMER,
        "qualification": "Education",
        "education_segment": "K12",
        **arguments,
    }
    ending = run(lambda: PartnerCenterUpdateQualificationOperator(task_id="submit", **given), clock)
    assert ending.state == "failed"
    assert says in ending.message
    assert emulator.journal() == []


def test_an_app_only_connection_is_refused_before_any_call(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    document = emulator.connection()
    del document["extra"]["refresh_token"]
    monkeypatch.setenv(CONNECTION, json.dumps(document))
    for validation in ("asynchronous", "synchronous"):
        ending = run(lambda: update(validation=validation), clock)  # noqa: B023
        assert ending.state == "failed"
        assert "'partnercenter_default' is App-only and can only read" in ending.message
        assert "refresh_token" in ending.message
    assert emulator.journal() == []
    assert run(lambda: read(CUSTOMER), clock).result == []


def test_a_government_request_carries_its_code_twice(emulator: Emulator, clock: Clock) -> None:
    gcc: dict[str, Any] = {"qualification": "GovernmentCommunityCloud", "education_segment": None}
    ending = run(lambda: update(**gcc, validation_code=GCC_CODE), clock)
    [post] = posts(emulator)
    assert (ending.state, post["query"]) == ("succeeded", f"code={GCC_CODE}")
    assert post["body"] == {"qualification": "GovernmentCommunityCloud", "validationCode": GCC_CODE}

    ending = run(lambda: update(ordinary_id(2), **gcc, validation_code=GCC_CODE_USED_UP), clock)
    assert ending.state == "failed"
    assert "has no uses left" in ending.message


def test_a_state_owned_entity_needs_no_vetting(emulator: Emulator, clock: Clock) -> None:
    ending = run(lambda: update(qualification="StateOwnedEntity", wait_for_approval=True, deferrable=True), clock)
    assert (ending.result["outcome"], ending.result["vetting_status"]) == ("approved", None)
    assert ending.deferral is None
    assert len(posts(emulator)) == 1


# -- denials ----------------------------------------------------------------------------------------------------------


def test_a_denial_fails_at_once_with_its_record(clock: Clock) -> None:
    ending = run(lambda: update("denied-not-academic-domain"), clock)
    assert ending.state == "failed"
    assert "Not an Academic Domain" in ending.message
    assert "What to do: the customer's domain is not academic" in ending.message
    assert "At most 2 of 3 verification requests are left" in ending.message
    assert ending.xcom["outcome"] == "denied"
    assert ending.xcom["submitted"] is True
    assert ending.xcom["attempts_left"] == 2


def test_a_denial_is_returned_if_that_is_wanted(clock: Clock) -> None:
    ending = run(lambda: update("denied-not-academic-domain", on_denied="return"), clock)
    assert (ending.state, ending.result["outcome"], ending.xcom) == ("succeeded", "denied", None)


def test_nothing_is_pushed_by_a_task_that_must_not(clock: Clock) -> None:
    ending = run(lambda: update("denied-not-academic-domain", do_xcom_push=False), clock)
    assert (ending.state, ending.xcom) == ("failed", None)


RESUBMISSIONS = {
    "not named": ("education-denied", None, None),
    "named by its date": ("education-denied", LONG_AGO, "approved"),
    "named in another notation": ("education-denied", "2026-01-15T10:30:00.885+01:00", "approved"),
    "another denial named": ("education-denied", "2026-01-15T09:30:01Z", None),
    "a dated one named by its reason": ("education-denied", "Not an Education Customer", None),
    "undated, named by its reason": ("education-denied-undated", "not an education customer", "approved"),
    "undated, another reason": ("education-denied-undated", "Not an Academic Domain", None),
    "left empty in a form": ("education-denied-undated", "None", None),
    "denied again": ("education-denied-again", LONG_AGO, "denied"),
    "listed beside the new one": ("keeps-old-entries", LONG_AGO, "approved"),
}


@pytest.mark.parametrize("case", RESUBMISSIONS)
def test_only_the_denial_that_was_named_is_followed_by_a_request(case: str, emulator: Emulator, clock: Clock) -> None:
    customer, named, outcome = RESUBMISSIONS[case]
    ending = run(lambda: update(customer, resubmit_denied_of=named, on_denied="return"), clock)
    assert len(posts(emulator, customer)) == (1 if outcome else 0)
    assert ending.result["submitted"] == bool(outcome)
    assert ending.result["outcome"] == (outcome or "denied")
    # Whoever runs the same task again names a denial that is not the newest any more.
    again = run(lambda: update(customer, resubmit_denied_of=named, on_denied="return"), clock)
    assert len(posts(emulator, customer)) == (1 if outcome else 0)
    assert again.result["outcome"] == ending.result["outcome"]
    if outcome == "denied":
        assert ending.result["attempts_left"] == 1


def test_the_error_of_a_wrong_name_has_that_name_and_the_one_of_the_denial(emulator: Emulator, clock: Clock) -> None:
    ending = run(lambda: update("education-denied", resubmit_denied_of="2026-01-15T09:30:01Z"), clock)
    assert ending.state == "failed"
    assert "resubmit_denied_of '2026-01-15T09:30:01Z' does not name the denial that is there" in ending.message
    assert f"which is {ending.xcom['resubmit_denied_of']!r}" in ending.message
    assert posts(emulator, "education-denied") == []


@pytest.mark.parametrize(
    ("run_type", "user", "requests"),
    [
        pytest.param("manual", "ann", 1, id="by-hand"),
        # A TriggerDagRunOperator starts such runs: manual in Airflow 3.2, with the user of the run that it is in.
        pytest.param("manual", None, 0, id="by-a-scheduled-run-on-3.2"),
        pytest.param("operator_triggered", "ann", 1, id="by-a-run-that-was-started-by-hand"),
        pytest.param("operator_triggered", None, 0, id="by-a-scheduled-run"),
        pytest.param("scheduled", None, 0, id="scheduled"),
        pytest.param("asset_triggered", None, 0, id="by-an-asset"),
        pytest.param("backfill", "ann", 0, id="backfill"),
    ],
)
def test_only_a_run_that_a_person_started_may_name_a_denial_by_its_reason(
    run_type: str, user: str | None, requests: int, emulator: Emulator, clock: Clock
) -> None:
    operator = update("education-denied-undated", resubmit_denied_of="Not an Education Customer", on_denied="return")
    operator.execute({"dag_run": SimpleNamespace(run_type=run_type, triggering_user_name=user)})
    assert len(posts(emulator, "education-denied-undated")) == requests


def test_the_sensor_counts_the_denial_before_the_resubmission_too(clock: Clock) -> None:
    submitted = run(lambda: update("education-denied-again", resubmit_denied_of=LONG_AGO, on_denied="return"), clock)
    for mode in MODES:
        wait = run(
            lambda: PartnerCenterQualificationSensor(
                task_id="wait",
                customer_id=customer_id("education-denied-again"),
                qualification="Education",
                submission=submitted.result,
                on_denied="return",
                **MODES[mode],  # noqa: B023
            ),
            clock,
        )
        assert wait.result["attempts_left"] == submitted.result["attempts_left"] == 1


def test_no_attempt_left_is_what_the_service_says(emulator: Emulator, clock: Clock) -> None:
    ending = run(lambda: update("attempts-used-up", resubmit_denied_of=LONG_AGO), clock)
    assert ending.state == "failed"
    assert "maximum number of verification requests" in ending.message
    assert len(posts(emulator, "attempts-used-up")) == 1


# -- the legacy endpoint ----------------------------------------------------------------------------------------------


def test_the_legacy_endpoint_is_sent_the_number(emulator: Emulator, clock: Clock) -> None:
    ending = run(lambda: update(validation="synchronous", education_segment=None), clock)
    [put] = posts(emulator)
    assert (put["method"], put["path"].rpartition("/")[2], put["body"]) == ("PUT", "qualification", 1)
    assert (ending.state, ending.result["outcome"], ending.result["submitted"]) == ("succeeded", "approved", True)

    again = run(lambda: update(validation="synchronous"), clock)
    assert (again.result["outcome"], again.result["submitted"]) == ("approved", False)
    assert len(posts(emulator)) == 1


def test_the_legacy_endpoint_sets_nothing_over_something_else(emulator: Emulator, clock: Clock) -> None:
    ending = run(lambda: update("gcc-held", validation="synchronous"), clock)
    assert ending.state == "failed"
    assert "already qualified as GovernmentCommunityCloud" in ending.message
    assert posts(emulator, "gcc-held") == []


def test_a_retired_legacy_endpoint_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(Settings(legacy_retired=True)) as emulator:
        monkeypatch.setenv(CONNECTION, emulator.connection_json())
        clock = Clock(emulator).rule(monkeypatch)
        for make in (lambda: update(validation="synchronous"), lambda: read(CUSTOMER, validation="synchronous")):
            ending = run(make, clock)
            assert ending.state == "failed"
            assert "may have retired this endpoint; use asynchronous validation" in ending.message


# -- never twice ------------------------------------------------------------------------------------------------------

# The customer, how often it is sent, and the outcome; no outcome means that nobody knows.
LOST: dict[str, tuple[int, str | None]] = {
    "lost-answer": (1, "approved"),
    "lost-answer-slow-propagation": (1, "approved"),
    "reset-before-write": (2, "approved"),
    "reset-before-every-write": (2, None),
    "slow-propagation": (1, "in_review"),
    "error-500-once": (2, "approved"),
    "throttled-once": (2, "approved"),
}


@pytest.mark.parametrize("customer", LOST)
def test_a_lost_answer_is_looked_for_before_anything_is_sent_again(
    customer: str, emulator: Emulator, clock: Clock
) -> None:
    count, outcome = LOST[customer]
    ending = run(lambda: update(customer), clock)
    sent = posts(emulator, customer)
    assert len(sent) == count
    assert len({post["request_id"] for post in sent}) == 1, "the same decision has the same id"
    if outcome:
        assert (ending.state, ending.result["outcome"], ending.result["submitted"]) == ("succeeded", outcome, True)
    else:
        assert ending.state == "failed"
        assert "the answer is missing, and reads cannot tell" in ending.message
        assert "check the customer in Partner Center" in ending.message


@pytest.mark.parametrize("customer", LOST)
def test_a_second_try_after_a_crash_never_submits_twice(customer: str, emulator: Emulator, clock: Clock) -> None:
    """The first try ends right after its POST, whatever became of it; Airflow 3.3 keeps a note of it."""
    store = TaskStateStore()
    crash_after_the_post(customer, emulator, clock, {"task_state_store": store})
    before = emulator.customer(customer)["attempts"]

    ending = run(lambda: update(customer), clock, {"task_state_store": store, "ti": TaskInstance(try_number=2)})

    carried_out = before == 1
    assert emulator.customer(customer)["attempts"] <= 1, "a customer has three attempts in its life"
    if carried_out:
        assert len(posts(emulator, customer)) == 1
        assert ending.result["submitted"] is True, "it was this task that did it"
        assert ending.result["request_id"] == posts(emulator, customer)[0]["request_id"]
        assert ending.result["baseline"] == []
    assert len({post["request_id"] for post in posts(emulator, customer)}) == 1


@pytest.mark.parametrize("customer", LOST)
def test_a_second_try_below_airflow_3_3_never_submits_twice(customer: str, emulator: Emulator, clock: Clock) -> None:
    crash_after_the_post(customer, emulator, clock, {})
    ending = run(lambda: update(customer), clock, {"ti": TaskInstance(try_number=2)})
    assert emulator.customer(customer)["attempts"] <= 1
    assert ending.state == ("failed" if customer == "reset-before-every-write" else "succeeded")


def crash_after_the_post(customer: str, emulator: Emulator, clock: Clock, context: dict[str, Any]) -> None:
    """Let the first try of the task die with its POST on the way."""
    from airflow_provider_partnercenter.client.transport.with_requests import RequestsTransport

    class Crash(BaseException):
        """Nothing in the task catches this, as nothing catches a SIGKILL."""

    send = RequestsTransport.send

    def send_and_crash(transport: Any, request: Any, timeout: float) -> Any:
        try:
            return send(transport, request, timeout)
        finally:
            if request.method == "POST":
                raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RequestsTransport, "send", send_and_crash)
        with pytest.raises(Crash):
            run(lambda: update(customer), clock, context)
    assert len(posts(emulator, customer)) == 1


def test_a_second_try_waits_for_what_may_not_be_visible_yet(emulator: Emulator, clock: Clock) -> None:
    customer = magic.propagates_after(100)
    store = TaskStateStore()
    crash_after_the_post(customer, emulator, clock, {"task_state_store": store})
    began = clock.now
    ending = run(lambda: update(customer), clock, {"task_state_store": store})
    assert ending.result["outcome"] in ("in_review", "approved")
    assert len(posts(emulator, customer)) == 1
    assert 90 < clock.now - began < 120


def test_a_refused_request_leaves_no_note(emulator: Emulator, clock: Clock) -> None:
    store = TaskStateStore()
    ending = run(lambda: update("attempts-used-up", resubmit_denied_of=LONG_AGO), clock, {"task_state_store": store})
    assert (ending.state, store.values) == ("failed", {})


def test_a_person_may_clear_a_task_whose_outcome_was_unknown(emulator: Emulator, clock: Clock) -> None:
    store = TaskStateStore()
    assert run(lambda: update("reset-before-every-write"), clock, {"task_state_store": store}).state == "failed"
    emulator.configure("reset-before-every-write", faults=[])
    ending = run(lambda: update("reset-before-every-write"), clock, {"task_state_store": store})
    assert (ending.state, ending.result["submitted"]) == ("succeeded", True)
    assert emulator.customer("reset-before-every-write")["attempts"] == 1


def test_an_approval_that_is_withdrawn_later(emulator: Emulator, clock: Clock) -> None:
    """What was approved once is only that; who looks again sees the denial, and submits nothing over it."""
    emulator.faults(withdrawn=Chance(1, 600))
    emulator.configure(CUSTOMER, vetting="seconds:60")
    first = run(lambda: update(CUSTOMER, wait_for_approval=True), clock)
    assert first.result["outcome"] == "approved"
    clock.sleep(3600)
    second = run(lambda: update(CUSTOMER, wait_for_approval=True), clock)
    assert second.state == "failed"
    assert "No longer an Education Customer" in second.message
    assert "ask Microsoft's support before anything else" in second.message
    assert len(emulator.journal(CUSTOMER, method="POST")) == 1


def test_the_note_holds_no_secret(emulator: Emulator, clock: Clock) -> None:
    store = TaskStateStore()
    run(update, clock, {"task_state_store": store})
    text = json.dumps(store.values)
    assert emulator.client_secret not in text
    assert emulator.refresh_token not in text


# -- preflight --------------------------------------------------------------------------------------------------------

PREFLIGHT = {
    "no-address": "address is missing or incomplete",
    "onmicrosoft-domain": "only onmicrosoft.com",
    "free-mail": "a free e-mail service",
    "no-delegated-access": "cannot be checked",
}


@pytest.mark.parametrize("customer", PREFLIGHT)
@pytest.mark.parametrize("mode", ["warn", "fail", "off"])
def test_preflight(mode: str, customer: str, emulator: Emulator, clock: Clock) -> None:
    ending = run(lambda: update(customer, preflight=mode, on_denied="return"), clock)
    # What cannot be seen is nothing that Microsoft denies.
    if mode == "fail" and customer != "no-delegated-access":
        assert ending.state == "failed"
        assert PREFLIGHT[customer] in ending.message
        assert posts(emulator, customer) == []
    else:
        assert ending.state == "succeeded"
        assert len(posts(emulator, customer)) == 1
        found = " ".join(ending.result["preflight"])
        assert (PREFLIGHT[customer] in found) == (mode != "off")


def test_nothing_is_wrong_with_an_ordinary_customer(emulator: Emulator, clock: Clock) -> None:
    assert run(lambda: update(preflight="fail"), clock).result["preflight"] == []


# -- in a DAG ---------------------------------------------------------------------------------------------------------


def sensor(customer: str = CUSTOMER, **arguments: Any) -> PartnerCenterQualificationSensor:
    return PartnerCenterQualificationSensor(
        task_id="wait", customer_id=customer_id(customer), qualification="Education", **arguments
    )


IMPOSSIBLE: dict[str, tuple[Any, dict[str, Any]]] = {
    "validation must be one of .*, not 'sync'": (update, {"validation": "sync"}),
    "validation must be one of .*, not 'async'": (read, {"validation": "async"}),
    "wait_for_approval needs": (update, {"validation": "synchronous", "wait_for_approval": True}),
    "preflight must be one of .*, not 'on'": (update, {"preflight": "on"}),
    "on_denied must be one of .*, not 'skip'": (update, {"on_denied": "skip"}),
    "on_denied must be one of .*, not 'retry'": (sensor, {"on_denied": "retry"}),
    "if_absent must be one of .*, not 'return'": (sensor, {"if_absent": "return"}),
    "exponential_backoff and poke_interval": (sensor, {"exponential_backoff": True, "poke_interval": 60}),
    "soft_fail and never_fail": (sensor, {"soft_fail": True, "never_fail": True}),
    "max_wait must be .*, not None": (sensor, {"max_wait": None}),
    "timeout must be .*, not None": (update, {"timeout": None}),
}
NO_WAIT: dict[str, tuple[Any, ...]] = {
    "timeout": ("7 days", -1, True, float("inf")),
    "poke_interval": ("5 min", -5, 0, timedelta(0)),
    "max_wait": ("1 h", -1, 0),
    "propagation_grace": (None, "2 min", -1, timedelta(seconds=-1)),
    "success_statuses": ("Escalated", None, [7]),
    "failure_statuses": ("Escalated", None, [7]),
}


@pytest.mark.parametrize("says", IMPOSSIBLE)
def test_what_can_never_work_is_refused_when_the_dag_is_read(says: str) -> None:
    make, arguments = IMPOSSIBLE[says]
    with pytest.raises(ValueError, match=says):
        make(CUSTOMER, **arguments)


@pytest.mark.parametrize("make", [update, sensor])
@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in NO_WAIT.items() for value in values], ids=repr
)
def test_a_wait_that_makes_no_sense_is_refused_when_the_dag_is_read(make: Any, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be .*, not "):
        make(CUSTOMER, **{name: value})
    with pytest.raises(ValueError, match=rf"^{name} must be .*, not "):
        make(CUSTOMER, dag=DAG("defaults", schedule=None, default_args={name: value}))


@pytest.mark.parametrize("make", [update, sensor])
def test_the_times_of_a_wait_are_seconds_or_a_timedelta(make: Any) -> None:
    times: dict[str, Any] = {"timeout": 7200, "poke_interval": 60, "max_wait": 600, "propagation_grace": 30}
    made = [make(CUSTOMER, **times), make(CUSTOMER, **{name: timedelta(seconds=s) for name, s in times.items()})]
    assert [each.wait_options for each in made] == [WaitOptions(**times)] * 2
    make(CUSTOMER, timeout=0, propagation_grace=0)


def test_the_sensor_takes_airflows_time_out_if_it_is_given_none() -> None:
    assert sensor(timeout=None).timeout == conf.getfloat("sensors", "default_timeout")


@pytest.mark.parametrize("mode", MODES)
def test_every_argument_of_time_may_be_a_timedelta(mode: str, emulator: Emulator, clock: Clock) -> None:
    times = {"timeout": timedelta(hours=1), "poke_interval": timedelta(minutes=1), "max_wait": timedelta(minutes=5),
             "propagation_grace": timedelta(minutes=2)}  # fmt: skip
    deferrable = MODES[mode]["deferrable"]
    submitted = run(lambda: update("approved-after-20s", **times, wait_for_approval=True, deferrable=deferrable), clock)
    assert submitted.result["outcome"] == "approved"
    waited = run(lambda: sensor("approved-after-20s", **times, **MODES[mode]), clock)
    assert waited.result["outcome"] == "approved"


@pytest.mark.parametrize(("argument", "outcome"), [("success_statuses", "approved"), ("failure_statuses", "denied")])
def test_a_status_that_the_caller_explains(argument: str, outcome: str, emulator: Emulator, clock: Clock) -> None:
    ending = run(lambda: update("unknown-status", **{argument: ["Escalated"]}, on_denied="return"), clock)
    assert (ending.result["vetting_status"], ending.result["outcome"]) == ("Escalated", outcome)


CHANGED_BY_JINJA = {"123e4567": "inf", "12E4": "120000.0", "10.50": "10.5"}


@pytest.mark.parametrize("code", CHANGED_BY_JINJA)
def test_a_code_that_native_rendering_has_changed_is_refused_before_any_call(
    code: str, emulator: Emulator, clock: Clock
) -> None:
    with DAG("native", schedule=None, render_template_as_native_obj=True):
        gcc: dict[str, Any] = {"qualification": "GovernmentCommunityCloud", "education_segment": None}
        operator = update(**gcc, validation_code="{{ params.code }}")
    operator.render_template_fields({"params": {"code": code}})
    ending = run(lambda: operator, clock)
    assert ending.state == "failed"
    assert f"validation_code must be a string, not float: {CHANGED_BY_JINJA[code]}" in ending.message
    assert emulator.journal() == []


def test_an_unknown_argument_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        update(colour="red")


def test_templates_of_a_form_that_was_left_half_empty(emulator: Emulator, clock: Clock) -> None:
    fields = ("education_segment", "website", "validation_code", "resubmit_denied_of")
    templates: dict[str, Any] = {name: f"{{{{ params.{name} }}}}" for name in fields}
    params = {"customer_id": CUSTOMER.upper(), "qualification": "Education", **dict.fromkeys(fields)}
    params |= {"education_segment": "K12", "conn": "partnercenter_default"}

    def make() -> PartnerCenterUpdateQualificationOperator:
        operator = PartnerCenterUpdateQualificationOperator(
            task_id="submit",
            customer_id="{{ params.customer_id }}",
            qualification="{{ params.qualification }}",
            partnercenter_conn_id="{{ params.conn }}",
            **templates,
        )
        operator.render_template_fields({"params": params})
        assert operator.website == "None"
        return operator

    ending = run(make, clock)
    assert ending.result["customer_id"] == CUSTOMER
    [post] = posts(emulator)
    assert post["body"] == {"qualification": "Education", "educationSegment": "K12"}


@pytest.mark.parametrize("operator", [
    PartnerCenterGetQualificationOperator, PartnerCenterUpdateQualificationOperator, PartnerCenterQualificationSensor,
])  # fmt: skip
def test_every_template_field_is_an_argument_that_is_kept_as_it_is(operator: Any) -> None:
    arguments = {name: f"{{{{ {name} }}}}" for name in operator.template_fields}
    made = operator(task_id="task", **arguments)
    assert {name: getattr(made, name) for name in operator.template_fields} == arguments


@pytest.mark.parametrize("write", [str, json.dumps, lambda result: result], ids=["Jinja", "JSON", "XComArg"])
def test_the_sensor_reads_the_submission_in_every_form(write: Any, clock: Clock) -> None:
    submitted = run(lambda: update("approved-after-20s"), clock).result
    ending = run(
        lambda: PartnerCenterQualificationSensor(
            task_id="wait",
            customer_id=submitted["customer_id"],
            qualification="Education",
            submission=write(submitted),
            deferrable=True,
        ),
        clock,
    )
    assert (ending.state, ending.result["outcome"]) == ("succeeded", "approved")


@pytest.mark.parametrize(
    ("submission", "says"),
    [("no result", "submission is not the result of"), ({"a": 1}, "submission is not the result of"),
     ({"customer_id": CUSTOMER, "qualification": "Education", "submitted": True}, "'submission' is for Education")],
)  # fmt: skip
def test_a_submission_of_something_else_is_refused(
    submission: Any, says: str, emulator: Emulator, clock: Clock
) -> None:
    for mode in MODES.values():
        ending = run(
            lambda: PartnerCenterQualificationSensor(
                task_id="wait", customer_id=ordinary_id(2), qualification="Education", submission=submission,
                **mode,  # noqa: B023
            ),
            clock,
        )  # fmt: skip
        assert ending.state == "failed"
        assert says in ending.message
    assert emulator.journal() == []


def some_dag() -> DAG:
    with DAG("onboard", schedule=None, params={"customer_id": Param(CUSTOMER)}) as dag:
        read_all = PartnerCenterGetQualificationOperator.partial(task_id="read").expand(
            customer_id=[ordinary_id(1), ordinary_id(2)]
        )
        submit = update("{{ params.customer_id }}", wait_for_approval=True, deferrable=True, timeout=timedelta(days=2))
        wait = PartnerCenterQualificationSensor(
            task_id="wait",
            customer_id="{{ params.customer_id }}",
            qualification="Education",
            submission=submit.output,
            mode="reschedule",
            poke_interval=timedelta(minutes=10),
        )
        waits = PartnerCenterQualificationSensor.partial(
            task_id="waits", qualification="Education", deferrable=True, timeout=timedelta(days=1)
        ).expand(customer_id=[ordinary_id(1), ordinary_id(2)])
        submits = PartnerCenterUpdateQualificationOperator.partial(
            task_id="submits", qualification="Education", education_segment="K12", pool="partnercenter"
        ).expand_kwargs([{"customer_id": ordinary_id(1)}, {"customer_id": ordinary_id(2), "website": "contoso.edu"}])

        @task
        def done(verdict: Any) -> None:
            """What follows."""

        read_all >> submit
        with_customer_link(done(wait.output)) >> [waits, submits]
    return dag


def test_a_dag_survives_airflows_serializer() -> None:
    encoded = json.loads(json.dumps(DagSerialization.to_dict(some_dag())))
    DagSerialization.validate_schema(encoded)
    dag = DagSerialization.from_dict(encoded)
    assert set(dag.task_dict) == {"read", "submit", "wait", "waits", "submits", "done"}
    for name, operator in dag.task_dict.items():
        links = {link.name: link.xcom_key for link in operator.operator_extra_links}
        assert links == {"Customer in Partner Center": "_link_PartnerCenterCustomerLink"}, name
        assert name == "done" or "customer_id" in operator.template_fields
    wait: Any = dag.get_task("wait")
    assert wait.customer_id == "{{ params.customer_id }}"


def test_a_dag_serializes_alike_each_time() -> None:
    """Else Airflow would make a new version of the DAG at every parse."""
    first, second = (json.dumps(DagSerialization.to_dict(some_dag())["dag"], sort_keys=True) for _ in range(2))
    assert first == second


def test_a_mapped_task_takes_its_own_customer(clock: Clock) -> None:
    operators: Any = some_dag().get_task("waits")
    made = operators.unmap({"customer_id": ordinary_id(2)})
    assert (made.customer_id, made.wait_options.timeout, made.deferrable) == (ordinary_id(2), 86400, True)


def test_a_mapped_task_whose_arguments_are_other_tasks_results(clock: Clock) -> None:
    with DAG("mapped", schedule=None):
        # Any, because the hints of Airflow do not know that one may take a part of an output.
        customers: Any = PartnerCenterGetQualificationOperator(task_id="customers", customer_id=CUSTOMER).output
        waits = {"timeout": timedelta(days=1), "poke_interval": 60, "propagation_grace": timedelta(minutes=1)}
        submit = PartnerCenterUpdateQualificationOperator.partial(
            task_id="submit", qualification="Education", education_segment=customers["segment"], **waits
        ).expand(customer_id=customers)
        wait = PartnerCenterQualificationSensor.partial(
            task_id="wait", qualification="Education", submission=submit.output, **waits
        ).expand(customer_id=customers)
    for mapped in (submit, wait):
        made: Any = mapped.unmap({"customer_id": CUSTOMER})
        assert (made.customer_id, made.wait_options.timeout, made.wait_options.propagation_grace) == (
            CUSTOMER,
            86400,
            60,
        )
        with pytest.raises(ValueError, match=r"^timeout must be .*, not '1 day'"):
            mapped.unmap({"customer_id": CUSTOMER, "timeout": "1 day"})


def test_operators_can_be_copied() -> None:
    """Airflow copies a task before it renders its templates."""
    sensor = PartnerCenterQualificationSensor(task_id="wait", customer_id=CUSTOMER, qualification="Education")
    for operator in (read(CUSTOMER), update(), sensor):
        assert copy.deepcopy(operator).customer_id == CUSTOMER


def test_the_link_leads_to_the_customer() -> None:
    operator = update()
    [link] = operator.operator_extra_links
    assert link.get_link(operator, ti_key=None) == customer_page(CUSTOMER)
    assert customer_page(CUSTOMER).startswith("https://partner.microsoft.com/")
    operator.customer_id = "javascript:alert(1)"
    assert link.get_link(operator, ti_key=None) == ""


@pytest.mark.parametrize("customer", magic.BY_NAME)
def test_no_result_or_message_tells_a_secret(emulator: Emulator, clock: Clock, customer: str) -> None:
    text = repr(run(lambda: update(customer), clock))
    for secret in (emulator.client_secret, emulator.refresh_token, "eyJ"):
        assert secret not in text
