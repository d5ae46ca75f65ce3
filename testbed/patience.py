"""
Wait for conditions that must come true.

The time limits only make sure that a test ends. They are so long that a test is slow on a machine with ten times too
much load, but does not fail. A known failure ends a wait at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POLL_INTERVAL = 0.25
#: Seconds to wait for anything that Airflow does by itself.
PATIENCE = 1200.0
#: Seconds to wait for the answer to one request. SQLite lets the API server wait as long for its turn to write.
CALL_PATIENCE = 900.0


class LocalAirflowError(RuntimeError):
    """Airflow did not start, refused a request, or did not reach a state in time."""


def until(what: str, explain: Callable[[], str] = lambda: "", *, timeout: float = PATIENCE) -> Iterator[None]:
    """
    Yield every ``POLL_INTERVAL`` seconds until the time is up.

    :param what: the clause for the error message, for example ``"the run has not ended"``.
    :param explain: returns details for the error message.
    :param timeout: the time limit, in seconds.
    :raises LocalAirflowError: when the time is up.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        yield
        time.sleep(POLL_INTERVAL)
    raise LocalAirflowError(f"After {timeout:g} s, {what}. {explain()}".rstrip())


def wait_until(condition: Callable[[], object], what: str = "the condition") -> None:
    """
    Wait until a condition is true.

    :param condition: returns a true value once the wait can end.
    :param what: the description of the condition for the error message.
    :raises LocalAirflowError: if the condition is not true within ``PATIENCE`` seconds.
    """
    for _ in until(f"this condition is not met: {what}"):
        if condition():
            return
