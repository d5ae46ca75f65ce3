"""Bursts of onboarding events, through each way by which they may come."""

from __future__ import annotations

import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from redis import Redis, RedisError

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.onboarding.run_ids import onboarding_run_id
from testbed.patience import CALL_PATIENCE, PATIENCE, POLL_INTERVAL, wait_until
from tests.support.events.stream import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from testbed.local_airflow import LocalAirflow
    from testbed.redis_server import RedisServer

ONBOARDING = "onboard_customer"
SENDERS = 8
# Every fifth event comes twice.
REPEATED = 5


@dataclass(frozen=True)
class Event:
    """One event: a customer, and the id that the sender gave to the event."""

    customer: str
    event_id: str

    @property
    def run_id(self) -> str:
        return onboarding_run_id(self.customer, self.event_id)

    @property
    def params(self) -> dict[str, str]:
        return {"customer_id": self.customer, "qualification": "Education", "education_segment": "K12"}


def burst(events: int, mark: str) -> list[Event]:
    """
    Return events, two about each customer, of which every fifth is a repetition: some at once and some much later.

    :param events: how many there are, with the repetitions.
    :param mark: what their ids begin with.
    """
    count = events - events // REPEATED
    distinct = [Event(ordinary_id((number + 1) // 2), f"{mark}-{number}") for number in range(1, 1 + count)]
    repeated = itertools.islice(distinct, 0, None, REPEATED - 1)
    late: list[Event] = []
    soon: list[Event] = []
    for number, event in enumerate(itertools.islice(repeated, events - len(distinct))):
        (late if number % 2 else soon).append(event)
    half = len(distinct) // 2
    return [*distinct[:half], *soon, *distinct[half:], *late]


def send_all(send: Callable[[Event], None], events: Iterable[Event]) -> None:
    """Send events from several threads at once; each is sent again until it is answered."""
    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(send, events))


class Senders:
    """
    Programs that send events. They repeat what was not answered, as they have to.

    :param airflow: the Airflow that gets the events.
    :param redis: the server of the queue.
    """

    def __init__(self, airflow: LocalAirflow, redis: RedisServer) -> None:
        self._airflow, self._redis = airflow, Redis(port=redis.port)
        self._asset_ids: dict[str, int] = {}

    def rest(self, event: Event) -> None:
        """Start the run by its id."""
        body = {"dag_run_id": event.run_id, "logical_date": None, "conf": event.params}
        self._call("POST", f"/dags/{ONBOARDING}/dagRuns", body, (200, 409))

    def asset_events(self, event: Event, asset: str = "onboarding_events") -> None:
        """Report an asset event."""
        if asset not in self._asset_ids:
            [found] = self._call("GET", f"/assets?name_pattern={asset}", None, (200,)).json()["assets"]
            self._asset_ids[asset] = found["id"]
        extra = {"event_id": event.event_id, **event.params}
        body = {"asset_id": self._asset_ids[asset], "partition_key": event.customer, "extra": extra}
        self._call("POST", "/assets/events", body, (200,))

    def queue(self, event: Event) -> None:
        """Write a message into the stream."""
        text = json.dumps({"event_id": event.event_id, **event.params})
        for _ in self._again():
            try:
                self._redis.xadd(EXAMPLE.STREAM, {"event": text})
                return
            except (RedisError, OSError):
                continue

    def _call(self, method: str, path: str, body: dict[str, Any] | None, done: tuple[int, ...]) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token()}"}
        for _ in self._again():
            try:
                with requests.Session() as session:
                    session.trust_env = False
                    url = f"{self._airflow.url}/api/v2{path}"
                    answer = session.request(method, url, json=body, headers=headers, timeout=CALL_PATIENCE)
            except requests.RequestException:
                continue
            if answer.status_code in done:
                return answer
            assert answer.status_code >= 500, answer.text
        raise AssertionError("unreachable")

    def token(self) -> str:
        for _ in self._again():
            try:
                answer = requests.get(f"{self._airflow.url}/auth/token", timeout=CALL_PATIENCE)
                if answer.ok:
                    return str(answer.json()["access_token"])
            except requests.RequestException:
                continue
        raise AssertionError("unreachable")

    @staticmethod
    def _again() -> Iterable[None]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            yield
            time.sleep(POLL_INTERVAL)
        raise AssertionError("nobody has answered")


def runs_of(airflow: LocalAirflow, mark: str) -> list[str]:
    """Return the ids of the runs that events with this mark have started."""
    return sorted(run["dag_run_id"] for run in airflow.runs(ONBOARDING) if f"-{mark}-" in run["dag_run_id"])


def wait_until_idle(airflow: LocalAirflow, dag_id: str) -> None:
    """Wait until no run of a DAG is queued or running."""
    wait_until(lambda: not airflow.runs(dag_id, state=["queued", "running"]), f"no run of {dag_id} is active")
