"""Airflow's own task runner executes and resumes the tasks: it hands them what they ask for, by the names they use."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG, Asset, AssetAlias, Param
from airflow.sdk.bases.operator import TriggerFailureReason

from airflow_provider_partnercenter.assets import verdicts_asset
from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.links.partnercenter import customer_page
from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.qualification.records import SubmissionNote
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor
from airflow_provider_partnercenter.storage.submission_notes import notes_of_many, submission_notes
from airflow_provider_partnercenter.testing.clock import Clock
from airflow_provider_partnercenter.triggers.payloads import Ending, make_event
from testbed.patience import wait_until
from tests.airflow_versions import MINOR, NAMED_WHILE_WAITING, next_kwargs
from tests.support.task_modes import MODES
from tests.support.tasks.runner import Supervisor, execute, instance, instance_of, last_message, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow.sdk import BaseOperator
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    from airflow_provider_partnercenter.emulator.server import Emulator
    from tests.support.plain_api import Api

EDUCATION: dict[str, Any] = {"qualification": "Education", "education_segment": "K12"}
TASKS: dict[str, Callable[..., BaseOperator]] = {
    "sensor": partial(PartnerCenterQualificationSensor, customer_id=ordinary_id(1), qualification="Education"),
    "update": partial(PartnerCenterUpdateQualificationOperator, customer_id=ordinary_id(1), **EDUCATION),
    "bulk": partial(PartnerCenterQualifyCustomersOperator, customers=[]),
}


def failed_trigger(reason: TriggerFailureReason) -> dict[str, Any]:
    """Return what Airflow's API tells about a task whose trigger failed."""
    return {"next_method": "__fail__", "next_kwargs": next_kwargs({"error": reason})}


@pytest.mark.usefixtures("supervisor")
@pytest.mark.parametrize("name", TASKS)
def test_a_trigger_that_never_answered_fails_the_task_for_good(name: str) -> None:
    resumed = failed_trigger(TriggerFailureReason.TRIGGER_TIMEOUT)
    state, error = execute(instance(TASKS[name], **resumed))
    assert state == "failed"
    assert "in time, and the trigger did not report" in error


@pytest.mark.usefixtures("supervisor")
def test_a_trigger_that_failed_is_no_reason_to_skip() -> None:
    resumed = failed_trigger(TriggerFailureReason.TRIGGER_FAILURE)
    state, error = execute(instance(partial(TASKS["sensor"], soft_fail=True), **resumed))
    assert (state, "TaskDeferralError" in error) == ("up_for_retry", True)


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

    def qualify(**from_server: Any) -> RuntimeTaskInstance:
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


@pytest.mark.usefixtures("supervisor")
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


VERDICTS = verdicts_asset("11111111-1111-4111-8111-111111111111")
APPROVED, DENIED = magic.approved_after(900), magic.denied_after(900)
# How each kind of task waits for the verdict on a request.
WAITS: dict[str, Callable[..., BaseOperator]] = {
    **{f"sensor-{mode}": partial(TASKS["sensor"], **options) for mode, options in MODES.items()},
    "update-deferrable": partial(TASKS["update"], wait_for_approval=True, deferrable=True),
    "update-on-a-worker": partial(TASKS["update"], wait_for_approval=True, deferrable=False),
}


class TestVerdicts:
    """A task hands out its verdict with its success, and nothing otherwise."""

    @pytest.fixture(autouse=True)
    def _world(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", api.emulator.connection_json())
        Clock(api.emulator).rule(monkeypatch)

    @pytest.fixture
    def end(self, api: Api, supervisor: Supervisor) -> Callable[..., tuple[str, Any]]:
        """Run a kind of task; tell how it ends, and what Airflow's API is told of it."""

        def end(name: str, customer: str, *, key: str | None = None, **options: Any) -> tuple[str, Any]:
            if name.startswith("sensor"):
                assert api.submit(customer).status_code == 201
            make = partial(WAITS[name], customer_id=customer, **{"outlets": [VERDICTS], **options})
            return last_message(make, supervisor, partition_key=key)

        return end

    @pytest.mark.parametrize(("customer", "outcome"), [(APPROVED, "approved"), (DENIED, "denied")])
    @pytest.mark.parametrize("name", WAITS)
    def test_its_outlets_emit_the_verdict(self, end: Any, name: str, customer: str, outcome: str) -> None:
        state, message = end(name, customer, on_denied="return")
        assert state == "success"
        assert [(outlet.name, outlet.uri) for outlet in message.task_outlets] == [(VERDICTS.name, VERDICTS.uri)]
        [event] = message.outlet_events
        assert event["dest_asset_key"] == {"name": VERDICTS.name, "uri": VERDICTS.uri}
        assert event.get("partition_key") == (customer if MINOR >= (3, 3) else None)
        extra = event["extra"]
        assert {name: extra[name] for name in ("customer_id", "qualification", "outcome")} == {
            "customer_id": customer, "qualification": "Education", "outcome": outcome,
        }  # fmt: skip
        assert {"hint", "vetting_reason", "resubmit_denied_of", "attempts_left"} <= extra.keys() or outcome != "denied"
        # Who may read events, may not be one who may read the results of tasks.
        assert not {"baseline", "preflight"} & extra.keys()
        assert ("request_id" in extra) == name.startswith("update")

    @pytest.mark.parametrize("mode", MODES)
    def test_the_sensor_knows_the_ids_of_the_submission(self, end: Any, mode: str) -> None:
        ids = {"submitted_at": "2026-05-01T10:00:00+00:00", "request_id": "id-1", "correlation_id": "id-2"}
        submission = {"customer_id": APPROVED, "qualification": "Education", "outcome": "in_review", "submitted": True}
        _, message = end(f"sensor-{mode}", APPROVED, submission={**submission, **ids, "baseline": []})
        [event] = message.outlet_events
        assert ids.items() <= event["extra"].items()
        assert event["extra"]["outcome"] == "approved"

    def test_it_can_be_there_already(self, end: Any) -> None:
        state, message = end("update-deferrable", magic.customer_id("education-held"))
        [event] = message.outlet_events
        assert (state, event["extra"]["outcome"]) == ("success", "approved")

    @pytest.mark.parametrize("customer", [DENIED, magic.customer_id("never-decided")], ids=["denied", "no-verdict"])
    @pytest.mark.parametrize("name", WAITS)
    def test_a_task_that_fails_emits_nothing(self, end: Any, name: str, customer: str) -> None:
        state, message = end(name, customer, timeout=3600)
        assert state == "failed"
        assert not hasattr(message, "outlet_events")

    @pytest.mark.parametrize("flag", ["soft_fail", "never_fail"])
    @pytest.mark.parametrize("mode", MODES)
    def test_a_task_that_is_skipped_emits_nothing(self, end: Any, mode: str, flag: str) -> None:
        state, message = end(f"sensor-{mode}", DENIED, **{flag: True})
        assert state == "skipped"
        assert not hasattr(message, "outlet_events")

    def test_the_other_outlets_are_left_alone(self, end: Any) -> None:
        partner = verdicts_asset("contoso.com")
        others = [Asset("orders"), Asset(uri="s3://bucket/verdicts"), AssetAlias(VERDICTS.uri)]
        _, message = end("sensor-deferrable", APPROVED, outlets=[VERDICTS, *others, partner])
        events = {event["dest_asset_key"]["uri"]: event["extra"]["outcome"] for event in message.outlet_events}
        assert events == {VERDICTS.uri: "approved", partner.uri: "approved"}

    def test_there_need_be_no_outlet(self, end: Any) -> None:
        state, message = end("sensor-deferrable", APPROVED, outlets=[])
        assert (state, message.outlet_events) == ("success", [])

    @pytest.mark.parametrize(
        ("key", "says"),
        [
            (APPROVED, None),
            (APPROVED.upper(), None),
            (None, "has no key"),
            (DENIED, f"has the partition key {DENIED}"),
        ],
    )
    def test_the_key_of_the_run_does_not_fit(
        self, end: Any, caplog: pytest.LogCaptureFixture, key: str | None, says: str | None
    ) -> None:
        state, message = end("sensor-deferrable", APPROVED, key=key)
        assert state == "success"
        assert message.outlet_events[0]["extra"]["customer_id"] == APPROVED
        # Before Airflow 3.2 there are no keys, and from 3.3 on the event has its own.
        warned = MINOR == (3, 2) and says is not None
        assert ("nothing which is partitioned by customers starts" in unwrapped(caplog)) == warned
        assert (says or "") in unwrapped(caplog) or not warned

    @pytest.mark.since_airflow("3.3", "partition keys that a task chooses")
    @pytest.mark.parametrize("deferrable", [False, True])
    def test_many_customers_get_an_event_each(self, supervisor: Supervisor, deferrable: bool) -> None:
        customers = [APPROVED, DENIED, magic.customer_id("never-decided")]
        rows = [{"customer_id": customer, **EDUCATION} for customer in customers]
        options = {"outlets": [VERDICTS], "batch_after": 600, "deferrable": deferrable, "timeout": 7200}
        state, message = last_message(partial(TASKS["bulk"], customers=rows, **options), supervisor)
        assert state == "success"
        assert {event["partition_key"] for event in message.outlet_events} == {APPROVED, DENIED}
        for event in message.outlet_events:
            verdicts = event["extra"]["verdicts"]
            assert {customer: verdict["outcome"] for customer, verdict in verdicts.items()} == {
                APPROVED: "approved", DENIED: "denied",
            }  # fmt: skip

    @pytest.mark.since_airflow("3.3", "partition keys that a task chooses")
    @pytest.mark.parametrize("deferrable", [False, True])
    def test_many_customers_without_a_verdict_get_no_event(self, supervisor: Supervisor, deferrable: bool) -> None:
        rows = [{"customer_id": magic.customer_id("never-decided"), **EDUCATION}]
        options = {"outlets": [VERDICTS, Asset("orders")], "deferrable": deferrable, "timeout": 600}
        state, message = last_message(partial(TASKS["bulk"], customers=rows, **options), supervisor)
        assert state == "success"
        assert [outlet.name for outlet in message.task_outlets] == ["orders"]
        assert message.outlet_events == []

    @pytest.mark.before_airflow("3.3", "that many customers cannot have a key each")
    def test_many_customers_may_not_have_such_an_outlet(self) -> None:
        with pytest.raises(ValueError, match=r"needs Airflow 3\.3"):
            TASKS["bulk"](task_id="qualify", outlets=[VERDICTS])

    def test_a_worker_ends_it(self) -> None:
        make = partial(TASKS["sensor"], task_id="wait", outlets=[VERDICTS])
        with pytest.raises(ValueError, match=r"end_from_trigger and an outlet for verdicts cannot be combined"):
            make(end_from_trigger=True)
        with (
            DAG("onboarding", schedule=None, default_args={"outlets": [VERDICTS]}),
            pytest.raises(ValueError, match=r"end_from_trigger and an outlet"),
        ):
            TASKS["update"](task_id="submit", wait_for_approval=True, end_from_trigger=True)
        assert make(end_from_trigger=False, deferrable=True).outlets == [VERDICTS]
        # Of the events of other assets, nobody has promised anything.
        TASKS["sensor"](task_id="wait", outlets=[Asset("orders")], end_from_trigger=True)

    def test_it_waits_for_the_verdict(self) -> None:
        make = partial(TASKS["update"], task_id="submit", outlets=[VERDICTS])
        with pytest.raises(ValueError, match=r"An outlet for verdicts needs wait_for_approval=True"):
            make()
        make(wait_for_approval=True)
        TASKS["update"](task_id="submit", outlets=[Asset("orders")])


def unwrapped(caplog: pytest.LogCaptureFixture) -> str:
    return " ".join(message.strip() for message in caplog.messages)
