"""What tasks tell for the page, and how often: once before a wait, and once at its end."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator
from airflow_provider_partnercenter.operators.denial import PartnerCenterDenialOperator
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.operators.validation_code import PartnerCenterValidationCodeOperator
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor
from tests.support.task_modes import MODES, TaskInstance, run
from tests.support.tasks.asking import AskingTask

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import BaseOperator

    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.testing.clock import Clock
    from tests.support.tasks.runner import Supervisor

CUSTOMER = ordinary_id(1)
EDUCATION: dict[str, Any] = {"customer_id": CUSTOMER, "qualification": "Education", "education_segment": "K12"}
SENSOR = partial(PartnerCenterQualificationSensor, task_id="wait", qualification="Education")
UPDATE = partial(PartnerCenterUpdateQualificationOperator, task_id="qualify", wait_for_approval=True, **EDUCATION)
KEY, KEY_OF_MANY = "partnercenter_customer", "partnercenter_customers"


@pytest.fixture(autouse=True)
def connection(clock: Clock, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", emulator.connection_json())


class Instance(TaskInstance):
    """Keeps all that is pushed. As Airflow does, it forgets the XComs when a task starts that was not deferred."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[str, Any]] = []

    def xcom_push(self, key: str, value: Any) -> None:
        self.all.append((key, json.loads(json.dumps(value, allow_nan=False))))

    def told(self, key: str = KEY) -> list[Any]:
        return [value for pushed, value in self.all if pushed == key]


def told_by(make: Callable[[], BaseOperator], clock: Clock, **context: Any) -> tuple[str, list[Any]]:
    """Run a task to its end; return how it ended, and what it told."""
    ti = Instance()
    ending = run(make, clock, {"ti": ti, **context})
    return ending.state, ti.told(KEY_OF_MANY if "Customers" in type(make()).__name__ else KEY)


def happened(value: Any) -> list[str]:
    return [entry["what"] for entry in value["story"]]


@pytest.mark.parametrize("mode", ["poke", "deferrable"])
def test_a_sensor_tells_twice_however_often_it_looks(emulator: Emulator, clock: Clock, mode: str) -> None:
    emulator.configure(CUSTOMER, vetting="seconds:7200", verdict="deny:Not an Academic Domain")
    run(partial(PartnerCenterUpdateQualificationOperator, task_id="submit", **EDUCATION), clock)
    before = len(emulator.journal())
    state, told = told_by(partial(SENSOR, customer_id=CUSTOMER, poke_interval=60, **MODES[mode]), clock)
    assert len(emulator.journal()) - before > 100
    assert state == "failed"
    began, ended = told
    assert (began["state"], began["phase"], began["poke_interval"]) == ("in_review", "waiting", 60)
    assert (began["connection_id"], began["cloud"]) == ("partnercenter_default", "global")
    assert (ended["state"], ended["phase"], ended["reason"]) == ("denied", "ended", "Not an Academic Domain")
    assert (began["waiting_since"], began["requested_at"]) == (ended["waiting_since"], ended["requested_at"])
    assert began["until"] > ended["ended_at"] > began["waiting_since"]
    assert (ended["cloud"], ended["attempts_left"]) == ("global", 2)
    assert happened(began) == ["read", "waiting"]
    assert happened(ended)[-1] == "ended"
    assert "look" in happened(ended)


def test_a_rescheduled_sensor_tells_once_in_each_process(emulator: Emulator, clock: Clock) -> None:
    """Airflow removes the XComs of a task whenever it starts, so that each process has to tell it again."""
    emulator.configure(CUSTOMER, vetting="seconds:3600")
    run(partial(PartnerCenterUpdateQualificationOperator, task_id="submit", **EDUCATION), clock)
    before = len(emulator.journal(method="GET", path="/qualifications"))
    state, told = told_by(partial(SENSOR, customer_id=CUSTOMER, poke_interval=600, **MODES["reschedule"]), clock)
    looks = len(emulator.journal(method="GET", path="/qualifications")[before:])
    assert state == "succeeded"
    assert [value["phase"] for value in told] == ["waiting"] * (len(told) - 1) + ["ended"]
    assert len(told) == looks
    # Since the first process began, and not this one.
    assert len({value["waiting_since"] for value in told}) == 1


@pytest.mark.parametrize("deferrable", [True, False])
def test_an_onboarding_is_told_from_its_request_on(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    emulator.configure(CUSTOMER, vetting="seconds:3600")
    params = {"company_name": "as the run says"}
    state, (began, ended) = told_by(partial(UPDATE, deferrable=deferrable), clock, params=params)
    assert state == "succeeded"
    assert happened(began) == ["read", "requested", "waiting"]
    assert happened(ended)[:3] == happened(began)
    assert (ended["state"], "ended_at" in ended) == ("approved", True)
    assert began["request_id"] == ended["request_id"] == ended["story"][1]["request_id"]
    # The preflight has read it.
    assert began["company_name"] == ended["company_name"] == PartnerCenterHook().get_customer(CUSTOMER).company_name


def test_what_was_there_before_is_told_once(clock: Clock) -> None:
    held = magic.customer_id("education-held")
    state, (told,) = told_by(partial(SENSOR, customer_id=held), clock)
    assert (state, told["state"], told["phase"], "ended_at" in told) == ("succeeded", "approved", "ended", False)
    state, (told,) = told_by(partial(UPDATE, customer_id=held), clock)
    assert (state, told["state"], "ended_at" in told) == ("succeeded", "approved", False)


def test_nothing_is_told_where_xcom_is_not_wanted(clock: Clock) -> None:
    held = magic.customer_id("education-held")
    assert told_by(partial(SENSOR, customer_id=held, do_xcom_push=False), clock) == ("succeeded", [])


def test_a_refusal_is_told(emulator: Emulator, clock: Clock) -> None:
    body = '{"code":900308,"description":"Access denied."}'
    emulator.configure(CUSTOMER, faults=[{"status": 403, "body": body, "times": None}])
    state, (told,) = told_by(UPDATE, clock)
    assert (state, told["state"], told["phase"]) == ("failed", "failed", "ended")
    assert told["hint"]
    assert told["correlation_id"]


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_task_for_many_customers_tells_twice(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    emulator.configure(CUSTOMER, vetting="seconds:3600", verdict="deny:Not an Academic Domain")
    rows = [EDUCATION, {**EDUCATION, "customer_id": ordinary_id(2)}, {"customer_id": "none"}]
    make = partial(PartnerCenterQualifyCustomersOperator, task_id="qualify", customers=rows, deferrable=deferrable)
    state, (began, ended) = told_by(make, clock)
    assert state == "succeeded"
    assert (began["phase"], ended["phase"]) == ("waiting", "ended")
    assert (began["counts"]["total"], began["counts"]["in_review"] > 0, ended["counts"]["denied"]) == (3, True, 1)
    assert began["waiting_since"] < began["until"]
    assert {each["customer_id"] for each in ended["customers"]} == {CUSTOMER, ordinary_id(2), "none"}
    [denied] = [each for each in ended["customers"] if each["outcome"] == "denied"]
    assert (denied["reason"], denied["attempts_left"]) == ("Not an Academic Domain", 2)


def test_a_folder_is_named(clock: Clock, tmp_path: Any) -> None:
    rows = [{**EDUCATION, "customer_id": ordinary_id(number)} for number in range(1, 41)]
    path = f"file://{tmp_path}"
    make = partial(PartnerCenterQualifyCustomersOperator, task_id="qualify", customers=rows, storage_path=path)
    _, (began, ended) = told_by(partial(make, deferrable=True), clock)
    assert began["path"].startswith(path)
    assert began["deferral_id"]
    assert "/report" in ended["path"]
    assert "customers" not in began.keys() | ended.keys()


@pytest.mark.since_airflow("3.1", "tasks that ask people")
def test_a_question_and_its_answer(emulator: Emulator, clock: Clock, supervisor: Supervisor) -> None:
    emulator.configure(CUSTOMER, vetting="at-once", verdict="deny:Not an Academic Domain")
    run(partial(PartnerCenterUpdateQualificationOperator, task_id="submit", on_denied="return", **EDUCATION), clock)
    clock.sleep(3600)
    task = AskingTask(supervisor, PartnerCenterDenialOperator, company_name="Contoso", **EDUCATION)
    task.begin()
    asked = supervisor.pushed[KEY]
    assert (asked["state"], asked["phase"], asked["company_name"]) == ("denied", "asking", "Contoso")
    assert (asked["reason"], asked["attempts_left"]) == ("Not an Academic Domain", 2)
    assert happened(asked)[-1] == "asked"
    emulator.configure(CUSTOMER, vetting="seconds:3600")
    assert task.answer("Resubmit") == "success"
    answered = supervisor.pushed[KEY]
    assert (answered["state"], answered["phase"]) == ("in_review", "ended")
    assert answered["story"][0]["text"] == "Resubmit (anna)"
    assert happened(answered) == ["answered", "read", "requested"]


@pytest.mark.since_airflow("3.1", "tasks that ask people")
def test_who_gives_up(supervisor: Supervisor) -> None:
    code = {"customer_id": CUSTOMER, "qualification": "GovernmentCommunityCloud"}
    task = AskingTask(supervisor, PartnerCenterValidationCodeOperator, **code)
    task.begin()
    asked = supervisor.pushed[KEY]
    assert (asked["state"], asked["phase"], "connection_id" in asked) == ("needs_code", "asking", False)
    assert task.answer("Give up") == "failed"
    assert (supervisor.pushed[KEY]["state"], supervisor.pushed[KEY]["story"][0]["what"]) == ("given_up", "answered")


def test_what_cannot_be_written_costs_no_wait(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Instance, key: str, value: Any) -> None:
        raise RuntimeError("the API is down")

    monkeypatch.setattr(Instance, "xcom_push", refuse)
    assert told_by(UPDATE, clock) == ("succeeded", [])
