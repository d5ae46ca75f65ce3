"""One run for each customer and event, and for each approval, as Airflow's API answers it to a task."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, OKResponse

from airflow_provider_partnercenter.exceptions import OnboardingNotStartedError, OnboardingRefusedError
from airflow_provider_partnercenter.tasks.starting import Start, start_follow_ups, start_onboarding, start_onboardings
from tests.airflow_versions import TASKS_WRITE_NOTES

CUSTOMER = "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"
EVENT = {"customer_id": CUSTOMER, "event_id": "4711", "qualification": "Education"}
RUN = f"onboard-{CUSTOMER}-4711"
REASON = "Invalid input for param customer_id: 'x1' does not match '^c'"


class Supervisor:
    """Starts runs, or answers with trouble."""

    def __init__(self):
        self.trouble, self.runs, self.notes = None, {}, {}

    def send(self, message):
        if isinstance(self.trouble, Exception):
            raise self.trouble
        if self.trouble:
            return self.trouble
        if message.run_id in self.runs:
            return ErrorResponse(error=ErrorType.DAGRUN_ALREADY_EXISTS)
        self.notes[message.run_id] = getattr(message, "note", None)
        self.runs[message.run_id] = (message.dag_id, message.conf, message.logical_date)
        return OKResponse(ok=True)


def api_error(status, detail):
    error = ErrorResponse(
        error=ErrorType.API_SERVER_ERROR,
        detail={"status_code": status, "message": "Server returned error", "detail": {"detail": detail}},
    )
    return AirflowRuntimeError(error)


@pytest.fixture
def supervisor(monkeypatch):
    supervisor = Supervisor()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
    return supervisor


def test_an_event_starts_one_run(supervisor):
    assert start_onboarding(EVENT) == Start(CUSTOMER, RUN, new=True)
    assert start_onboarding(EVENT) == Start(CUSTOMER, RUN, new=False)
    conf = {"customer_id": CUSTOMER, "qualification": "Education"}
    assert supervisor.runs == {RUN: ("onboard_customer", conf, None)}


def test_the_dag_and_what_the_event_does_not_say_may_be_given(supervisor):
    start_onboarding({"event_id": 1}, CUSTOMER, dag_id="ours", params={"qualification": "StateOwnedEntity"})
    start_onboarding(EVENT, params={"qualification": "StateOwnedEntity", "website": "contoso.edu"})
    assert list(supervisor.runs.values()) == [
        ("ours", {"customer_id": CUSTOMER, "qualification": "StateOwnedEntity"}, None),
        ("onboard_customer", {"customer_id": CUSTOMER, "qualification": "Education", "website": "contoso.edu"}, None),
    ]


def test_what_is_no_event_starts_nothing(supervisor):
    with pytest.raises(OnboardingRefusedError, match=r"names no customer\. What to do: send"):
        start_onboarding({"event_id": "1"})
    assert supervisor.runs == {}


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (api_error(400, {"reason": "value_error", "message": f"{REASON}\n\nFailed validating"}), REASON),
        (api_error(404, {"reason": "not_found", "message": "Dag with dag_id: 'ours' not found"}), "'ours' not found"),
        (api_error(404, "Not Found"), "Not Found"),
        (api_error(422, [{"loc": ["body"], "msg": "wrong"}]), "wrong"),
    ],
)
def test_a_dag_that_refuses_it(supervisor, trouble, reason):
    supervisor.trouble = trouble
    with pytest.raises(OnboardingRefusedError) as refused:
        start_onboarding(EVENT)
    text = str(refused.value)
    assert text.startswith(f"Customer {CUSTOMER}: ")
    assert RUN in text
    assert reason in text
    assert "\n" not in text


@pytest.mark.parametrize(
    "trouble",
    [
        api_error(500, {"reason": "database"}),
        api_error(
            400, {"reason": "import_errors", "message": "Dag with dag_id 'ours' has import errors and cannot be"}
        ),
        api_error(503, None),
        ErrorResponse(error=ErrorType.GENERIC_ERROR),
        EOFError(),
        ConnectionResetError(),
    ],
)
def test_an_api_that_cannot_start_it_now(supervisor, trouble):
    supervisor.trouble = trouble
    with pytest.raises(OnboardingNotStartedError, match=RUN):
        start_onboarding(EVENT)


def test_a_company_is_the_note_of_its_run(supervisor):
    start_onboarding({**EVENT, "company_name": "Contoso"})
    assert supervisor.runs[RUN][1]["company_name"] == "Contoso"
    assert supervisor.notes.get(RUN) == ("Contoso" if TASKS_WRITE_NOTES else None)


OTHER = "5b1a2c3d-0000-4000-8000-000000000001"


def test_several_events_start_several_runs(supervisor):
    events = [(EVENT, None), ({}, OTHER), (EVENT, CUSTOMER)]
    assert start_onboardings(events) == [
        Start(CUSTOMER, RUN, new=True), Start(OTHER, f"onboard-{OTHER}", new=True), Start(CUSTOMER, RUN, new=False)
    ]  # fmt: skip


def test_what_cannot_start_does_not_stop_the_others(supervisor):
    with pytest.raises(OnboardingRefusedError, match="2 onboardings were not started"):
        start_onboardings([({}, None), ("[]", OTHER), (EVENT, None)])
    assert list(supervisor.runs) == [RUN]


def test_what_can_be_started_later_is_retried_whatever_else_was_refused(supervisor):
    supervisor.trouble = EOFError()
    with pytest.raises(OnboardingNotStartedError, match="1 onboardings could not be started now"):
        start_onboardings([({}, None), (EVENT, None)])


APPROVED = {"customer_id": CUSTOMER, "qualification": "Education", "outcome": "approved", "vetting_status": "Approved"}
FOLLOW_UP = f"follow-up-{CUSTOMER}-Education"


def test_an_approval_starts_one_run(supervisor):
    again: dict[str, Any] = {**APPROVED, "from_rest_api": True}
    told = [APPROVED, {**APPROVED, "qualification": "StateOwnedEntity"}, again]
    other = f"follow-up-{CUSTOMER}-StateOwnedEntity"
    assert start_follow_ups(told) == [
        Start(CUSTOMER, FOLLOW_UP, new=True), Start(CUSTOMER, other, new=True), Start(CUSTOMER, FOLLOW_UP, new=False)
    ]  # fmt: skip
    assert supervisor.runs == {
        FOLLOW_UP: ("after_approval", APPROVED, None),
        other: ("after_approval", {**APPROVED, "qualification": "StateOwnedEntity"}, None),
    }


@pytest.mark.parametrize("outcome", ["denied", "in_review", None])
def test_what_is_not_approved_starts_nothing(supervisor, outcome):
    assert start_follow_ups([{**APPROVED, "outcome": outcome}]) == []
    assert supervisor.runs == {}


def test_the_dag_that_follows_may_be_given(supervisor):
    start_follow_ups([APPROVED], dag_id="ours")
    assert [dag_id for dag_id, _, _ in supervisor.runs.values()] == ["ours"]


def test_an_approval_that_is_none_does_not_stop_the_others(supervisor):
    told = [{**APPROVED, "customer_id": "contoso"}, {"outcome": "approved"}, APPROVED]
    with pytest.raises(
        OnboardingRefusedError, match=r"2 follow-ups were not started\. First: .*'contoso' is not a GUID"
    ):
        start_follow_ups(told)
    assert list(supervisor.runs) == [FOLLOW_UP]


def test_a_follow_up_that_cannot_be_started_now(supervisor):
    supervisor.trouble = EOFError()
    with pytest.raises(OnboardingNotStartedError, match=f"1 follow-ups could not be started now.*{FOLLOW_UP}"):
        start_follow_ups([APPROVED])
