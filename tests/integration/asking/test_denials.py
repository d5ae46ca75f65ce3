"""A denial is asked about, and what is answered is done once: over retries, clears and killed workers."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.assets import verdicts_asset
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.links.partnercenter import customer_page
from airflow_provider_partnercenter.operators.denial import PartnerCenterDenialOperator
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from tests.airflow_versions import TASKS_REMEMBER
from tests.support.tasks.asking import ANNA, WAITS, AskingTask
from tests.support.tasks.runner import Supervisor, instance, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.testing.clock import Clock

pytestmark = pytest.mark.since_airflow("3.1", "tasks that ask people")

CUSTOMER = ordinary_id(1)
REASON = "Not an Academic Domain"
EDUCATION: dict[str, Any] = {"customer_id": CUSTOMER, "qualification": "Education", "education_segment": "K12"}
remembers = pytest.mark.since_airflow("3.3", "tasks that remember answers")


@pytest.fixture(autouse=True)
def connection(clock: Clock, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", emulator.connection_json())


@pytest.fixture
def request_it(emulator: Emulator, supervisor: Supervisor, clock: Clock) -> Callable[..., Any]:
    """Request Education for the customer, in a run of its own, and return the result."""

    def request(**changes: Any) -> Any:
        make = partial(PartnerCenterUpdateQualificationOperator, on_denied="return", **{**EDUCATION, **changes})
        state, _, error = run(instance(make))
        assert state == "success", error
        return supervisor.pushed.pop("return_value")

    return request


@pytest.fixture
def denied(emulator: Emulator, request_it: Callable[..., Any], clock: Clock) -> dict[str, Any]:
    """The customer's first denial."""
    emulator.configure(CUSTOMER, vetting="at-once", verdict=f"deny:{REASON}")
    verdict: dict[str, Any] = request_it()
    clock.sleep(3600)
    return verdict


@pytest.fixture
def task(supervisor: Supervisor, denied: dict[str, Any]) -> AskingTask:
    """The task that asks about it, before its first try."""
    return AskingTask(supervisor, PartnerCenterDenialOperator, **EDUCATION, company_name="Contoso [Ltd]")


def posts(emulator: Emulator) -> list[dict[str, Any]]:
    return list(emulator.journal(CUSTOMER, method="POST"))


def attempts(emulator: Emulator) -> int:
    return int(emulator.customer(CUSTOMER)["attempts"])


def test_a_denial_is_shown_with_what_has_to_be_known(task: AskingTask, supervisor: Supervisor) -> None:
    assert task.begin() in WAITS
    question = supervisor.question
    assert question.subject == "Education of Contoso [Ltd] was denied. Resubmit?"
    for part in (
        "Contoso \\[Ltd\\]", CUSTOMER, f"Reason: {REASON}", "domain is not academic", "at most 2 of 3",
        f"({customer_page(CUSTOMER)})",
    ):  # fmt: skip
        assert part in question.body
    assert question.options == ["Resubmit", "Give up"]
    assert not question.defaults
    assert list(question.params) == ["education_segment", "website", "resubmit_denied_of", "about"]
    segment = question.params["education_segment"]
    assert (segment["value"], segment["schema"]["enum"]) == (None, [None, "K12", "HigherEducation"])
    assert segment["schema"]["values_display"] == {"null": "as before"}
    assert "as before, K12" in segment["description"]


def test_resubmit_sends_one_request_that_names_the_denial(
    task: AskingTask, emulator: Emulator, denied: dict[str, Any]
) -> None:
    task.begin()
    assert task.answer("Resubmit", {"education_segment": "HigherEducation", "website": "contoso.edu"}) == "success"
    result = task.result
    assert (result["submitted"], result["outcome"]) == (True, "denied")
    assert result["answered_by"]["name"] == ANNA["name"]
    assert result["answered_by"]["id"] == ANNA["id"]
    assert result["baseline"][0]["vetting_created_date"] == denied["vetting_created_date"]
    assert result["resubmit_denied_of"] != denied["resubmit_denied_of"]
    assert attempts(emulator) == 2
    _, second = posts(emulator)
    assert second["request_id"] == result["request_id"]


def test_an_empty_field_keeps_what_was_requested(task: AskingTask, emulator: Emulator) -> None:
    emulator.configure(CUSTOMER, verdict="approve")
    task.begin()
    assert task.answer("Resubmit", {"website": "", "education_segment": None}) == "success"
    [_, second] = posts(emulator)
    assert second["body"]["educationSegment"] == "K12"
    assert not second["body"].get("website")


def test_giving_up_fails_for_good_and_says_who(task: AskingTask, emulator: Emulator, supervisor: Supervisor) -> None:
    task.begin()
    assert task.answer("Give up") == "failed"
    assert "Education was given up: anna gave up." in task.error
    given_up = supervisor.pushed["given_up"]
    assert (given_up["customer_id"], given_up["qualification"]) == (CUSTOMER, "Education")
    assert given_up["by"]["id"] == "7"
    assert attempts(emulator) == 1


@remembers
def test_no_retry_asks_again_after_giving_up_but_a_person_who_clears_it_is_asked(
    task: AskingTask, supervisor: Supervisor
) -> None:
    task.begin()
    task.answer("Give up")
    # The worker was killed before Airflow knew that the task has failed.
    assert task.begin() == "failed"
    assert "anna gave up" in task.error
    assert supervisor.asked == 1
    assert task.clear() in WAITS
    assert task.answer("Resubmit") == "success"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"params_input": {}}, "about is missing"),
        ({"params_input": {"about": f"{CUSTOMER} Education"}}, "resubmit_denied_of is missing"),
        ({"params_input": {"resubmit_denied_of": "x", "sector": "K12"}}, "no field 'sector'"),
        ({"form": {"validation_code": "12345"}}, "a request for Education has no validation_code"),
        ({"form": {"website": "https://contoso.edu/"}}, "is not a host name"),
        # Before 3.3, Airflow itself finds these, in the triggerer.
        ({"form": {"website": ["contoso.edu"]}}, "contoso.edu"),
        ({"form": {"education_segment": "Kindergarten"}}, "'Kindergarten' is"),
        ({"params_input": ["K12"]}, "the form must be an object"),
        ({"chosen_options": ["Resubmit", "Give up"]}, "is not one of the options"),
        ({"chosen_options": []}, "is not one of the options"),
        ({"responded_by_user": {}}, "does not say who answered"),
        ({"error": "'K13' is not one of …", "error_type": "validation"}, "'K13' is not one of"),
    ],
)
def test_an_answer_that_makes_no_sense_is_asked_for_again(
    task: AskingTask,
    emulator: Emulator,
    supervisor: Supervisor,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, Any],
    says: str,
) -> None:
    task.begin()
    caplog.clear()
    assert task.answer("Resubmit", **changes) in WAITS
    assert says in " ".join(" ".join(caplog.messages).split()), "long lines are wrapped"
    assert supervisor.asked == 2
    assert attempts(emulator) == 1
    assert task.answer("Resubmit") == "success"
    assert attempts(emulator) == 2


TIMED_OUT = {"error": "The Human-in-the-loop response timeout has passed.", "error_type": "timeout"}
DEFAULT = {
    "chosen_options": ["Give up"], "params_input": {}, "responded_by_user": None, "responded_at": None,
    "timedout": True,
}  # fmt: skip


def test_nobody_answers_and_the_next_try_asks_again(task: AskingTask, emulator: Emulator) -> None:
    task.begin()
    assert task.resume(TIMED_OUT) == "up_for_retry"
    assert "nobody answered in time" in task.error
    assert task.begin() in WAITS
    assert attempts(emulator) == 1


def test_nobody_answers_and_that_means_to_give_up(
    supervisor: Supervisor, denied: dict[str, Any], emulator: Emulator
) -> None:
    task = AskingTask(supervisor, PartnerCenterDenialOperator, **EDUCATION, response_timeout=60, on_timeout="give_up")
    task.begin()
    assert supervisor.question.defaults == ["Give up"]
    assert task.resume(DEFAULT) == "failed"
    assert "nobody answered in time" in task.error
    assert supervisor.pushed["given_up"]["by"] == {"id": "", "name": "", "at": ""}
    assert attempts(emulator) == 1


def test_airflow_itself_cannot_resubmit(task: AskingTask, emulator: Emulator) -> None:
    task.begin()
    assert task.answer("Resubmit", responded_by_user=None) == "up_for_retry"
    assert attempts(emulator) == 1


def test_a_denial_that_nobody_saw_is_left_to_the_next_task(
    task: AskingTask, emulator: Emulator, request_it: Callable[..., Any], denied: dict[str, Any]
) -> None:
    task.begin()
    other = request_it(resubmit_denied_of=denied["resubmit_denied_of"])
    assert other["submitted"]
    assert task.answer("Resubmit") == "success"
    assert (task.result["submitted"], task.result["outcome"]) == (False, "denied")
    assert task.result["resubmit_denied_of"] == other["resubmit_denied_of"]
    assert attempts(emulator) == 2


def test_an_answer_about_another_denial_than_the_one_shown(
    task: AskingTask, emulator: Emulator, supervisor: Supervisor
) -> None:
    task.begin()
    state = task.answer("Resubmit", {"resubmit_denied_of": "2001-01-01T00:00:00+00:00"})
    # Below 3.3 it does not know what was shown; the result lets the next round ask.
    assert (state in WAITS) == TASKS_REMEMBER
    assert TASKS_REMEMBER or (task.result["submitted"], task.result["outcome"]) == (False, "denied")
    assert attempts(emulator) == 1


@pytest.mark.parametrize("dates", ["none", "samples"])
@pytest.mark.parametrize("answered", [False, True])
def test_a_question_about_another_customer_sends_nothing(
    task: AskingTask,
    emulator: Emulator,
    supervisor: Supervisor,
    request_it: Callable[..., Any],
    clock: Clock,
    dates: str,
    answered: bool,
) -> None:
    # A mapped task that is cleared, after the list has changed. Airflow goes on to show the first question.
    other = ordinary_id(2)
    emulator.configure(other, vetting="at-once", verdict=f"deny:{REASON}", dates=dates)
    request_it(customer_id=other)
    clock.sleep(3600)
    task.begin()
    if answered:
        task.answer("Resubmit")
        clock.sleep(3600)
    task.let_be_about(customer_id=other)
    state = task.clear()
    # Below 3.3 it only knows once it is answered.
    assert (state in WAITS) != TASKS_REMEMBER
    if state in WAITS:
        state = task.answer("Resubmit")
    assert state == "failed"
    assert CUSTOMER in task.error
    assert "onboard this customer in another run" in task.error
    assert emulator.customer(other)["attempts"] == 1


def test_it_emits_no_verdict() -> None:
    with pytest.raises(ValueError, match="has no verdict to emit"):
        PartnerCenterDenialOperator(task_id="ask", outlets=[verdicts_asset("contoso.com")], **EDUCATION)


def test_an_approval_in_the_meantime_sends_nothing(task: AskingTask, emulator: Emulator) -> None:
    task.begin()
    emulator.configure(CUSTOMER, qualifications=[{"qualification": "Education", "vettingStatus": "Approved"}])
    assert task.answer("Resubmit") == "success"
    assert (task.result["submitted"], task.result["outcome"]) == (False, "approved")
    assert len(posts(emulator)) == 1


def test_a_cleared_task_does_not_resubmit_what_it_has_resubmitted(task: AskingTask, emulator: Emulator) -> None:
    task.begin()
    task.answer("Resubmit")
    second = task.result["resubmit_denied_of"]
    state = task.clear()
    if state in WAITS:
        # Below 3.3 it does not know that it has asked about another denial, which Airflow still shows.
        state = task.answer("Resubmit")
    assert state == "success"
    assert (task.result["submitted"], task.result["resubmit_denied_of"]) == (TASKS_REMEMBER, second)
    assert attempts(emulator) == 2


def test_a_request_that_has_to_wait_needs_no_other_answer(
    task: AskingTask, emulator: Emulator, supervisor: Supervisor
) -> None:
    task.begin()
    pause = {"kind": "answer", "status": 429, "retry_after": 3600, "methods": ["POST"], "times": 1}
    emulator.configure(CUSTOMER, faults=[pause])
    assert task.answer("Resubmit") == "up_for_retry"
    if task.begin() in WAITS:
        assert not TASKS_REMEMBER
        task.answer("Resubmit")
    assert (task.state, task.result["submitted"]) == ("success", True)
    assert (supervisor.asked, attempts(emulator)) == (1 if TASKS_REMEMBER else 2, 2)


class Killed(BaseException):
    """The process of the task ends."""


@pytest.mark.parametrize("verdict", ["approve", f"deny:{REASON}"])
def test_a_worker_that_is_killed_after_the_request_sends_no_other(
    task: AskingTask, emulator: Emulator, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, verdict: str
) -> None:
    task.begin()
    emulator.configure(CUSTOMER, vetting="at-once", verdict=verdict)
    send = supervisor.send

    def send_but_no_result(msg: Any) -> Any:
        if type(msg).__name__ == "SetXCom" and msg.key == "return_value":
            raise Killed
        return send(msg=msg)

    monkeypatch.setattr(supervisor, "send", send_but_no_result)
    assert task.answer("Resubmit") != "success"
    monkeypatch.setattr(supervisor, "send", send)
    assert attempts(emulator) == 2
    if task.begin() in WAITS:
        # It knows nothing of its question; Airflow shows the first one again.
        assert not TASKS_REMEMBER
        task.answer("Resubmit")
    assert task.state == "success"
    assert task.result["outcome"] == ("approved" if verdict == "approve" else "denied")
    assert len(posts(emulator)) == 2
    if TASKS_REMEMBER:
        assert task.result["request_id"] == posts(emulator)[-1]["request_id"]
        assert task.result["answered_by"]["id"] == ANNA["id"]


def test_an_undated_denial_that_looks_the_same_is_asked_about_again(
    emulator: Emulator, supervisor: Supervisor, clock: Clock, request_it: Callable[..., Any]
) -> None:
    emulator.configure(CUSTOMER, vetting="at-once", verdict=f"deny:{REASON}", dates="none")
    assert request_it()["vetting_created_date"] is None
    task = AskingTask(supervisor, PartnerCenterDenialOperator, **EDUCATION)
    task.begin()
    before = clock.now
    assert task.answer("Resubmit") == "success"
    assert attempts(emulator) == 2
    assert task.clear() in WAITS
    assert clock.now - before >= 120, "what was requested just now might not show yet"
    assert attempts(emulator) == 2
    # That is another decision of a person.
    clock.sleep(5)
    assert task.answer("Resubmit") == "success"
    assert attempts(emulator) == 3


def test_nothing_is_asked_about_no_denial(supervisor: Supervisor, emulator: Emulator, clock: Clock) -> None:
    task = AskingTask(
        supervisor,
        PartnerCenterDenialOperator,
        **EDUCATION,
        verdict={"customer_id": CUSTOMER, "qualification": "Education", "outcome": "approved"},
    )
    assert task.begin() == "skipped"
    assert emulator.journal(CUSTOMER) == []


def test_a_verdict_that_is_none_is_refused(supervisor: Supervisor, clock: Clock) -> None:
    task = AskingTask(supervisor, PartnerCenterDenialOperator, **EDUCATION, verdict="denied")
    assert task.begin() == "failed"
    assert "verdict is not the result" in task.error


def test_no_denial_is_no_question(supervisor: Supervisor, emulator: Emulator, clock: Clock) -> None:
    task = AskingTask(supervisor, PartnerCenterDenialOperator, **EDUCATION)
    assert task.begin() == "up_for_retry"
    assert "shows no denial of Education" in task.error
    assert (supervisor.asked, posts(emulator)) == (0, [])


def test_nobody_is_asked_when_no_attempt_is_left(supervisor: Supervisor, denied: dict[str, Any]) -> None:
    task = AskingTask(supervisor, PartnerCenterDenialOperator, **EDUCATION, verdict={**denied, "attempts_left": 0})
    assert task.begin() == "failed"
    assert "all verification requests are used up" in task.error
    assert (task.result["outcome"], supervisor.asked) == ("denied", 0)


def test_an_app_only_connection_is_found_out_before_anybody_is_asked(
    task: AskingTask, emulator: Emulator, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = emulator.connection()
    del document["extra"]["refresh_token"]
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", json.dumps(document))
    assert task.begin() == "failed"
    assert "App-only" in task.error
    assert supervisor.asked == 0


def test_a_refusal_of_microsoft_lets_a_cleared_task_ask_again(
    task: AskingTask, emulator: Emulator, supervisor: Supervisor
) -> None:
    task.begin()
    emulator.configure(CUSTOMER, faults=[{"kind": "answer", "status": 400, "methods": ["POST"], "times": 1}])
    assert task.answer("Resubmit") == "failed"
    assert task.clear() in WAITS
    assert supervisor.asked == 2
    assert task.answer("Resubmit") == "success"
    assert attempts(emulator) == 2


def test_who_may_answer_is_passed_on(supervisor: Supervisor, denied: dict[str, Any]) -> None:
    task = AskingTask(supervisor, PartnerCenterDenialOperator, **EDUCATION, assigned_users=ANNA)
    task.begin()
    [user] = supervisor.question.assigned_users
    assert (user.id, user.name) == ("7", "anna")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"on_timeout": "resubmit"}, "on_timeout must be one of 'ask_again', 'give_up'"),
        ({"on_timeout": "give_up"}, "needs response_timeout"),
        ({"response_timeout": -1}, "response_timeout must be seconds"),
        ({"assigned_users": "anna"}, "assigned_users must be dictionaries"),
        ({"assigned_users": [{"id": 7, "name": "anna"}]}, "assigned_users must be dictionaries"),
        ({"preflight": "maybe"}, "preflight must be one of"),
        ({"failure_statuses": "Rejected"}, "failure_statuses must be a list"),
        ({"propagation_grace": "2 minutes"}, "propagation_grace must be seconds"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        PartnerCenterDenialOperator(task_id="ask", **EDUCATION, **arguments)
