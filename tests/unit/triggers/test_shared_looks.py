"""One look for all that wait for it."""

from __future__ import annotations

import asyncio

import pytest

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.triggers.shared_looks import shared_look

FOR_EVER = float("inf")


class Looks:
    """Counts looks, and gives each the number of it."""

    def __init__(self, trouble=None):
        self.number, self.trouble, self.gate = 0, trouble, asyncio.Event()
        self.gate.set()

    async def __call__(self):
        self.number += 1
        await self.gate.wait()
        if self.trouble:
            raise self.trouble
        return self.number


def test_all_share_one_look():
    async def wait():
        look = Looks()
        found = await asyncio.gather(*(shared_look("key", clock.now(), look, latest=FOR_EVER) for _ in range(10)))
        return found, look.number

    assert asyncio.run(wait()) == ([1] * 10, 1)


def test_who_comes_later_gets_the_next_one():
    async def wait():
        look = Looks()
        return [await shared_look("key", clock.now(), look, latest=FOR_EVER) for _ in range(3)]

    assert asyncio.run(wait()) == [1, 2, 3]


def test_another_key_has_a_look_of_its_own():
    async def wait():
        look = Looks()
        return await asyncio.gather(*(shared_look(key, clock.now(), look, latest=FOR_EVER) for key in "ab"))

    assert sorted(asyncio.run(wait())) == [1, 2]


def test_an_error_reaches_all():
    async def wait():
        look = Looks(ValueError("no list"))
        shared = (shared_look("key", clock.now(), look, latest=FOR_EVER) for _ in range(3))
        return await asyncio.gather(*shared, return_exceptions=True)

    assert [str(error) for error in asyncio.run(wait())] == ["no list"] * 3


def test_who_leaves_takes_nothing_from_the_others():
    async def wait():
        look = Looks()
        look.gate.clear()
        first, other = (asyncio.ensure_future(shared_look("key", 0, look, latest=FOR_EVER)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        look.gate.set()
        return await other

    assert asyncio.run(wait()) == 1


def test_nobody_looks_when_all_have_left():
    async def wait():
        look = Looks()
        waiting = asyncio.ensure_future(shared_look("key", clock.now() + 3600, look, latest=FOR_EVER))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        # The next one does not wait for the look that was planned.
        return await shared_look("key", 0, look, latest=FOR_EVER), len(asyncio.all_tasks())

    assert asyncio.run(wait()) == (1, 1)


def test_who_cannot_wait_for_the_planned_look_does_not():
    async def wait():
        look = Looks()
        patient = asyncio.ensure_future(shared_look("key", clock.now() + 3600, look, latest=FOR_EVER))
        await asyncio.sleep(0)
        found = await shared_look("key", 0, look, latest=clock.now() + 60)
        patient.cancel()
        return found

    assert asyncio.run(wait()) == 1
