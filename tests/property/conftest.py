"""Tests with generated cases; ``PROPERTY_FACTOR=10`` generates ten times as many."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.support.generated import TALLY

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True, scope="module")
def _without_logs() -> Iterator[None]:
    # To keep what is logged about twenty thousand failures takes longer than all the rest.
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TALLY:
        terminalreporter.write_line(f"{sum(TALLY.values())} generated cases: {dict(TALLY)}")
