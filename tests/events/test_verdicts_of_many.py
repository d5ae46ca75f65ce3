"""
Many customers in one list, whose verdicts come over half an hour of Microsoft's time; one is never decided.

What follows an approval exists soon after the verdict, once for each customer, although processes are killed. It is not
carried out: its DAG is paused, and so its runs are queued.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from airflow_provider_partnercenter.onboarding.run_ids import follow_up_run_id
from testbed.patience import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow

CHAIN, TAKES, FOLLOWS = "onboard_in_batches", "follow_up_verdicts", "after_approval"
SPREAD = 1800
# Every tenth is denied.
DENIED = 10

pytestmark = pytest.mark.since_airflow("3.3", "partition keys that a task chooses")


@dataclass(frozen=True)
class Customer:
    """
    A customer.

    :param decided_after: the seconds between its request and its verdict, on the emulator's clock.
    """

    customer_id: str
    decided_after: float
    verdict: str

    @property
    def follow_up(self) -> str:
        return follow_up_run_id(self.customer_id, "Education")


class List:
    """A list of customers that one chain of runs onboards, and what has become of it."""

    def __init__(self, airflow: LocalAirflow, emulator: Emulator, size: int) -> None:
        self._airflow, self._emulator = airflow, emulator
        self.customers = [
            Customer(str(uuid4()), (number + 0.5) / size * SPREAD, "approve" if number % DENIED else "deny")
            for number in range(size)
        ]
        for each in self.customers:
            emulator.configure(each.customer_id, vetting=f"seconds:{each.decided_after:g}", verdict=each.verdict)
        self.never = emulator.configure(str(uuid4()), vetting="never")
        ids = [each.customer_id for each in self.customers] + [self.never]
        education = {"qualification": "Education", "education_segment": "K12"}
        self.first = airflow.trigger(CHAIN, {"customers": [{"customer_id": each, **education} for each in ids]})

    def chain(self) -> list[str]:
        """Return the runs of the chain."""
        return [run["dag_run_id"] for run in self._airflow.runs(CHAIN) if self.first in run["dag_run_id"]]

    def waiting(self) -> str | None:
        """Return the state of the task that waits for verdicts, in the newest run of the chain."""
        return self._airflow.task_states(CHAIN, self.chain()[-1]).get("qualify")

    def followed(self) -> set[str]:
        """Return the runs that follow the approval of one of the customers."""
        mine = {each.customer_id for each in self.customers} | {self.never}
        return {run["dag_run_id"] for run in self._airflow.runs(FOLLOWS) if run["conf"]["customer_id"] in mine}

    def wait_until_followed(self, wanted: set[str]) -> None:
        wait_until(lambda: wanted <= self.followed(), "all approvals so far are followed up")

    def told(self) -> Counter[str]:
        """Return how many events each customer's verdict was. Runs do not tell: one takes all events that are there."""
        mine = {each.customer_id for each in self.customers} | {self.never}
        events = text("SELECT partition_key FROM asset_event WHERE source_dag_id = :dag_id")
        engine = create_engine(self._airflow.environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
        with engine.connect() as connection:
            keys = connection.scalars(events, {"dag_id": CHAIN}).all()
        engine.dispose()
        return Counter(key for key in keys if key in mine)

    def posts(self) -> Counter[str]:
        mine = {each.customer_id for each in self.customers} | {self.never}
        sent = self._emulator.journal(method="POST", path="/qualifications")
        return Counter(record["customer_id"] for record in sent if record["customer_id"] in mine)


@pytest.fixture
def lists(
    airflow: LocalAirflow, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[int], List]]:
    """Start to onboard a list of customers of a size."""
    given = emulator.connection()
    extra = json.dumps({**given.pop("extra"), "requests_per_minute": 0})
    connection = {"connection_id": "partnercenter_unlimited", **given, "extra": extra}
    variable = {"key": "partnercenter_storage", "value": f"file://{tmp_path_factory.mktemp('storage')}"}
    airflow.rest("POST", "/connections", json=connection)
    airflow.rest("POST", "/variables", json=variable)
    for dag_id in (CHAIN, TAKES):
        airflow.wait_for_dag(dag_id)
    airflow.pause(FOLLOWS, paused=True)
    yield lambda size: List(airflow, emulator, size)
    airflow.rest("DELETE", f"/variables/{variable['key']}")
    airflow.rest("DELETE", f"/connections/{connection['connection_id']}")


@pytest.mark.parametrize(
    ("size", "kills"),
    [
        pytest.param(20, ["task"], marks=pytest.mark.smoke, id="few"),
        pytest.param(1000, [None, "task", "triggerer", "scheduler", None, "task", "api-server", None], id="thousand"),
    ],
)
def test_each_approval_is_followed_up_once_before_the_last_verdict(
    airflow: LocalAirflow,
    emulator: Emulator,
    lists: Callable[[int], List],
    kill: Callable[[str], None],
    size: int,
    kills: list[str | None],
) -> None:
    given = lists(size)
    wait_until(lambda: given.waiting() == "deferred", "everybody is requested")
    assert set(given.posts().values()) == {1}

    for step, victim in enumerate(kills, start=1):
        emulator.advance(SPREAD / len(kills))
        if victim in ("task", "scheduler"):
            wait_until(lambda: given.waiting() in ("queued", "running"), "a batch is handed out")
        if victim:
            kill(victim)
        decided = [each for each in given.customers if each.decided_after < SPREAD * step / len(kills)]
        wanted = {each.follow_up for each in decided if each.verdict == "approve"}
        given.wait_until_followed(wanted)

    wait_until(lambda: len(given.told()) == size, "the denials are told, too")
    assert given.followed() == {each.follow_up for each in given.customers if each.verdict == "approve"}
    assert set(given.told().values()) == {1}
    # Who is not decided is waited for, and has not held up the others.
    wait_until(lambda: given.waiting() == "deferred", "the one who is not decided is waited for")
    emulator.configure(
        given.never, qualifications=[{"qualification": "Education", "vettingStatus": "Approved"}], vetting="at-once"
    )
    wait_until(lambda: follow_up_run_id(given.never, "Education") in given.followed(), "this one is followed up")
    for run in given.chain():
        airflow.wait_for_success(CHAIN, run)
    assert given.told() == dict.fromkeys([*(each.customer_id for each in given.customers), given.never], 1)
    assert set(given.posts().values()) == {1}
