"""New customers, as the sensor finds them in every mode: each one, once, whatever breaks."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import Asset
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import GetDagRunState, GetVariable, PutVariable

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from airflow_provider_partnercenter.onboarding.known_customers import LARGEST_REPORT, KnownCustomers
from airflow_provider_partnercenter.sensors.customers import PartnerCenterNewCustomersSensor
from airflow_provider_partnercenter.storage.known_customers import memory_name
from airflow_provider_partnercenter.testing.clock import Clock
from airflow_provider_partnercenter.triggers import customers
from airflow_provider_partnercenter.triggers.customers import PartnerCenterNewCustomersTrigger
from airflow_provider_partnercenter.triggers.shared_looks import shared_look
from tests.support.events.memory import AirflowMemory
from tests.support.task_modes import MODES, Ending, TaskInstance, rebuild, resumed_after_timeout, run
from tests.support.task_modes import first_event as first_event_of

if TYPE_CHECKING:
    from collections.abc import Iterator

DAG, TASK = "onboarding", "new_customers"
MINUTES_10, HOURS_2 = 600, 2 * 3600
OLD = (ordinary_id(1), ordinary_id(2), ordinary_id(3))
NEW = (ordinary_id(4), ordinary_id(5))


def only_old(customers: frozenset[str]) -> bool:
    """Tell whether these are the customers of the beginning; the emulator's magic ones are among them."""
    return customers >= set(OLD) and not customers & set(NEW)


class Airflow(AirflowMemory):
    """The same, with a look at what the sensor knows."""

    def known(self, task_id: str = TASK) -> KnownCustomers | None:
        text = self.variables.get(memory_name(DAG, task_id))
        return KnownCustomers.from_text(text) if text else None


class World:
    """A partner with customers, an Airflow, and a sensor of which each run may be tried several times."""

    def __init__(self, emulator: Emulator, airflow: Airflow, clock: Clock, mode: str) -> None:
        self.emulator, self.airflow, self.clock, self.mode = emulator, airflow, clock, mode
        self._number = 0

    def add(self, *customers: str, after: float = 0) -> None:
        """Let the partner have more customers, at once or later."""

        def add() -> None:
            for customer in customers:
                self.emulator.configure(customer, listed=True)

        self.clock.after(after, add) if after else add()

    def look(
        self, run_id: str = "", *, task_id: str = TASK, context: dict[str, Any] | None = None, **arguments: Any
    ) -> Ending:
        """Run the sensor to its end, in a new run or in another try of one."""
        self._number += 1
        ti = TaskInstance(dag_id=DAG, task_id=task_id, run_id=run_id or f"run {self._number}")
        self.airflow.runs[ti.run_id] = "running"
        make = partial(
            PartnerCenterNewCustomersSensor,
            task_id=task_id,
            **{"timeout": HOURS_2, **MODES[self.mode], **arguments},
        )
        ending = run(make, self.clock, {"ti": ti, **(context or {})})
        self.last = ti.run_id
        return ending

    def end(self, state: str = "success") -> None:
        self.airflow.runs[self.last] = state

    def found(self, **arguments: Any) -> list[str]:
        """Run the sensor to its end, and return the ids of the customers that it found; the whole run succeeds."""
        ending = self.look(**arguments)
        assert ending.state == "succeeded", ending.message
        self.end()
        return [row["customer_id"] for row in ending.result]


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator(Settings(customers=len(OLD))) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    running.reset()
    return running


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Airflow:
    airflow = Airflow()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", airflow, raising=False)
    return airflow


@pytest.fixture(params=MODES)
def world(
    request: pytest.FixtureRequest, emulator: Emulator, airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", emulator.connection_json())
    return World(emulator, airflow, Clock(emulator).rule(monkeypatch), request.param)


deferrable = pytest.mark.parametrize("world", ["deferrable"], indirect=True)


def test_who_is_there_at_the_first_look_is_known(world: World) -> None:
    world.add(NEW[0], after=3 * MINUTES_10)
    ending = world.look()
    [row] = ending.result
    assert row == {"customer_id": NEW[0], "company_name": row["company_name"], "domain": row["domain"]}
    assert row["company_name"]
    assert row["domain"]
    assert only_old(world.airflow.known().settled)


def test_each_new_customer_is_found_once(world: World) -> None:
    world.add(NEW[0], after=MINUTES_10)
    assert world.found() == [NEW[0]]
    world.add(NEW[1], after=3 * MINUTES_10)
    assert world.found() == [NEW[1]]
    assert world.look().state == "failed"
    assert world.airflow.known().settled >= {*OLD, *NEW}
    assert world.airflow.known().reports == {}


def test_what_is_there_may_be_reported_too(world: World) -> None:
    assert set(world.found(first_look="report")) >= set(OLD)
    world.add(NEW[0])
    assert world.found(first_look="report") == [NEW[0]]


@pytest.mark.parametrize("state", ["failed", None], ids=["failed", "deleted"])
def test_what_a_failed_run_has_found_is_found_again_after_a_pause(world: World, state: str | None) -> None:
    world.add(NEW[0], after=MINUTES_10)
    assert len(world.look().result) == 1
    del world.airflow.runs[world.last]
    if state:
        world.airflow.runs[world.last] = state
    failed_at = world.clock.now
    assert world.found() == [NEW[0]]
    assert world.clock.now - failed_at >= 0.8 * MINUTES_10, "a DAG that always fails must not run without a pause"


def test_another_try_finds_the_same_at_once(world: World) -> None:
    """Its process may have been killed after it had remembered what it found."""
    world.add(NEW[0], after=MINUTES_10)
    before = world.look("run A").result
    began = world.clock.now
    assert world.look("run A").result == before
    assert world.clock.now - began < MINUTES_10 / 2


def test_customers_that_another_active_run_has_found_are_not_found_again(world: World) -> None:
    world.add(NEW[0], after=MINUTES_10)
    world.look("run A")
    world.add(NEW[1])
    assert world.found() == [NEW[1]]


def test_a_customer_who_leaves_and_returns_is_not_new(world: World) -> None:
    world.add(NEW[0], after=MINUTES_10)
    world.found()
    for customer in (OLD[0], NEW[0]):
        world.emulator.configure(customer, has_relationship=False)
    assert world.look().state == "failed"
    for customer in (OLD[0], NEW[0]):
        world.emulator.configure(customer, has_relationship=True)
    assert world.look().state == "failed"


@pytest.mark.parametrize("fault", ["endless", "no-token", "no-id"])
def test_a_first_look_that_is_incomplete_is_none(world: World, fault: str) -> None:
    world.emulator.customer_list(fault)
    assert world.look().state == "retried"
    assert world.airflow.known() is None
    world.emulator.customer_list(None)
    world.add(NEW[0], after=MINUTES_10)
    assert world.found() == [NEW[0]]


@pytest.mark.parametrize("fault", ["endless", "no-token"])
def test_a_list_that_is_incomplete_later_is_read_again(world: World, fault: str) -> None:
    world.clock.after(MINUTES_10 / 2, lambda: world.emulator.customer_list(fault))
    world.clock.after(5 * MINUTES_10, lambda: world.emulator.customer_list(None))
    world.add(NEW[0], after=MINUTES_10)
    assert world.found() == [NEW[0]]


@pytest.mark.parametrize(
    ("flag", "state"), [({}, "failed"), ({"soft_fail": True}, "skipped"), ({"never_fail": True}, "skipped")]
)
def test_no_new_customer_in_time(world: World, flag: dict[str, Any], state: str) -> None:
    ending = world.look(**flag)
    assert ending.state == state
    assert "No new customer within 2:00:00. Last look: " in ending.message
    known = world.airflow.known()
    assert only_old(known.settled)
    assert world.clock.now - known.looked_at < 2 * MINUTES_10


@pytest.mark.parametrize(
    ("flag", "state"), [({}, "failed"), ({"soft_fail": True}, "skipped"), ({"never_fail": True}, "skipped")]
)
def test_an_error_that_no_retry_cures_ends_the_wait(world: World, flag: dict[str, Any], state: str) -> None:
    old = world.emulator.client_secret
    world.clock.after(2 * 3600, lambda: object.__setattr__(world.emulator.settings, "client_secret", "another-secret"))
    try:
        ending = world.look(timeout=2 * HOURS_2, **flag)
    finally:
        object.__setattr__(world.emulator.settings, "client_secret", old)
    assert ending.state == state
    assert "Signing in to Microsoft" in ending.message


def test_a_connection_of_another_partner_begins_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add(NEW[0], after=MINUTES_10)
    world.found()
    with Emulator(Settings(customers=2, tenant_id="5b1a2c3d-0000-4000-8000-000000000001")) as other:
        monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", other.connection_json())
        assert world.look(timeout=2 * MINUTES_10).state == "failed"
        assert set(OLD) - world.airflow.known().settled == {OLD[2]}


def test_a_burst_is_reported_in_several_runs(world: World) -> None:
    world.found(first_look="report")
    many = [ordinary_id(number) for number in range(10, 510)]
    world.add(*many)
    found: list[str] = []
    began = world.clock.now
    while len(found) < len(many):
        rows = world.look().result
        assert len(json.dumps(rows)) <= LARGEST_REPORT
        world.end()
        found += [row["customer_id"] for row in rows]
    assert sorted(found) == sorted(many)
    assert world.clock.now - began < 2 * MINUTES_10, "what did not fit is reported at once"


def test_each_sensor_has_a_memory_of_its_own(world: World) -> None:
    world.add(NEW[0], after=MINUTES_10)
    assert world.found(task_id="one") == [NEW[0]]
    world.add(NEW[1], after=MINUTES_10)
    assert world.look(task_id="other").result[0]["customer_id"] == NEW[1]
    assert not {*OLD, NEW[0]} - world.airflow.known("other").settled


def test_a_memory_that_is_not_ours_is_told(world: World) -> None:
    world.airflow.variables[memory_name(DAG, TASK)] = '{"refresh_token": "secret"}'
    ending = world.look()
    assert ending.state == "failed"
    assert "does not contain what a sensor for new customers has stored" in ending.message
    assert "secret" not in ending.message


@pytest.mark.parametrize("away", [GetVariable, PutVariable, GetDagRunState])
def test_an_airflow_that_is_away_costs_a_retry_and_nothing_else(world: World, away: type) -> None:
    world.add(NEW[0], after=MINUTES_10)
    assert len(world.look("run A").result) == 1
    world.end("failed")
    world.airflow.away = (away,)
    assert world.look("run B").state == "retried"
    world.airflow.away = ()
    assert [row["customer_id"] for row in world.look("run B").result] == [NEW[0]]


def test_a_memory_that_is_deleted_during_the_wait_begins_anew(world: World) -> None:
    world.clock.after(MINUTES_10 / 2, world.airflow.variables.clear)
    world.add(NEW[0], after=3 * MINUTES_10)
    ending = world.look()
    if world.mode == "reschedule":
        # The next process makes the first look, before there is a new customer.
        assert [row["customer_id"] for row in ending.result] == [NEW[0]]
    else:
        assert ending.state == "retried"
        assert "was deleted or replaced during the wait" in ending.message


class OutletEvents(dict[Any, Any]):
    def __missing__(self, asset: Any) -> Any:
        self[asset] = event = OutletEvent()
        return event


class OutletEvent:
    def __init__(self) -> None:
        self.keys: list[str] = []

    def add_partitions(self, keys: list[str]) -> None:
        self.keys += keys


def test_audit_records_tell_of_new_customers_too(world: World) -> None:
    records: dict[str, Any] = {"source": "audit_records"}
    world.add(NEW[0])
    world.add(NEW[1], after=MINUTES_10)
    [row] = world.look(**records).result
    assert (row["customer_id"], row["domain"]) == (NEW[1], None)
    assert row["company_name"]
    world.end()
    world.add(ordinary_id(6), after=40 * 24 * 3600)
    for _ in range(5):
        ending = world.look(soft_fail=True, timeout=9 * 24 * 3600, poke_interval=3 * 24 * 3600, **records)
        world.end()
    assert [row["customer_id"] for row in ending.result] == [ordinary_id(6)]


def test_another_source_begins_anew(world: World) -> None:
    """Otherwise, all customers that were not added in the last days would be taken for new ones."""
    world.add(NEW[0], after=MINUTES_10)
    assert world.found(source="audit_records") == [NEW[0]]
    assert world.look().state == "failed"


@pytest.mark.since_airflow("3.3", "partition keys that a task chooses")
def test_each_new_customer_is_a_partition_key_of_the_outlets(world: World) -> None:
    asset, events = Asset("new_customers"), OutletEvents()
    world.add(*NEW, after=MINUTES_10)
    world.look(outlets=[asset], context={"outlet_events": events})
    assert sorted(events[asset].keys) == sorted(NEW)


@pytest.mark.before_airflow("3.3", "a warning that there are no partition keys")
def test_that_there_are_no_partition_keys_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.add(*NEW, after=MINUTES_10)
    assert world.look(outlets=[Asset("new_customers")], context={"outlet_events": OutletEvents()}).state == "succeeded"
    assert "no partition keys of their own" in caplog.text


@deferrable
@pytest.mark.parametrize("sensors", [1, 10])
def test_ten_sensors_of_one_connection_look_as_often_as_one(
    world: World, monkeypatch: pytest.MonkeyPatch, sensors: int
) -> None:
    tasks = [f"sensor_{number}" for number in range(sensors)]
    triggers: list[Any] = [rebuild(world.look(task_id=task, timeout=60).deferral.trigger) for task in tasks]
    for trigger in triggers:
        trigger.look_at, trigger.deadline = world.clock.now, world.clock.now + HOURS_2
    before = len(world.emulator.journal(path="/v1/customers"))
    world.add(NEW[0], after=5.5 * MINUTES_10)
    watch = PartnerCenterNewCustomersTrigger._watch

    # No time passes while a trigger is on its way to its next look: it takes milliseconds, and the clock moves minutes.
    async def on_the_way(trigger: PartnerCenterNewCustomersTrigger) -> dict[str, Any]:
        world.clock.busy += 1
        try:
            return await watch(trigger)
        finally:
            world.clock.busy -= 1

    async def there(*arguments: Any, **named: Any) -> Any:
        world.clock.busy -= 1
        try:
            return await shared_look(*arguments, **named)
        finally:
            world.clock.busy += 1

    monkeypatch.setattr(PartnerCenterNewCustomersTrigger, "_watch", on_the_way)
    monkeypatch.setattr(customers, "shared_look", there)

    async def wait() -> list[Any]:
        return await asyncio.gather(*map(first_event_of, triggers))

    events = asyncio.run(wait())
    assert [event.payload["customers"][0]["customer_id"] for event in events] == [NEW[0]] * sensors
    assert len(world.emulator.journal(path="/v1/customers")) - before == 7


@deferrable
def test_a_triggerer_that_never_answers_is_a_time_out(world: World) -> None:
    ending = resumed_after_timeout(lambda: PartnerCenterNewCustomersSensor(task_id=TASK, deferrable=True))
    assert ending.state == "failed"
    assert "No new customer was found in time" in ending.message


@deferrable
def test_what_travels_is_small(world: World) -> None:
    many = [ordinary_id(number) for number in range(10, 510)]
    world.add(*many, after=MINUTES_10)
    ending = world.look()
    assert len(json.dumps(ending.deferral.trigger.serialize())) < 2_000
    assert len(json.dumps(ending.result)) < 32_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": "portal"}, "source must be one of 'customers', 'audit_records'"),
        ({"first_look": "ignore"}, "first_look must be one of 'remember', 'report'"),
        ({"poke_interval": 0}, "poke_interval must be seconds"),
        ({"timeout": -1}, "timeout must be seconds"),
    ],
)
def test_arguments_that_make_no_sense(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PartnerCenterNewCustomersSensor(task_id=TASK, **arguments)
