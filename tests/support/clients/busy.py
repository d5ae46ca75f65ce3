"""Tests of time-outs, on a machine that may be busy."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

T = TypeVar("T")

#: Seconds for which a peer that should not be waited for says nothing.
SILENCE = 600.0


class TooBusyError(Exception):
    """What a test has to do before a time-out took longer than the time-out. That says nothing about the code."""


def at_its_pace(attempt: Callable[[float], T], seconds: float) -> T:
    """
    Run a test with the shortest of three time-outs that leaves this machine the time for what comes before it.

    :param attempt: the test. It takes the time-out in seconds, and raises :class:`TooBusyError` if that was too short.
    :param seconds: the first time-out. The others are 10 and 40 times as long.
    :raises TooBusyError: if all three are too short.
    """
    for factor in (1, 10):
        try:
            return attempt(factor * seconds)
        except TooBusyError:
            pass
    return attempt(40 * seconds)


def keep_silent(connection: socket.socket) -> None:
    """Say nothing until the other side leaves, or for ``SILENCE`` seconds."""
    connection.settimeout(SILENCE)
    connection.recv(1)
