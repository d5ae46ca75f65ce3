"""
How many verdicts this process waits for, and since when.

Only the process that waits knows it: a triggerer. Each one sends gauges of its own waits, tagged with its host.
"""

from __future__ import annotations

import contextlib
import logging
import platform
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_partnercenter.client import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = logging.getLogger(__name__)

REPORT_EVERY = 10.0
"""Minimum number of seconds between two reports, unless the last wait has ended."""


class _Wait(NamedTuple):
    customers: Callable[[], int]
    started_at: float


_waits: dict[object, _Wait] = {}
_reported_at = float("-inf")


@contextlib.contextmanager
def counted(started_at: float, customers: Callable[[], int] = lambda: 1) -> Iterator[None]:
    """
    Count a wait as long as it lasts. Use it in the event loop of the triggerer.

    :param started_at: when the wait began, in seconds since the epoch.
    :param customers: returns for how many customers it still waits; for one by default.
    """
    from airflow_provider_partnercenter.telemetry.sending import metrics_are_on

    if not metrics_are_on():
        yield
        return
    key = object()
    _waits[key] = _Wait(customers, started_at)
    report()
    try:
        yield
    finally:
        del _waits[key]
        report()


def report() -> None:
    """Send the gauges, unless that was done a moment ago."""
    global _reported_at
    now = clock.monotonic()
    if _waits and now - _reported_at < REPORT_EVERY:
        return
    _reported_at = now if _waits else float("-inf")
    try:
        _send()
    except Exception:
        log.warning("The number of waits could not be sent, which changes nothing else.", exc_info=True)


def report_if_any() -> None:
    """Send the gauges if this process waits for anything."""
    if _waits:
        report()


def _send() -> None:
    from airflow_provider_partnercenter.telemetry.measuring import Measurement
    from airflow_provider_partnercenter.telemetry.metrics import OLDEST_WAIT, WAITING
    from airflow_provider_partnercenter.telemetry.sending import send

    found = [(customers, wait.started_at) for wait in _waits.values() if (customers := wait.customers())]
    oldest = min((started_at for _, started_at in found), default=clock.now())
    tags = {"hostname": platform.node()}
    send(Measurement(WAITING, sum(customers for customers, _ in found), tags))
    send(Measurement(OLDEST_WAIT, max(0, round(clock.now() - oldest)), tags))
