"""A chain of runs that hand out verdicts as they are seen: what each hands out, and what it leaves to the next one."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.execution_time.context import OutletEventAccessors

from airflow_provider_partnercenter.assets import verdicts_asset
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator
from airflow_provider_partnercenter.qualification.verdicts import MAX_EXTRA_BYTES
from airflow_provider_partnercenter.qualification.waiting.intervals import interval
from airflow_provider_partnercenter.storage.entries import INLINE_BYTES, EntryFolder
from airflow_provider_partnercenter.storage.tidying import remove_finished
from testbed.patience import CALL_PATIENCE
from tests.support.task_modes import Ending, TaskInstance, TaskStateStore, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.testing.clock import Clock

MODES = {"worker": False, "triggerer": True}
DENIED = "Not an Academic Domain"
FIRST_RUN = "manual__2026-01-02T03:04:05+00:00"
HOUR = 3600.0
# Seconds from the end of a run's task to the start of the next one's.
BETWEEN_RUNS = 20.0
RETRIES = 2


@pytest.fixture(autouse=True)
def connection(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    given = emulator.connection()
    given["extra"] |= {"requests_per_minute": 0}
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", json.dumps(given))


@pytest.fixture(params=MODES)
def deferrable(request: pytest.FixtureRequest) -> bool:
    return MODES[request.param]


class Chain:
    """
    Runs the task of one run after the other, as Airflow does with the DAG `onboard_in_batches`.

    :param arguments: arguments of the operator.
    """

    def __init__(self, clock: Clock, customers: list[str], **arguments: Any) -> None:
        self.clock = clock
        self.rows = [education(customer) for customer in customers]
        self.arguments = {"batch_after": 600, "deferrable": True, "retries": RETRIES, **arguments}
        self.ti, self.store = TaskInstance(run_id=FIRST_RUN, max_tries=RETRIES), TaskStateStore()
        self.rest: dict[str, Any] | None = None
        self.results: list[dict[str, Any]] = []
        self.emitted: list[tuple[set[str], dict[str, Any]]] = []
        self.ended_at: list[float] = []

    def attempt(self) -> Ending:
        """Let the current run's task try once. It need not succeed, as far as Airflow knows."""

        def make() -> PartnerCenterQualifyCustomersOperator:
            customers = None if self.rest else self.rows
            return PartnerCenterQualifyCustomersOperator(
                task_id="qualify", customers=customers, rest=self.rest, **self.arguments
            )

        self.events = OutletEventAccessors()
        context = {"ti": self.ti, "task_state_store": self.store, "outlet_events": self.events}
        return run(make, self.clock, context)

    def succeed(self, ending: Ending) -> bool:
        """Count a try as the one that succeeded, start the next run, and return whether there is one."""
        assert (ending.state, ending.message) == ("succeeded", "")
        self.results.append(ending.result)
        self.emitted += [(self.events[asset].partition_keys, self.events[asset].extra) for asset in self.events]
        self.ended_at.append(self.clock.now)
        self.rest = ending.result["rest"]
        if self.rest is None:
            return False
        self.ti, self.store = TaskInstance(run_id=self.rest["run_id"], max_tries=RETRIES), TaskStateStore()
        self.clock.sleep(BETWEEN_RUNS)
        return True

    def run(self, attempt: Callable[[], Ending] | None = None) -> list[dict[str, Any]]:
        """Run all, and return their results."""
        while self.succeed((attempt or self.attempt)()):
            assert len(self.results) < 100, "it does not end"
        return self.results


def cleared(ti: TaskInstance) -> TaskInstance:
    """Return a task instance as it is after a person has cleared it."""
    return replace(ti, try_number=ti.try_number + 1, max_tries=ti.try_number + RETRIES)


def education(customer: str) -> dict[str, Any]:
    return {"customer_id": customer, "qualification": "Education", "education_segment": "K12"}


def reported(result: dict[str, Any]) -> dict[str, str]:
    """Return the outcomes in a report, by customer."""
    customers = result["customers"]
    if customers is None:
        customers = json.loads(Path(result["path"].removeprefix("file://")).read_text())["customers"]
    assert result["counts"]["total"] == len(customers)
    outcomes = {customer["customer_id"]: customer["outcome"] for customer in customers}
    assert len(outcomes) == len(customers)
    return outcomes


def spread(emulator: Emulator, number: int, *, over: float) -> list[str]:
    """Make customers whose verdicts come one after the other; the last one never gets one."""
    customers = [ordinary_id(n) for n in range(1, number + 1)]
    for position, customer in enumerate(customers[:-1], 1):
        emulator.configure(
            customer,
            vetting=f"seconds:{position * over / number:.0f}",
            verdict="deny:" + DENIED if position % 4 == 0 else "approve",
        )
    emulator.configure(customers[-1], vetting="never")
    return customers


def expected(customers: list[str]) -> dict[str, str]:
    outcomes = {c: "denied" if position % 4 == 0 else "approved" for position, c in enumerate(customers, 1)}
    return outcomes | {customers[-1]: "in_review"}


def posts(emulator: Emulator) -> Counter[str]:
    return Counter(record["customer_id"] for record in emulator.journal(method="POST", path="/qualifications"))


def polls(emulator: Emulator) -> Counter[str]:
    return Counter(record["customer_id"] for record in emulator.journal(method="GET", path="/qualifications"))


def assert_each_once(results: list[dict[str, Any]], outcomes: dict[str, str]) -> None:
    found = [pair for result in results for pair in reported(result).items()]
    assert Counter(customer for customer, _ in found) == dict.fromkeys(outcomes, 1)
    assert dict(found) == outcomes


# -- the chain --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [12, 60])
def test_every_verdict_is_handed_out_once_and_soon(
    emulator: Emulator, clock: Clock, tmp_path: Path, deferrable: bool, number: int
) -> None:
    customers = spread(emulator, number, over=1.5 * HOUR)
    began = clock.now
    chain = Chain(clock, customers, deferrable=deferrable, storage_path=f"file://{tmp_path}", timeout=3 * HOUR)
    results = chain.run()
    assert_each_once(results, expected(customers))
    assert posts(emulator) == dict.fromkeys(customers, 1)
    assert 3 * HOUR <= clock.now - began < 3 * HOUR + 120, "the chain waits as long as one task"
    ends = {customer: end for result, end in zip(results, chain.ended_at, strict=True) for customer in reported(result)}
    for position, customer in enumerate(customers[:-1], 1):
        decided = position * 1.5 * HOUR / number
        late = ends[customer] - began - decided
        assert late < 600 + 1.2 * interval(decided) + 2 * BETWEEN_RUNS + 60
    left = [result["counts"]["rest"] for result in results]
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0
    assert 5 < len(results) < 1.5 * HOUR / 600 + 3
    assert [result["rest"]["run_id"] for result in results[:-1]] == [
        f"batch-{n}-of-qualify:{FIRST_RUN}" for n in range(2, len(results) + 1)
    ]


def test_nobody_is_polled_more_often_than_by_one_task(emulator: Emulator, clock: Clock) -> None:
    customers = spread(emulator, 12, over=6 * HOUR)
    Chain(clock, customers, timeout=8 * HOUR, batch_after=None).run()
    alone = polls(emulator)
    emulator.reset()
    assert spread(emulator, 12, over=6 * HOUR) == customers
    results = Chain(clock, customers, timeout=8 * HOUR, batch_after=60).run()
    assert len(results) >= 8
    # Another number of polls is a matter of chance; each hand-over that polled everybody would be one more.
    assert all(abs(polls(emulator)[customer] - alone[customer]) <= 2 for customer in customers)


@pytest.mark.parametrize("number", [12, 60])
def test_what_a_killed_worker_had_found_is_handed_out_by_the_next_try(
    emulator: Emulator, clock: Clock, tmp_path: Path, deferrable: bool, number: int
) -> None:
    customers = spread(emulator, number, over=1.5 * HOUR)
    chain = Chain(clock, customers, deferrable=deferrable, storage_path=f"file://{tmp_path}", timeout=3 * HOUR)
    lost: list[dict[str, Any]] = []

    def attempt() -> Ending:
        # It has done everything but tell Airflow. So Airflow has no result, and made no events.
        lost.append(chain.attempt().result)
        clock.sleep(60)
        chain.ti.try_number += 1
        return chain.attempt()

    results = chain.run(attempt)
    assert_each_once(results, expected(customers))
    assert posts(emulator) == dict.fromkeys(customers, 1)
    pairs = list(zip(lost, results, strict=True))
    assert all(set(reported(first)) <= set(reported(second)) for first, second in pairs), "a batch may only grow"
    assert all(first["rest"]["run_id"] == second["rest"]["run_id"] for first, second in pairs[:-2] if first["rest"])


def test_a_worker_that_is_given_up_but_goes_on_spoils_nothing(emulator: Emulator, clock: Clock, tmp_path: Path) -> None:
    customers = spread(emulator, 60, over=1.5 * HOUR)
    chain = Chain(clock, customers, storage_path=f"file://{tmp_path}", timeout=3 * HOUR)

    def attempt() -> Ending:
        counts = chain.attempt()
        chain.attempt()
        return counts

    assert_each_once(chain.run(attempt), expected(customers))


def test_a_trigger_that_starts_again_elsewhere(
    emulator: Emulator, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The triggerer is killed when the trigger is about to end, and has told nobody."""
    from airflow_provider_partnercenter.triggers.bulk import PartnerCenterBulkQualificationTrigger

    watch = PartnerCenterBulkQualificationTrigger._watch

    async def watch_twice(trigger: PartnerCenterBulkQualificationTrigger) -> dict[str, Any]:
        await watch(trigger)
        return await watch(PartnerCenterBulkQualificationTrigger(**trigger.serialize()[1]))

    monkeypatch.setattr(PartnerCenterBulkQualificationTrigger, "_watch", watch_twice)
    for number in (12, 60):
        emulator.reset()
        customers = spread(emulator, number, over=1.5 * HOUR)
        results = Chain(clock, customers, storage_path=f"file://{tmp_path}", timeout=3 * HOUR).run()
        assert_each_once(results, expected(customers))


def test_two_writes_do_not_spoil_one_file(
    emulator: Emulator, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch ends while the verdicts so far are being stored, which takes a while."""
    from airflow_provider_partnercenter.triggers import bulk

    write, settled = EntryFolder.write_verdicts, bulk._Checkpoint.settled
    finish, writing, most = threading.Event(), Counter[str](), []

    def write_slowly(folder: EntryFolder, entries: Any) -> None:
        writing[folder.path] += 1
        most.append(writing[folder.path])
        assert finish.wait(CALL_PATIENCE)
        write(folder, entries)
        writing[folder.path] -= 1

    async def settle(checkpoint: bulk._Checkpoint) -> None:
        asyncio.get_running_loop().call_soon(finish.set)
        await settled(checkpoint)

    monkeypatch.setattr(EntryFolder, "write_verdicts", write_slowly)
    monkeypatch.setattr(bulk._Checkpoint, "settled", settle)
    chain = Chain(clock, spread(emulator, 60, over=1.5 * HOUR), storage_path=f"file://{tmp_path}")
    assert chain.succeed(chain.attempt())
    assert len(most) >= 2
    assert max(most) == 1


def test_a_cleared_task_hands_out_the_same_again(emulator: Emulator, clock: Clock) -> None:
    customers = spread(emulator, 12, over=1.5 * HOUR)
    chain = Chain(clock, customers, timeout=3 * HOUR)
    first, ti, store = chain.attempt(), chain.ti, chain.store
    chain.succeed(first)
    second, rest = chain.attempt(), chain.rest
    chain.succeed(second)
    for before, ending, mine, kept in ((None, first, ti, store), (rest, second, TaskInstance(), TaskStateStore())):
        chain.rest, chain.store = before, kept
        chain.ti = cleared(mine)
        again = chain.attempt().result
        assert set(reported(ending.result)) <= set(reported(again))
        # The first run may have requested somebody whom the chain that it began does not know.
        same = again["rest"]["run_id"] == ending.result["rest"]["run_id"]
        assert same == (before is not None)
    assert posts(emulator) == dict.fromkeys(customers, 1)


def test_whom_a_cleared_task_requests_somebody_waits_for(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    soon, late, refused = (ordinary_id(number) for number in (1, 2, 3))
    emulator.configure(soon, vetting="seconds:60")
    emulator.configure(late, vetting=f"seconds:{5 * HOUR}")
    refusal = {"kind": "answer", "status": 403, "methods": ["POST"], "times": 1}
    emulator.configure(refused, vetting=f"seconds:{HOUR}", faults=[refusal])
    chain = Chain(clock, [soon, late, refused], deferrable=deferrable)
    ti, store = chain.ti, chain.store
    chain.succeed(chain.attempt())
    assert reported(chain.results[0]) == {soon: "approved", refused: "refused"}
    # A person has mended what was refused.
    known, chain.rest, chain.ti, chain.store = chain.rest, None, cleared(ti), store
    results = chain.run()
    assert [each for result in results for each in reported(result).items() if each[0] == refused][1:] == [
        (refused, "approved")
    ]
    assert known
    assert known["run_id"] not in [result["rest"]["run_id"] for result in results[1:] if result["rest"]]
    assert posts(emulator) == {soon: 1, late: 1, refused: 2}


def test_a_retry_does_not_wait_beyond_the_deadline_of_the_chain(
    emulator: Emulator, clock: Clock, deferrable: bool
) -> None:
    emulator.configure(ordinary_id(1), vetting="seconds:60")
    emulator.configure(ordinary_id(2), vetting="never")
    began = clock.now
    chain = Chain(clock, [ordinary_id(1), ordinary_id(2)], deferrable=deferrable, timeout=3 * HOUR)
    chain.succeed(chain.attempt())
    # Its worker is killed at the very end.
    chain.attempt()
    chain.ti.try_number += 1
    chain.succeed(chain.attempt())
    assert clock.now - began < 3 * HOUR + BETWEEN_RUNS
    assert reported(chain.results[-1]) == {ordinary_id(2): "in_review"}


# -- batches ----------------------------------------------------------------------------------------------------------


def test_a_full_batch_does_not_wait(emulator: Emulator, clock: Clock, tmp_path: Path, deferrable: bool) -> None:
    customers = [ordinary_id(n) for n in range(1, 301)]
    for customer in customers[:-1]:
        emulator.configure(customer, qualifications=[{"qualification": "Education", "vettingStatus": "Approved"}])
    emulator.configure(customers[-1], vetting="seconds:1800")
    began = clock.now
    chain = Chain(clock, customers, deferrable=deferrable, storage_path=f"file://{tmp_path}")
    results = chain.run()
    assert_each_once(results, dict.fromkeys(customers, "approved"))
    full = results[:-2]
    assert len(full) >= 2
    assert chain.ended_at[len(full) - 1] - began < len(full) * (BETWEEN_RUNS + 10)
    for result in full:
        size = len(json.dumps(reported(result)))
        assert MAX_EXTRA_BYTES / 20 < size < MAX_EXTRA_BYTES


def test_a_batch_that_fills_up_during_the_wait_ends_it(
    emulator: Emulator, clock: Clock, tmp_path: Path, deferrable: bool
) -> None:
    customers = [ordinary_id(n) for n in range(1, 201)]
    for customer in customers:
        emulator.configure(customer, vetting="seconds:60")
    emulator.configure(customers[-1], vetting="seconds:40000")
    chain = Chain(
        clock, customers, deferrable=deferrable, storage_path=f"file://{tmp_path}", batch_after=timedelta(hours=4)
    )
    began = clock.now
    results = chain.run()
    assert_each_once(results, dict.fromkeys(customers, "approved"))
    assert chain.ended_at[0] - began < HOUR, "it was full long before it was old"
    assert chain.ended_at[-3] - began < HOUR
    assert chain.ended_at[-2] - began >= 4 * HOUR, "the last of them do not fill a batch"


def test_a_customer_with_two_qualifications(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    one = ordinary_id(1)
    emulator.configure(one, vetting="seconds:600")
    chain = Chain(clock, [one], deferrable=deferrable)
    chain.rows.append({"customer_id": one, "qualification": "StateOwnedEntity"})
    first, second = chain.run()
    assert [customer["qualification"] for customer in first["customers"]] == ["StateOwnedEntity"]
    assert [customer["qualification"] for customer in second["customers"]] == ["Education"]
    emulator.configure(one, vetting="seconds:1")
    chain = Chain(clock, [one], deferrable=deferrable)
    chain.rows.append({"customer_id": one, "qualification": "StateOwnedEntity"})
    results = chain.run()
    assert [[customer["qualification"] for customer in result["customers"]] for result in results] == [
        ["Education"], ["StateOwnedEntity"],
    ]  # fmt: skip


def test_who_is_refused_is_reported_at_once_and_once(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    customers = [ordinary_id(1), ordinary_id(2)]
    for number, customer in enumerate(customers):
        emulator.configure(customer, vetting=f"seconds:{1800 + 7200 * number}")
    results = Chain(clock, ["contoso", *customers], deferrable=deferrable).run()
    assert [reported(result) for result in results] == [
        {"contoso": "refused", customers[0]: "approved"},
        {customers[1]: "approved"},
    ]
    assert results[0]["counts"] == {
        "total": 2, "approved": 1, "denied": 0, "in_review": 0, "refused": 1, "failed": 0, "submitted": 1, "rest": 1,
    }  # fmt: skip


def test_an_absence_is_made_sure_of_across_runs(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    """Two reads at least two minutes apart have to show it, and a run may be shorter."""
    customers = [ordinary_id(n) for n in range(1, 16)]
    for number, customer in enumerate(customers):
        emulator.configure(customer, vetting=f"seconds:{300 + number * 60}")
    gone = customers[-1]
    empty = {"kind": "answer", "status": 200, "body": "[]", "methods": ["GET"], "times": None}
    clock.after(200, lambda: emulator.configure(gone, faults=[empty]))
    results = Chain(clock, customers, deferrable=deferrable, batch_after=1, poke_interval=20).run()
    assert_each_once(results, {**dict.fromkeys(customers[:-1], "approved"), gone: "failed"})
    where = next(number for number, result in enumerate(results) if gone in reported(result))
    assert where < len(results) - 3, "not only once there is time"


# -- asset events -----------------------------------------------------------------------------------------------------

OUTLETS = [verdicts_asset("11111111-1111-4111-8111-111111111111")]
chooses_keys = pytest.mark.since_airflow("3.3", "partition keys that a task chooses")


def assert_events_for(chain: Chain, customers: list[str]) -> None:
    keys = [key for found, _ in chain.emitted for key in found]
    assert Counter(keys) == dict.fromkeys(customers, 1)
    for found, extra in chain.emitted:
        assert set(extra["verdicts"]) == found
        assert len(json.dumps(extra)) <= MAX_EXTRA_BYTES


@chooses_keys
def test_each_verdict_is_an_event(emulator: Emulator, clock: Clock, tmp_path: Path, deferrable: bool) -> None:
    customers = spread(emulator, 60, over=1.5 * HOUR)
    chain = Chain(
        clock, customers, deferrable=deferrable, storage_path=f"file://{tmp_path}", timeout=3 * HOUR, outlets=OUTLETS
    )

    def attempt() -> Ending:
        chain.attempt()
        chain.ti.try_number += 1
        return chain.attempt()

    assert_each_once(chain.run(attempt), expected(customers))
    assert_events_for(chain, customers[:-1])


@chooses_keys
def test_who_waits_for_all_may_have_more_than_fit(
    emulator: Emulator, clock: Clock, tmp_path: Path, deferrable: bool, caplog: pytest.LogCaptureFixture
) -> None:
    customers = [ordinary_id(n) for n in range(1, 151)]
    for customer in customers:
        emulator.configure(customer, vetting="seconds:1800", verdict="deny:" + DENIED)
    chain = Chain(
        clock, customers, deferrable=deferrable, storage_path=f"file://{tmp_path}", batch_after=None, outlets=OUTLETS
    )
    with caplog.at_level(logging.WARNING):
        assert chain.succeed(chain.attempt())
    assert "do not fit into the asset events of one task" in " ".join(caplog.messages)
    assert "let another run go on with 'rest' of the result, as the DAG onboard_in_batches" in " ".join(caplog.messages)
    before = clock.now
    assert_each_once(chain.run(), dict.fromkeys(customers, "denied"))
    assert clock.now - before < 3 * BETWEEN_RUNS, "nobody is left to wait for"
    assert_events_for(chain, customers)


@chooses_keys
def test_a_task_that_fails_hands_out_nothing(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    customers = spread(emulator, 6, over=HOUR)
    chain = Chain(
        clock, customers, deferrable=deferrable, batch_after=None, on_denied="fail", outlets=OUTLETS, timeout=HOUR * 3
    )
    ending = chain.attempt()
    assert ending.state == "failed"
    assert reported(ending.xcom) == expected(customers), "the report is complete"
    assert ending.xcom["rest"] is None
    assert list(chain.events) == []


# -- the end ----------------------------------------------------------------------------------------------------------


def test_a_run_that_starts_after_the_deadline_ends_the_chain(
    emulator: Emulator, clock: Clock, deferrable: bool
) -> None:
    customers = spread(emulator, 4, over=HOUR)
    chain = Chain(clock, customers, deferrable=deferrable, timeout=3 * HOUR)
    assert chain.succeed(chain.attempt())
    clock.sleep(4 * HOUR)
    (last,) = chain.run()[1:]
    assert last["rest"] is None
    assert set(reported(last).values()) == {"in_review"}
    assert "clear the task to keep waiting" in last["customers"][0]["hint"]
    chain.rest, chain.ti = chain.results[0]["rest"], cleared(chain.ti)
    again = chain.run()[2:]
    assert_each_once([chain.results[0], *again], expected(customers))


def test_who_waits_for_all_gets_one_report_of_a_rest(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    customers = spread(emulator, 6, over=HOUR)
    chain = Chain(clock, customers, deferrable=deferrable, timeout=2 * HOUR)
    assert chain.succeed(chain.attempt())
    chain.arguments["batch_after"] = None
    assert_each_once(chain.run(), expected(customers))
    assert len(chain.results) == 2


# -- storage ----------------------------------------------------------------------------------------------------------


def test_the_rest_is_small(emulator: Emulator, clock: Clock, tmp_path: Path) -> None:
    customers = spread(emulator, 60, over=1.5 * HOUR)
    results = Chain(clock, customers, storage_path=f"file://{tmp_path}", timeout=3 * HOUR).run()
    stored = [result["rest"]["path"] is not None for result in results if result["rest"]]
    assert stored == sorted(stored, reverse=True), "in the storage while there are many, then in Airflow's database"
    assert stored[0]
    assert not stored[-1]
    for result in results[:-1]:
        assert len(json.dumps(result["rest"])) < (1000 if result["rest"]["path"] else INLINE_BYTES)


@pytest.mark.parametrize("number", [12, 60])
def test_nobody_tidies_up_what_a_run_still_needs(
    emulator: Emulator,
    clock: Clock,
    tmp_path: Path,
    deferrable: bool,
    number: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    storage = f"file://{tmp_path}"
    customers = spread(emulator, number, over=1.5 * HOUR)
    chain = Chain(clock, customers, deferrable=deferrable, storage_path=storage, timeout=3 * HOUR)
    outcomes: list[dict[str, str]] = []

    def tidy() -> None:
        remove_finished(storage, timedelta(minutes=10))

    def attempt() -> Ending:
        # Before the task begins, while it waits, and when its worker was killed just before it had succeeded.
        clock.sleep(700)
        tidy()
        clock.after(300, tidy)
        chain.attempt()
        clock.sleep(60)
        tidy()
        chain.ti.try_number += 1
        ending = chain.attempt()
        outcomes.append(reported(ending.result))
        return ending

    with caplog.at_level(logging.WARNING):
        chain.run(attempt)
    assert Counter(customer for found in outcomes for customer in found) == dict.fromkeys(customers, 1)
    if number == 60:
        assert "its task left customers to another run on" in caplog.text
    clock.sleep(3600)
    tidy()
    assert list(tmp_path.iterdir()) == []


def test_a_rest_that_is_gone_is_named_with_what_to_do(emulator: Emulator, clock: Clock, tmp_path: Path) -> None:
    customers = spread(emulator, 60, over=1.5 * HOUR)
    chain = Chain(clock, customers, storage_path=f"file://{tmp_path}")
    assert chain.succeed(chain.attempt())
    assert chain.rest
    EntryFolder(chain.rest["path"]).remove()
    before = len(emulator.journal())
    ending = chain.attempt()
    assert ending.state == "failed"
    assert f"storage_path {chain.rest['path']!r} cannot be read" in ending.message
    assert "start a run without 'rest' and with all customers: it requests nothing twice" in ending.message
    assert len(emulator.journal()) == before


def test_the_storage_of_the_next_run_is_missing(emulator: Emulator, clock: Clock, tmp_path: Path) -> None:
    chain = Chain(clock, spread(emulator, 60, over=1.5 * HOUR), storage_path=f"file://{tmp_path}")
    assert chain.succeed(chain.attempt())
    chain.arguments["storage_path"] = ""
    ending = chain.attempt()
    assert ending.state == "failed"
    assert "storage_path is missing" in ending.message


# -- arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"on_denied": "fail"}, "batch_after needs on_denied='report', not 'fail': "),
        ({"wait_for_approval": False}, "batch_after needs wait_for_approval=True, not False: "),
        ({"do_xcom_push": False}, "batch_after needs do_xcom_push=True, not False: "),
        ({"batch_after": 0}, "batch_after must be seconds or a timedelta, more than 0"),
        ({"batch_after": "soon"}, "batch_after must be seconds or a timedelta"),
    ],
)
def test_what_does_not_go_together(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        PartnerCenterQualifyCustomersOperator(task_id="qualify", customers=[], **{"batch_after": 600, **arguments})


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ({"version": 2}, "rest has version 2, but this worker reads version 1"),
        ({"run_id": "batch-2"}, "rest is not what an earlier run handed on"),
        ("{{ params.rest }}", "rest must be a dictionary"),
    ],
)
def test_a_rest_that_cannot_be_read(emulator: Emulator, clock: Clock, rest: Any, says: str) -> None:
    chain = Chain(clock, [ordinary_id(1)])
    chain.rest = rest
    ending = chain.attempt()
    assert (ending.state, emulator.journal()) == ("failed", [])
    assert says in ending.message


@pytest.mark.parametrize("nothing", [None, "", "None", {}, "{}"])
def test_the_first_run_may_be_given_an_empty_rest(emulator: Emulator, clock: Clock, nothing: Any) -> None:
    def make() -> PartnerCenterQualifyCustomersOperator:
        customers = [education(ordinary_id(1))]
        return PartnerCenterQualifyCustomersOperator(task_id="qualify", customers=customers, rest=nothing)

    assert run(make, clock, {"task_state_store": TaskStateStore()}).result["counts"]["approved"] == 1


def test_text_that_jinja_made_of_a_rest(emulator: Emulator, clock: Clock) -> None:
    chain = Chain(clock, spread(emulator, 3, over=HOUR), timeout=2 * HOUR)
    assert chain.succeed(chain.attempt())
    chain.rest = str(chain.rest)  # type: ignore[assignment]  # as a DAG that does not render native objects
    assert chain.succeed(chain.attempt())
