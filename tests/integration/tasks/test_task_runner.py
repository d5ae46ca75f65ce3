"""Airflow's own task runner executes and resumes the tasks: it hands them what they ask for, by the names they use."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from airflow.sdk import DAG, BaseOperator, Param
from airflow.sdk.api.datamodels._generated import DagRun, TIRunContext
from airflow.sdk.bases.operator import TriggerFailureReason
from airflow.sdk.exceptions import ErrorType
from airflow.sdk.execution_time import comms, task_runner
from airflow.sdk.execution_time.supervisor import set_supervisor_comms

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.links.partnercenter import customer_page
from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.qualification.records import SubmissionNote
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor
from airflow_provider_partnercenter.storage.submission_notes import notes_of_many, submission_notes
from airflow_provider_partnercenter.triggers.payloads import Ending, make_event
from testbed.patience import wait_until
from tests.airflow_versions import NAMED_WHILE_WAITING, next_kwargs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.server import Emulator

EDUCATION: dict[str, Any] = {"qualification": "Education", "education_segment": "K12"}
TASKS: dict[str, Callable[..., BaseOperator]] = {
    "sensor": partial(PartnerCenterQualificationSensor, customer_id=ordinary_id(1), qualification="Education"),
    "update": partial(PartnerCenterUpdateQualificationOperator, customer_id=ordinary_id(1), **EDUCATION),
    "bulk": partial(PartnerCenterQualifyCustomersOperator, customers=[]),
}


class Supervisor:
    """
    Answers for Airflow's API.

    :ivar began: when a task was first rescheduled.
    :ivar results: what other tasks have returned, by their ids.
    :ivar named: how a task told to show its instance in the list, if it did.
    :ivar pushed: the XComs that a task pushed.
    """

    def __init__(self) -> None:
        self.began: datetime | None = None
        self.results: dict[str, Any] = {}
        self.named: str | None = None
        self.pushed: dict[str, Any] = {}
        self._stored: dict[str, Any] = {}

    def send(self, msg: Any) -> Any:
        match type(msg).__name__:
            case "GetXCom":
                return comms.XComResult(key=msg.key, value=self.results[msg.task_id])
            case "SetXCom":
                self.pushed[msg.key] = msg.value
            case "SetRenderedMapIndex":
                self.named = msg.rendered_map_index
            case "GetTaskRescheduleStartDate":
                return comms.TaskRescheduleStartDate(start_date=self.began)
            case "SetTaskStateStore":
                self._stored[msg.key] = msg.value
            case "DeleteTaskStateStore":
                self._stored.pop(msg.key, None)
            case "GetTaskStateStore" if msg.key in self._stored:
                return comms.TaskStateStoreResult(value=self._stored[msg.key])
            case "GetTaskStateStore":
                return comms.ErrorResponse(error=ErrorType.TASK_STORE_NOT_FOUND)
        return None


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    supervisor = Supervisor()
    with set_supervisor_comms(supervisor):
        yield supervisor


@pytest.fixture
def _process() -> Iterator[None]:
    """Undo what the runner does to the process, which it takes for its own."""
    handler = signal.getsignal(signal.SIGTERM)
    with mock.patch.dict(os.environ):
        yield
    signal.signal(signal.SIGTERM, handler)


def instance(make: Callable[..., BaseOperator], **from_server: Any) -> task_runner.RuntimeTaskInstance:
    """
    Make a task instance as the runner does.

    :param from_server: what Airflow's API tells about it.
    """
    with DAG("onboarding", schedule=None):
        task = make(task_id="qualify")
    return instance_of(task, **from_server)


def instance_of(
    task: Any,
    *,
    map_index: int = -1,
    conf: dict[str, Any] | None = None,
    partition_key: str | None = None,
    **from_server: Any,
) -> task_runner.RuntimeTaskInstance:
    """
    Make a task instance of a DAG as the runner does.

    :param conf: the configuration of the run.
    :param partition_key: that of the run.
    :param from_server: what Airflow's API tells about the task instance.
    """
    now = datetime.now(UTC)
    ids: dict[str, Any] = {"dag_id": task.dag_id, "run_id": "manual"}
    moments: dict[str, Any] = dict.fromkeys(("logical_date", "data_interval_start", "data_interval_end"))
    given: dict[str, Any] = {"conf": conf, "partition_key": partition_key}
    run = DagRun.model_construct(**ids, **moments, **given, run_after=now, run_type="manual", consumed_asset_events=[])
    return task_runner.RuntimeTaskInstance.model_construct(
        **ids,
        id=uuid.uuid4(),
        task_id=task.task_id,
        try_number=1,
        map_index=map_index,
        task=task,
        bundle_instance=SimpleNamespace(name="dags", version=None),
        _ti_context_from_server=TIRunContext.model_construct(
            dag_run=run, max_tries=3, should_retry=True, **from_server
        ),
        max_tries=3,
        start_date=now,
    )


def execute(ti: task_runner.RuntimeTaskInstance) -> tuple[str, str]:
    """Let the runner execute a task; tell the state it ends in and its error."""
    state, _, error = run(ti)
    return state, repr(error)


def run(ti: task_runner.RuntimeTaskInstance) -> tuple[str, Any, BaseException | None]:
    """Let the runner execute a task; tell the state it ends in, what Airflow's API is told about it, and its error."""
    # Airflow's own logger takes keywords.
    context, log = ti.get_template_context(), mock.Mock()
    state, message, error = task_runner.run(ti, context, log)
    task_runner.finalize(ti, state, context, log, error)
    return state.value, message, error


def failed_trigger(reason: TriggerFailureReason) -> dict[str, Any]:
    """Return what Airflow's API tells about a task whose trigger failed."""
    return {"next_method": "__fail__", "next_kwargs": next_kwargs({"error": reason})}


@pytest.mark.usefixtures("supervisor", "_process")
@pytest.mark.parametrize("name", TASKS)
def test_a_trigger_that_never_answered_fails_the_task_for_good(name: str) -> None:
    resumed = failed_trigger(TriggerFailureReason.TRIGGER_TIMEOUT)
    state, error = execute(instance(TASKS[name], **resumed))
    assert state == "failed"
    assert "in time, and the trigger did not report" in error


@pytest.mark.usefixtures("supervisor", "_process")
def test_a_trigger_that_failed_is_no_reason_to_skip() -> None:
    resumed = failed_trigger(TriggerFailureReason.TRIGGER_FAILURE)
    state, error = execute(instance(partial(TASKS["sensor"], soft_fail=True), **resumed))
    assert (state, "TaskDeferralError" in error) == ("up_for_retry", True)


@pytest.mark.usefixtures("_process")
def test_a_rescheduled_sensor_knows_when_it_began(
    supervisor: Supervisor, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", emulator.connection_json())
    make = partial(
        PartnerCenterQualificationSensor,
        customer_id=magic.customer_id("education-in-review"),
        qualification="Education",
        mode="reschedule",
        timeout=7200,
    )
    supervisor.began = datetime.now(UTC) - timedelta(hours=1)
    assert execute(instance(make, task_reschedule_count=1))[0] == "up_for_reschedule"
    supervisor.began = datetime.now(UTC) - timedelta(hours=3)
    state, error = execute(instance(make, task_reschedule_count=2))
    assert state == "failed"
    assert "no verdict on Education" in error
    assert "within 3:0" in error


@pytest.mark.since_airflow("3.3", "notes that outlive a try of a task")
@pytest.mark.usefixtures("supervisor")
def test_notes_outlive_a_try() -> None:
    first, second = (instance(TASKS["update"]).get_template_context() for _ in range(2))
    note = SubmissionNote("id of a request", posts=1, posted_at=5.0)

    submission_notes(first).save(note)
    found = submission_notes(second).load()
    assert found
    assert found == note
    submission_notes(second).forget()
    assert submission_notes(first).load() is None

    notes_of_many(first)("customer").save(note)
    found = notes_of_many(second)("customer").load()
    assert found
    assert found == note


# -- what the UI shows ------------------------------------------------------------------------------------------------

# A name is no template.
MAPPED = [{"customer_id": ordinary_id(1), "company_name": "Contoso {{ run_id }}"}, {"customer_id": ordinary_id(2)}]
LINK = "_link_PartnerCenterCustomerLink"
SHOWN = ["Contoso {{ run_id }}", ordinary_id(2)]


@pytest.mark.usefixtures("_process")
@pytest.mark.parametrize("map_index", [0, 1], ids=["with-company", "without"])
def test_a_mapped_customer_is_shown_by_its_company(
    load_example: Callable[[str], Any],
    supervisor: Supervisor,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    map_index: int,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", emulator.connection_json())
    emulator.configure(ordinary_id(map_index + 1), vetting="never")
    result = {"customer_id": ordinary_id(map_index + 1), "qualification": "Education", "outcome": "approved"}
    approved = Ending(
        "approved", {**dict.fromkeys(("vetting_status", "vetting_reason", "vetting_created_date")), **result}
    )

    def qualify(**from_server: Any) -> task_runner.RuntimeTaskInstance:
        dag = load_example("onboard_mapped_customers")
        supervisor.results["customers"] = dag.get_task("customers").python_callable({"customers": MAPPED})
        return instance_of(dag.get_task("qualify"), map_index=map_index, conf={"customers": MAPPED}, **from_server)

    assert run(qualify())[0] == "deferred"
    # An approval may end the task in the triggerer: no worker comes back to it.
    assert supervisor.named == (SHOWN[map_index] if NAMED_WHILE_WAITING else None)
    assert supervisor.pushed[LINK] == customer_page(ordinary_id(map_index + 1))
    event = next_kwargs({"event": make_event(approved)})
    state, message, _ = run(qualify(next_method="execute_complete", next_kwargs=event))
    assert (state, message.rendered_map_index) == ("success", SHOWN[map_index])


@pytest.mark.usefixtures("_process")
@pytest.mark.parametrize("task_id", ["choose", "approved", "denied"])
def test_a_decorated_task_has_the_link_to_its_customer(
    load_example: Callable[[str], Any], supervisor: Supervisor, task_id: str
) -> None:
    denial = {"outcome": "denied", "hint": "", "resubmit_denied_of": "", "attempts_left": 2, "vetting_reason": ""}
    supervisor.results["wait"] = {"customer_id": ordinary_id(1), "qualification": "Education", **denial}
    supervisor.results["submit"] = {"customer_id": ordinary_id(1)}
    conf = {"customer_id": ordinary_id(1), "qualification": "StateOwnedEntity"}
    assert run(instance_of(load_example("onboard_customer").get_task(task_id), conf=conf))[0] == "success"
    assert supervisor.pushed[LINK] == customer_page(ordinary_id(1))


@pytest.mark.since_airflow("3.2", "partition keys")
@pytest.mark.usefixtures("_process")
def test_a_run_of_asset_events_has_the_link_to_its_customer(
    load_example: Callable[[str], Any], supervisor: Supervisor
) -> None:
    ti = instance_of(load_example("onboard_from_asset_events").get_task("start"), partition_key=ordinary_id(1))
    state, error = execute(ti)
    assert (state, "Start onboard_customer instead" in error) == ("up_for_retry", True)
    assert supervisor.pushed[LINK] == customer_page(ordinary_id(1))


@pytest.mark.since_airflow("3.2", "partition keys")
def test_a_partition_key_is_the_customer_to_onboard(load_example: Callable[[str], Any], supervisor: Supervisor) -> None:
    supervisor.results["submit"] = {}
    dag = load_example("onboard_customer")
    for task_id in ("submit", "wait"):
        task = dag.get_task(task_id)
        # As the example's text says under "Make it yours".
        for params in (dag.params, task.params):
            params["customer_id"] = Param(None, type=["null", "string"])
        ti = instance_of(task, conf={"qualification": "StateOwnedEntity"}, partition_key=ordinary_id(1))
        ti.render_templates()
        assert task.customer_id == ordinary_id(1)


def posts(emulator: Emulator) -> int:
    return len([call for call in emulator.journal(method="POST") if call["path"].endswith("/qualifications")])


def stop_when(condition: Callable[[], bool]) -> None:
    """Send this process the signal by which Airflow ends a task, once something is true."""

    def wait_and_send() -> None:
        wait_until(condition, "the task at that point")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_and_send, daemon=True).start()


@pytest.mark.usefixtures("supervisor", "_process")
class TestStopped:
    """A task that is marked failed gets a signal; nothing is begun after it, and what was sent is noted."""

    @pytest.fixture(autouse=True)
    def _connection(self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", emulator.connection_json())

    def test_many_customers_no_further_one_is_submitted(self, emulator: Emulator, tmp_path: Path) -> None:
        # To submit all of them takes minutes, so the signal comes before the end on a busy machine too.
        customers = [{"customer_id": ordinary_id(number), **EDUCATION} for number in range(1, 501)]
        stop_when(lambda: posts(emulator) >= 3)
        make = partial(PartnerCenterQualifyCustomersOperator, customers=customers, max_concurrency=2)
        state, error = execute(instance(partial(make, storage_path=f"file://{tmp_path}", deferrable=False)))
        assert state == "up_for_retry"
        assert "was stopped" in error
        assert 3 <= posts(emulator) < len(customers)

    def test_a_wait_ends_at_once(self, emulator: Emulator) -> None:
        began = time.monotonic()
        stop_when(lambda: posts(emulator) >= 1)
        make = partial(
            PartnerCenterUpdateQualificationOperator,
            customer_id=magic.customer_id("never-decided"),
            wait_for_approval=True,
            poke_interval=6 * 3600,
            deferrable=False,
        )
        state, error = execute(instance(partial(make, **EDUCATION)))
        assert state == "up_for_retry"
        assert "was stopped" in error
        assert time.monotonic() - began < 3600
        assert posts(emulator) == 1

    def test_a_sensor_that_pokes_ends_at_once(self, emulator: Emulator) -> None:
        stop_when(lambda: bool(emulator.journal(method="GET", path="/qualifications")))
        make = partial(TASKS["sensor"], customer_id=magic.customer_id("education-in-review"), mode="poke")
        state, error = execute(instance(partial(make, poke_interval=6 * 3600, deferrable=False)))
        assert (state, "was stopped" in error) == ("up_for_retry", True)
        assert len(emulator.journal(method="GET", path="/qualifications")) == 1

    @pytest.mark.parametrize("flag", ["soft_fail", "never_fail", "silent_fail"])
    def test_no_flag_of_the_sensor_takes_a_stop_for_an_error(self, emulator: Emulator, flag: str) -> None:
        sensor: Any = TASKS["sensor"](task_id="wait", **{flag: True})
        stop = clock.Stop()
        stop.set()
        with stop.applied(), pytest.raises(clock.Stopped):
            sensor.poke({})
        assert emulator.journal(path="/qualifications") == []

    def test_a_wait_for_many_ends_at_once(self, emulator: Emulator) -> None:
        stop_when(lambda: posts(emulator) >= 1)
        customers = [{"customer_id": magic.customer_id("never-decided"), **EDUCATION}]
        make = partial(PartnerCenterQualifyCustomersOperator, customers=customers, poke_interval=6 * 3600)
        state, error = execute(instance(partial(make, deferrable=False)))
        assert (state, "was stopped" in error) == ("up_for_retry", True)
        assert posts(emulator) == 1

    def test_an_operator_that_was_never_begun_can_be_stopped(self) -> None:
        for make in TASKS.values():
            make(task_id="qualify").on_kill()
