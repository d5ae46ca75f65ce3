"""The validation code is asked for where it is missing, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.operators.validation_code import PartnerCenterValidationCodeOperator
from tests.airflow_versions import TASKS_REMEMBER
from tests.support.tasks.asking import WAITS, AskingTask

if TYPE_CHECKING:
    from tests.support.tasks.runner import Supervisor

pytestmark = pytest.mark.since_airflow("3.1", "tasks that ask people")

GCC: dict[str, Any] = {"customer_id": ordinary_id(1), "qualification": "GovernmentCommunityCloud"}


@pytest.fixture
def task(supervisor: Supervisor) -> AskingTask:
    return AskingTask(supervisor, PartnerCenterValidationCodeOperator, **GCC, company_name="Contoso")


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({**GCC, "validation_code": "12345"}, "12345"),
        ({**GCC, "validation_code": "auto", "organization": "Contoso"}, "auto"),
        ({**GCC, "qualification": "Education"}, None),
        ({**GCC, "qualification": "StateOwnedEntity", "validation_code": "12345"}, None),
    ],
)
def test_nobody_is_asked_for_what_is_there_or_not_needed(
    supervisor: Supervisor, given: dict[str, Any], result: str | None
) -> None:
    task = AskingTask(supervisor, PartnerCenterValidationCodeOperator, **given)
    assert task.begin() == "success"
    assert (task.result, supervisor.asked) == (result, 0)


@pytest.mark.parametrize("missing", [None, "", "None"])
def test_a_person_gives_the_code(supervisor: Supervisor, missing: str | None) -> None:
    task = AskingTask(supervisor, PartnerCenterValidationCodeOperator, **GCC, validation_code=missing)
    assert task.begin() in WAITS
    assert supervisor.question.subject == f"GovernmentCommunityCloud of {ordinary_id(1)} needs a validation code"
    assert supervisor.question.options == ["Go on", "Give up"]
    assert task.answer("Go on", {"validation_code": " 12345 "}) == "success"
    assert task.result == "12345"


@pytest.mark.parametrize("form", [{}, {"validation_code": "auto"}, {"validation_code": 1.5}, {"organization": "x"}])
def test_what_is_no_code_is_asked_for_again(task: AskingTask, supervisor: Supervisor, form: dict[str, Any]) -> None:
    task.begin()
    assert task.answer("Go on", form) in WAITS
    assert supervisor.asked == 2
    assert task.answer("Go on", {"validation_code": "12345"}) == "success"


def test_auto_is_a_code_where_an_organization_is_given(supervisor: Supervisor) -> None:
    task = AskingTask(supervisor, PartnerCenterValidationCodeOperator, **GCC, organization="Contoso, Inc.")
    task.begin()
    assert task.answer("Go on", {"validation_code": "Auto"}) == "success"
    assert task.result == "auto"


def test_giving_up_fails_for_good(task: AskingTask, supervisor: Supervisor) -> None:
    task.begin()
    assert task.answer("Give up") == "failed"
    assert "GovernmentCommunityCloud was given up: anna gave up" in task.error
    assert supervisor.pushed["given_up"]["by"]["name"] == "anna"


def test_a_retry_goes_on_with_the_code_and_a_person_who_clears_it_is_asked_anew(
    task: AskingTask, supervisor: Supervisor
) -> None:
    task.begin()
    task.answer("Go on", {"validation_code": "12345"})
    # The worker was killed before Airflow knew that the task has succeeded.
    if TASKS_REMEMBER:
        assert task.begin() == "success"
        assert task.result == "12345"
    assert task.clear() in WAITS


def test_a_customer_that_is_none_is_not_asked_about(supervisor: Supervisor) -> None:
    task = AskingTask(supervisor, PartnerCenterValidationCodeOperator, **{**GCC, "customer_id": "contoso.com"})
    assert task.begin() == "failed"
    assert "customer_id 'contoso.com' is not a GUID" in task.error
