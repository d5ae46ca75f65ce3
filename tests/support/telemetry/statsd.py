"""A StatsD server that keeps what it is sent, and an Airflow that sends to it."""

from __future__ import annotations

import queue
import re
import socket
import threading
from collections import Counter
from typing import TYPE_CHECKING, Self

from testbed.patience import CALL_PATIENCE
from tests.airflow_versions import start_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

_SO_FAR, _LAST = b"so far", b"last"
_GUID = re.compile(r"[\da-f]{8}-[\da-f]{4}-")
_LINE = re.compile(r"(?P<name>[\w.]+)(?P<tags>(?:,[^:]*)?):(?P<value>-?[\d.]+)\|(?P<kind>c|g|ms)")


class StatsD:
    """
    Listens on a free UDP port of localhost. Use it as a context manager.

    :ivar port: the port.
    """

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._packets: queue.Queue[bytes] = queue.Queue()
        # In a thread, because what does not fit into the socket's buffer is lost.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._mark(_LAST)
        self._reader.join()
        self._socket.close()

    def _read(self) -> None:
        packet = b""
        while packet != _LAST:
            packet = self._socket.recv(65536)
            self._packets.put(packet)

    def _mark(self, packet: bytes) -> None:
        # On one machine, packets neither overtake each other nor wait.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
            ours.sendto(packet, ("127.0.0.1", self.port))

    def settings(self, *, tags: bool = True) -> dict[str, str]:
        """Return the environment variables that let Airflow send to this server."""
        return {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(self.port),
            "AIRFLOW__METRICS__STATSD_PREFIX": "airflow",
            "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": str(tags),
        }

    def lines(self) -> list[str]:
        """Return what has arrived so far, without what was returned before and what is Airflow's own."""
        self._mark(_SO_FAR)
        packets = [packet.decode() for packet in iter(lambda: self._packets.get(timeout=CALL_PATIENCE), _SO_FAR)]
        sent = [line for packet in packets for line in packet.splitlines()]
        ours = [line for line in sent if line.startswith("airflow.partnercenter.")]
        assert not any(_GUID.search(line) for line in ours), "a customer is no part of a metric"
        return ours


class Recorded:
    """
    What the lines of StatsD say.

    :param lines: the lines.
    :ivar counted: the sum of each counter, by its name and tags (``requests,kind=…``).
    :ivar gauges: all values of each gauge, likewise.
    :ivar timed: all values of each timer, likewise, in seconds.
    """

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.counted: Counter[str] = Counter()
        self.gauges: dict[str, list[float]] = {}
        self.timed: dict[str, list[float]] = {}
        for line in lines:
            found = _LINE.fullmatch(line)
            assert found, line
            name = found["name"].removeprefix("airflow.partnercenter.") + found["tags"]
            value = float(found["value"])
            match found["kind"]:
                case "c":
                    self.counted[name] += int(value)
                case "g":
                    self.gauges.setdefault(name, []).append(value)
                case "ms":
                    self.timed.setdefault(name, []).append(value / 1000)

    def counters(self, *prefixes: str) -> dict[str, int]:
        """Return the counters that begin with one of these, without those of requests by default."""
        return {
            name: number
            for name, number in self.counted.items()
            if (name.startswith(prefixes) if prefixes else not name.startswith("requests"))
        }


def recording(monkeypatch: pytest.MonkeyPatch, *, tags: bool = True) -> Iterator[StatsD]:
    """Let Airflow send its metrics to a server of the test; the body of a fixture."""
    with StatsD() as server, monkeypatch.context() as patch:
        for name, value in server.settings(tags=tags).items():
            patch.setenv(name, value)
        start_metrics()
        yield server
    # As it was: most tests send none.
    start_metrics()
