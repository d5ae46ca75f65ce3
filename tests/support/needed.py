"""Servers that tests need, and that may not be installed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

import pytest

from testbed.processes import MissingProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

T = TypeVar("T")


@contextlib.contextmanager
def needed(server: AbstractContextManager[T]) -> Iterator[T]:
    """Run a server; if it is not installed, end all tests with the message that says how to install it."""
    try:
        with server as running:
            yield running
    except MissingProgramError as error:
        pytest.exit(str(error), returncode=2)
