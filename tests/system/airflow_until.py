"""Waiting for what a real Airflow gets to sooner or later."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from testbed.local_airflow import POLL_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Callable


def wait_until(condition: Callable[[], object], timeout: float = 90) -> None:
    """Wait until a condition holds, or fail after so many seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(POLL_INTERVAL)
