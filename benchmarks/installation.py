"""An Airflow as a partner runs it (PostgreSQL, LocalExecutor), and what it costs."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg2
import requests

from testbed.local_airflow import COMPONENTS, LocalAirflow
from testbed.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_partnercenter.emulator.server import Emulator

DAGS = Path(__file__).parent / "dags"
#: As many as Airflow's own defaults, for both sides.
PARALLELISM = 32
#: Seconds: an Airflow that has just started, or has just finished a run, is not idle yet.
SETTLE, IDLE = 10.0, 20.0


@dataclass(frozen=True, slots=True)
class Cost:
    """
    What something took.

    :param seconds: on the clock.
    :param cpu: CPU-seconds of all processes of Airflow and its database, less what they take when idle.
    :param parts: CPU-seconds of the processes of each part, what they take when idle included.
    """

    seconds: float
    cpu: float
    parts: Mapping[str, float]


class Installation:
    """
    A running Airflow and its database.

    :param airflow: all of its processes.
    :param database: the database's URL.
    """

    def __init__(self, airflow: LocalAirflow, database: str) -> None:
        self.airflow = airflow
        self.idle_rate = 0.0
        with contextlib.closing(psycopg2.connect(database.replace("+psycopg2", ""))) as connection:
            server = psutil.Process(connection.info.backend_pid).parent()
        assert server
        self._database = server

    def settle(self) -> None:
        """Wait until Airflow is idle, and measure what it takes then."""
        time.sleep(SETTLE)
        self.idle_rate = 0.0
        idle = self.cost_of(lambda: time.sleep(IDLE))
        self.idle_rate = idle.cpu / idle.seconds

    def cost_of(self, work: Callable[[], object]) -> Cost:
        """Do something, and tell what it cost."""
        began, before = time.monotonic(), self._cpu()
        work()
        seconds, after = time.monotonic() - began, self._cpu()
        parts = {name: after[name] - before[name] for name in after}
        return Cost(seconds, sum(parts.values()) - self.idle_rate * seconds, parts)

    def triggerer_memory(self) -> int:
        """Return the bytes that the triggerer's processes have allocated."""
        return sum(map(memory_of, self.airflow.family("triggerer")))

    def triggerer_connections(self, port: int) -> int:
        """Count the connections that the triggerer holds to a port."""
        held = [each for process in self.airflow.family("triggerer") for each in process.net_connections("tcp")]
        return sum(bool(each.raddr) and each.raddr.port == port for each in held)

    def task_memory(self) -> int:
        """Return the bytes that the largest process of a task has allocated."""
        return max(map(memory_of, self.airflow.task_processes()), default=0)

    def _cpu(self) -> dict[str, float]:
        # What a process took is added to its parent's when it has ended, so nobody is forgotten.
        parts = {name: self.airflow.family(name) for name in COMPONENTS}
        parts["database"] = {self._database, *self._database.children(recursive=True)}
        return {name: sum(map(cpu_time, processes)) for name, processes in parts.items()}


def cpu_time(process: psutil.Process) -> float:
    """Return the CPU-seconds that a process and its ended children have used."""
    with contextlib.suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def memory_of(process: psutil.Process) -> int:
    """Return the bytes that a process has allocated; files and libraries that it has mapped are not among them."""
    with contextlib.suppress(psutil.NoSuchProcess):
        memory = process.memory_info()
        return int(memory.rss - memory.shared)
    return 0


@contextlib.contextmanager
def installation(
    emulator: Emulator, connections: Mapping[str, Mapping[str, object]], settings: Mapping[str, object] | None = None
) -> Iterator[Installation]:
    """
    Start Airflow with the DAGs of the benchmarks, connected to an emulator.

    :param connections: the connections by id.
    """
    environment = {f"AIRFLOW_CONN_{name.upper()}": json.dumps(value) for name, value in connections.items()}
    # The only way to tell all of the stock provider's hooks whom to trust.
    trust = {"REQUESTS_CA_BUNDLE": str(emulator.ca_file), "SSL_CERT_FILE": str(emulator.ca_file)}
    with (
        postgres() as database,
        LocalAirflow(
            DAGS,
            environment=environment | trust,
            parallelism=PARALLELISM,
            database=database,
            settings=settings,
        ) as airflow,
    ):
        for name in ("ours", "stock", "waiting_ours"):
            airflow.wait_for_dag(name)
        yield Installation(airflow, database)


def our_connection(emulator: Emulator, **extra: object) -> dict[str, object]:
    """Return the connection of our operators."""
    connection = emulator.connection()
    return connection | {"extra": connection["extra"] | extra}


def stock_connection(emulator: Emulator) -> dict[str, object]:
    """Return the connection of the stock operators; the token is a present, they have no way to get one."""
    return {
        "conn_type": "http",
        "schema": "https",
        "host": "localhost",
        "port": emulator.port,
        "extra": {"Authorization": f"Bearer {access_token(emulator)}", "Accept": "application/json"},
    }


def access_token(emulator: Emulator) -> str:
    """Sign in as the page ``partner-center-authentication`` shows it."""
    answer = requests.post(
        f"{emulator.url}/{emulator.tenant_id}/oauth2/v2.0/token",
        data={
            "grant_type": "refresh_token",
            "client_id": emulator.client_id,
            "client_secret": emulator.client_secret,
            "refresh_token": emulator.refresh_token,
            "scope": "https://api.partnercenter.microsoft.com/.default",
        },
        verify=str(emulator.ca_file),
        timeout=30,
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])


@contextlib.contextmanager
def largest(measure: Callable[[], int], every: float) -> Iterator[list[int]]:
    """Measure something every so many seconds; the list that it gives holds the largest result so far."""
    most, ended = [measure()], threading.Event()

    def watch() -> None:
        while not ended.wait(every):
            most[0] = max(most[0], measure())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        ended.set()
        thread.join()
