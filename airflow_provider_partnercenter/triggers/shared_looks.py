"""One look at the customers for all triggers of an event loop that wait with the same connection and interval."""

from __future__ import annotations

import asyncio
import contextvars
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_partnercenter.client import clock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

T = TypeVar("T")


@dataclass(eq=False)
class _Look:
    """A look that is due, or under way."""

    due: float
    task: asyncio.Task[Any] | None = None
    waiting: int = field(default=0)


_looks: dict[tuple[asyncio.AbstractEventLoop, Hashable], _Look] = {}


async def shared_look(key: Hashable, due: float, look: Callable[[], Awaitable[T]], *, latest: float) -> T:
    """
    Wait for the next look with a key, and return its result.

    If a look with this key is planned or under way, it is joined, even if it comes earlier or later than ``due``; but
    not if it comes after ``latest``.

    :param key: what the look depends on, for example the client and the interval.
    :param due: when to look if nobody else has planned a look, in seconds since the epoch.
    :param look: makes the look.
    :param latest: how long the caller can wait, in seconds since the epoch.
    :raises Exception: what ``look`` raises.
    """
    for ended in [found for found in list(_looks) if found[0].is_closed()]:
        _looks.pop(ended, None)
    whole_key = (asyncio.get_running_loop(), key)
    planned = _looks.get(whole_key)
    if planned is None or planned.due > latest:
        planned = _looks[whole_key] = _Look(due)
        # In a context of its own: otherwise it would log as the trigger that came first.
        planned.task = asyncio.get_running_loop().create_task(
            _look_when_due(whole_key, planned, look), context=contextvars.Context()
        )
    assert planned.task is not None
    planned.waiting += 1
    try:
        # Shielded, because it belongs to all that wait for it.
        result: T = await asyncio.shield(planned.task)
        return result
    finally:
        planned.waiting -= 1
        if not planned.waiting and not planned.task.done():
            _forget(whole_key, planned)
            planned.task.cancel()


async def _look_when_due(
    key: tuple[asyncio.AbstractEventLoop, Hashable], planned: _Look, look: Callable[[], Awaitable[object]]
) -> object:
    try:
        await clock.async_sleep(max(0.0, planned.due - clock.now()))
        return await look()
    finally:
        # Whoever comes from now on waits for the next one.
        _forget(key, planned)


def _forget(key: tuple[asyncio.AbstractEventLoop, Hashable], planned: _Look) -> None:
    if _looks.get(key) is planned:
        del _looks[key]
