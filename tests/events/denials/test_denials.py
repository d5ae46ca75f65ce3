"""A denied customer and the people who answer about it, on a real Airflow with users of its own."""

from __future__ import annotations

import json
import shutil
import threading
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from testbed.crashes import NOTICE_CRASHES_SOON, end_abandoned_transactions
from testbed.examples import EXAMPLES, edit
from testbed.local_airflow import LocalAirflow, LocalAirflowError
from testbed.patience import wait_until
from testbed.postgres import postgres
from testbed.rest_api import AirflowRestApi
from tests.airflow_versions import TASKS_REMEMBER
from tests.support.events.people import let_airflow_settle
from tests.support.needed import needed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.since_airflow("3.1", "tasks that ask people")

REASON = "Not an Academic Domain"
PASSWORDS = {"desk": "desk's", "anna": "anna's", "ben": "ben's"}
ROUNDS, MANY = "onboard_with_a_person", "onboard_many_with_a_person"
# What is written into copies of the example, as its text says under "Make it yours".
COPIES = {
    "ask_anna": 'assigned_users=[{"id": "anna", "name": "anna"}],',
    "ask_again": "response_timeout=timedelta(seconds=5),",
    "give_up": 'response_timeout=timedelta(seconds=5), on_timeout="give_up",',
}


def make_copies(folder: Path) -> Path:
    """Copy the examples, with shorter pauses, and one copy for each argument."""
    folder.mkdir()
    for name in (ROUNDS, MANY):
        shutil.copy(EXAMPLES / f"{name}.py", folder)
        edit(folder / f"{name}.py", {'"retry_delay": timedelta(minutes=1)': '"retry_delay": timedelta(seconds=1)'})
    # The emulator shows a request at once.
    edit(folder / f"{ROUNDS}.py", {"verdict=wait.output,": "verdict=wait.output, propagation_grace=10,"})
    for name, argument in COPIES.items():
        shutil.copy(folder / f"{ROUNDS}.py", copy := folder / f"{name}.py")
        edit(copy, {
            "verdict=wait.output,": f"verdict=wait.output, {argument}",
            f"def {ROUNDS}()": f"def {name}()",
            f"\n{ROUNDS}()": f"\n{name}()",
        })  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def airflow(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAirflow]:
    """An Airflow that knows who calls it; the tests themselves call it as an administrator."""
    passwords = tmp_path_factory.mktemp("users") / "passwords.json"
    passwords.write_text(json.dumps(PASSWORDS))
    with (
        needed(postgres()) as database,
        LocalAirflow(
            make_copies(tmp_path_factory.mktemp("examples") / "dags_examples"),
            # pytest keeps the logs of the last sessions there.
            home=tmp_path_factory.mktemp("airflow"),
            environment={"AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json()},
            database=database,
            settings={
                **NOTICE_CRASHES_SOON,
                "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": False,
                "CORE__SIMPLE_AUTH_MANAGER_USERS": "desk:admin,anna:user,ben:user",
                "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": passwords,
            },
        ) as airflow,
    ):
        end_abandoned_transactions(database)
        airflow.sign_in("desk", PASSWORDS["desk"])
        yield airflow


@pytest.fixture
def sign_in(airflow: LocalAirflow) -> Callable[[str], AirflowRestApi]:
    """Return a person at the API."""

    def sign_in_as(name: str) -> AirflowRestApi:
        person = AirflowRestApi(airflow.url)
        person.sign_in(name, PASSWORDS[name])
        return person

    return sign_in_as


@pytest.fixture
def anna(sign_in: Callable[[str], AirflowRestApi]) -> AirflowRestApi:
    return sign_in("anna")


numbers = iter(range(1, 1000))


class Denied:
    """A customer whose every request is denied at once, and the run that onboards it."""

    def __init__(self, airflow: LocalAirflow, emulator: Emulator, dag_id: str = ROUNDS, **conf: str) -> None:
        self._airflow, self._emulator, self.dag_id = airflow, emulator, dag_id
        self.customer = ordinary_id(next(numbers))
        emulator.configure(self.customer, vetting="at-once", verdict=f"deny:{REASON}")
        airflow.wait_for_dag(dag_id)
        given = {"customer_id": self.customer, "qualification": "Education", "education_segment": "K12", **conf}
        self.run_id = airflow.trigger(dag_id, given)
        #: Where Airflow's API takes the answer to the first question.
        self.path = f"/dags/{dag_id}/dagRuns/{self.run_id}/taskInstances/ask/-1/hitlDetails"

    @property
    def posts(self) -> list[dict[str, Any]]:
        """The requests that were carried out."""
        posts = self._emulator.journal(self.customer, method="POST")
        return [post for post in posts if post["status"] < 300]

    @property
    def attempts(self) -> int:
        return int(self._emulator.customer(self.customer)["attempts"])

    def question(self, task_id: str) -> dict[str, Any]:
        return self._airflow.question(self.dag_id, self.run_id, task_id)

    def answer(self, person: AirflowRestApi, task_id: str, option: str, **form: Any) -> None:
        self.question(task_id)
        let_airflow_settle(self._airflow)
        person.answer(self.dag_id, self.run_id, task_id, option, form)

    def states(self) -> dict[str, str | None]:
        return self._airflow.task_states(self.dag_id, self.run_id)

    def ended(self) -> str:
        return self._airflow.wait_for_run(self.dag_id, self.run_id)

    def xcom(self, task_id: str, key: str = "return_value") -> Any:
        return self._airflow.xcom(self.dag_id, self.run_id, task_id, key)

    def log(self, task_id: str) -> str:
        last = self._airflow.last_try(self.dag_id, self.run_id, task_id)
        return self._airflow.task_log(self.dag_id, self.run_id, task_id, last)


def check_given_up_after_two(denied: Denied) -> None:
    """Assert that the first answer was Resubmit, the second one Give up, and that nothing else was spent."""
    assert denied.ended() == "failed"
    states = denied.states()
    assert (states["ask"], states["ask_again"]) == ("success", "failed")
    assert {states["wait_last"], states["approved"]} == {"upstream_failed"}
    assert denied.attempts == 2
    _, second = denied.posts
    result = denied.xcom("ask")
    assert denied.xcom("ask_again", "given_up")["by"]["name"] == "anna"
    assert "Education was given up: anna gave up." in denied.log("ask_again")
    if TASKS_REMEMBER:
        assert (result["submitted"], result["request_id"]) == (True, second["request_id"])
    assert denied.xcom("wait_again")["outcome"] == "denied"


@pytest.mark.smoke
def test_resubmit_and_give_up(airflow: LocalAirflow, emulator: Emulator, anna: AirflowRestApi) -> None:
    denied = Denied(airflow, emulator, company_name="Contoso")
    first = denied.question("ask")
    assert first["subject"] == "Education of Contoso was denied. Resubmit?"
    assert REASON in first["body"]
    denied.answer(anna, "ask", "Resubmit", education_segment="HigherEducation")
    second = denied.question("ask_again")
    assert second["params"]["resubmit_denied_of"]["value"] != first["params"]["resubmit_denied_of"]["value"]
    assert "at most 1 of 3" in second["body"]
    denied.answer(anna, "ask_again", "Give up")
    check_given_up_after_two(denied)
    result = denied.xcom("ask")
    assert (result["submitted"], result["answered_by"]["name"]) == (True, "anna")
    assert result["request_id"] == denied.posts[-1]["request_id"]
    assert denied.posts[-1]["body"]["educationSegment"] == "HigherEducation"
    assert airflow.last_try(denied.dag_id, denied.run_id, "ask_again") == 1, "no retry asks again"


def test_an_approval_after_the_first_answer_skips_the_rest(
    airflow: LocalAirflow, emulator: Emulator, anna: AirflowRestApi
) -> None:
    denied = Denied(airflow, emulator)
    denied.question("ask")
    emulator.configure(denied.customer, vetting="at-once", verdict="approve")
    denied.answer(anna, "ask", "Resubmit")
    assert denied.ended() == "success"
    states = denied.states()
    assert (states["ask_again"], states["wait_last"], states["approved"]) == ("skipped", "skipped", "success")
    assert denied.attempts == 2


def test_it_is_cleared(airflow: LocalAirflow, emulator: Emulator, anna: AirflowRestApi) -> None:
    denied = Denied(airflow, emulator)
    denied.question("ask")
    airflow.clear(denied.dag_id, denied.run_id, "ask")
    wait_until(lambda: airflow.last_try(denied.dag_id, denied.run_id, "ask") == 2, "the second try")
    denied.answer(anna, "ask", "Resubmit")
    denied.question("ask_again")
    # Once more, now that it has done its work. Below 3.3 it does not know that, and Airflow shows its first question.
    airflow.clear(denied.dag_id, denied.run_id, "ask")
    if not TASKS_REMEMBER:
        denied.answer(anna, "ask", "Resubmit")
    wait_until(lambda: denied.states()["ask"] == "success", "the cleared task has ended")
    assert denied.attempts == 2
    denied.answer(anna, "ask_again", "Give up")
    check_given_up_after_two(denied)


def test_it_is_retried(airflow: LocalAirflow, emulator: Emulator, anna: AirflowRestApi) -> None:
    denied = Denied(airflow, emulator)
    denied.question("ask")
    pause = {"kind": "answer", "status": 429, "retry_after": 3600, "methods": ["POST"], "times": 1}
    emulator.configure(denied.customer, faults=[pause])
    denied.answer(anna, "ask", "Resubmit")
    wait_until(lambda: airflow.last_try(denied.dag_id, denied.run_id, "ask") == 2, "the retry")
    if not TASKS_REMEMBER:
        denied.answer(anna, "ask", "Resubmit")
    denied.answer(anna, "ask_again", "Give up")
    check_given_up_after_two(denied)


@pytest.mark.parametrize("kind", ["slow-headers", "answer"], ids=["after the request", "before it arrives"])
def test_its_worker_is_killed_after_the_answer(
    airflow: LocalAirflow, emulator: Emulator, anna: AirflowRestApi, kind: str
) -> None:
    denied = Denied(airflow, emulator)
    denied.question("ask")
    # The answer comes, or the request is sent again, long after the process has gone.
    fault = {"kind": kind, "methods": ["POST"], "times": 1}
    fault |= {"seconds": 90} if kind == "slow-headers" else {"status": 429, "retry_after": 90}
    emulator.configure(denied.customer, faults=[fault])
    denied.answer(anna, "ask", "Resubmit")
    wait_until(lambda: len(emulator.journal(denied.customer, method="POST")) > 1, "the request is sent")
    for process in airflow.task_processes():
        process.kill()
    wait_until(lambda: airflow.last_try(denied.dag_id, denied.run_id, "ask") == 2, "the retry")
    if not TASKS_REMEMBER:
        # It is asked again. If the request is out, Airflow still shows the question before it, and this sends nothing.
        denied.answer(anna, "ask", "Resubmit")
    denied.answer(anna, "ask_again", "Give up")
    check_given_up_after_two(denied)


@pytest.mark.smoke
def test_two_people_answer_at_once(
    airflow: LocalAirflow, emulator: Emulator, sign_in: Callable[[str], AirflowRestApi]
) -> None:
    denied = Denied(airflow, emulator)
    form = {name: field["value"] for name, field in denied.question("ask")["params"].items()}
    let_airflow_settle(airflow)
    start, refused = threading.Barrier(2), []

    def answer(person: AirflowRestApi) -> None:
        start.wait()
        try:
            person.rest("PATCH", denied.path, json={"chosen_options": ["Resubmit"], "params_input": form})
        except LocalAirflowError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=answer, args=(sign_in(name),)) for name in ("anna", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Airflow 3.3.2 now and then takes both, and hands the task one of them.
    assert len(refused) < 2
    assert all("answered with 409" in refusal for refusal in refused)
    denied.answer(sign_in("anna"), "ask_again", "Give up")
    check_given_up_after_two(denied)


@pytest.mark.smoke
def test_an_answer_that_makes_no_sense_is_asked_for_again(
    airflow: LocalAirflow, emulator: Emulator, anna: AirflowRestApi
) -> None:
    denied = Denied(airflow, emulator)
    for form in ({}, {"sector": 1}, {"website": ["contoso.edu"]}):
        denied.question("ask")
        let_airflow_settle(airflow)
        # Airflow takes it.
        anna.rest("PATCH", denied.path, json={"chosen_options": ["Resubmit"], "params_input": form})
    denied.question("ask")
    assert denied.attempts == 1
    assert "the answer cannot be used" in denied.log("ask")
    assert airflow.last_try(denied.dag_id, denied.run_id, "ask") == 1, "that takes no retry"
    denied.answer(anna, "ask", "Resubmit")
    denied.answer(anna, "ask_again", "Give up")
    check_given_up_after_two(denied)


@pytest.mark.smoke
def test_who_may_not_answer_is_refused(
    airflow: LocalAirflow, emulator: Emulator, sign_in: Callable[[str], AirflowRestApi]
) -> None:
    denied = Denied(airflow, emulator, "ask_anna")
    for nobody in (sign_in("ben"), airflow):
        with pytest.raises(LocalAirflowError, match="answered with 403"):
            denied.answer(nobody, "ask", "Resubmit")
    assert denied.attempts == 1
    denied.answer(sign_in("anna"), "ask", "Resubmit")
    denied.answer(sign_in("anna"), "ask_again", "Give up")
    check_given_up_after_two(denied)


def test_nobody_answers_and_the_task_asks_again_as_long_as_it_has_retries(
    airflow: LocalAirflow, emulator: Emulator
) -> None:
    denied = Denied(airflow, emulator, "ask_again")
    assert denied.ended() == "failed"
    assert airflow.last_try(denied.dag_id, denied.run_id, "ask") == 3
    assert "nobody answered in time" in denied.log("ask")
    assert denied.attempts == 1


def test_nobody_answers_and_that_means_to_give_up(airflow: LocalAirflow, emulator: Emulator) -> None:
    denied = Denied(airflow, emulator, "give_up")
    assert denied.ended() == "failed"
    assert airflow.last_try(denied.dag_id, denied.run_id, "ask") == 1
    assert "nobody answered in time, which means to give up" in denied.log("ask")
    assert denied.xcom("ask", "given_up")["by"]["name"] == ""
    assert denied.attempts == 1


def test_the_validation_code_is_asked_for(airflow: LocalAirflow, emulator: Emulator, anna: AirflowRestApi) -> None:
    given = Denied(airflow, emulator, qualification="GovernmentCommunityCloud")
    emulator.configure(given.customer, vetting="at-once", verdict="approve")
    assert given.posts == []
    given.answer(anna, "code", "Go on", validation_code="12345")
    assert given.ended() == "success"
    assert len(given.posts) == 1


def test_many_are_asked_about_side_by_side(airflow: LocalAirflow, emulator: Emulator, anna: AirflowRestApi) -> None:
    customers = [ordinary_id(next(numbers)) for _ in range(3)]
    for customer in customers:
        emulator.configure(customer, vetting="at-once", verdict=f"deny:{REASON}")
    emulator.configure(customers[1], verdict="approve", vetting="at-once")
    airflow.wait_for_dag(MANY)
    rows = [
        {"customer_id": customer, "company_name": f"School {number}", "qualification": "Education",
         "education_segment": "K12"}
        for number, customer in enumerate(customers)
    ]  # fmt: skip
    run_id = airflow.trigger(MANY, {"customers": rows})
    subjects = [airflow.question(MANY, run_id, "person.ask", index)["subject"] for index in (0, 1)]
    assert subjects == [f"Education of School {number} was denied. Resubmit?" for number in (0, 2)]
    emulator.configure(customers[2], verdict="approve", vetting="at-once")
    let_airflow_settle(airflow)
    anna.answer(MANY, run_id, "person.ask", "Give up", map_index=0)
    anna.answer(MANY, run_id, "person.ask", "Resubmit", map_index=1)
    assert airflow.wait_for_run(MANY, run_id) == "failed"
    states = airflow.task_states(MANY, run_id)
    assert [states[f"person.{task}[1]"] for task in ("ask", "wait", "go_on")] == ["success"] * 3
    assert (states["person.ask[0]"], states["person.wait[0]"]) == ("failed", "upstream_failed")
    assert [emulator.customer(customer)["attempts"] for customer in customers] == [1, 1, 2]
