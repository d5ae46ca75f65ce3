"""Threads: how blocking work leaves an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from asgiref.sync import sync_to_async

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """
    Call a blocking function in a thread of the event loop's pool.

    A trigger calls Airflow's API through a channel that belongs to the triggerer's event loop. In a thread of
    ``asgiref`` such a call finds this loop again; in one of ``asyncio.to_thread`` it makes a loop of its own. Below
    Airflow 3.2.2 the channel then mixes up its answers, and the triggerer ends with all its triggers. The same happens
    if a call is cancelled before its answer was read, so a cancelled caller leaves, and the function runs to its end.

    :return: what the function returns.
    """
    return await asyncio.shield(sync_to_async(function, thread_sensitive=False)(*args, **kwargs))
