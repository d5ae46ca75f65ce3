"""
Waiting for what has to come.

The limits are there so that a test ends at all, and decide nothing: a machine that is ten times overloaded makes a test
slow, not red. What is known to have failed ends the waiting at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POLL_INTERVAL = 0.25
#: Seconds; for anything that Airflow does by itself.
PATIENCE = 1200.0
#: Seconds; for the answer to one request.
CALL_PATIENCE = 120.0


class LocalAirflowError(RuntimeError):
    """Airflow did not start, refused a request, or did not get somewhere in time."""


def until(what: str, explain: Callable[[], str] = lambda: "", *, timeout: float = PATIENCE) -> Iterator[None]:
    """
    Yield every now and then until the time is over.

    :param what: what has not happened then.
    :param explain: tells more about it.
    :raises LocalAirflowError: when the time is over.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        yield
        time.sleep(POLL_INTERVAL)
    raise LocalAirflowError(f"After {timeout:g} s {what}. {explain()}".rstrip())


def wait_until(condition: Callable[[], object], what: str = "the condition") -> None:
    """
    Wait until a condition holds.

    :param what: what is waited for.
    :raises LocalAirflowError: when the time is over.
    """
    for _ in until(f"this has not come: {what}"):
        if condition():
            return
