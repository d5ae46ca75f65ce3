"""What the stored refresh token promises: always young, always accepted, rarely written, and no work for a year."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterRefreshTokenError
from airflow_provider_partnercenter.client.sync import PartnerCenterClient
from airflow_provider_partnercenter.emulator.settings import REFRESH_TOKEN
from airflow_provider_partnercenter.storage.refresh_tokens import VariableRefreshTokenStore
from airflow_provider_partnercenter.storage.stored_token import StoredToken, seed_of
from tests.support.clients.both_clients import settings_of
from tests.support.token_world import Process, World, busiest_day, run_at_random, run_in_step

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PROCESSES, ROUNDS = 20, 50


@pytest.mark.parametrize("seed", range(3))
def test_twenty_refreshes_at_once_fifty_times_killed_at_any_step(seed: int) -> None:
    chance, world, oldest = random.Random(seed), World(), timedelta()

    def watch() -> None:
        nonlocal oldest
        oldest = max(oldest, world.age() or timedelta())
        assert oldest < 2 * DAY

    world.watch = watch
    for _ in range(ROUNDS):
        processes = [Process(world, REFRESH_TOKEN) for _ in range(PROCESSES)]
        run_at_random(processes, chance, kill=0.1, stall=HOUR / 2)
        assert {process.failure for process in processes} == {""}
        # At the longest as far apart as the runs of the DAG that keeps the token fresh.
        world.pass_time(chance.uniform(0.5, 12) * HOUR)
    assert set(world.kills) == {"begin", "read", "token endpoint", "write", "end"}
    assert busiest_day(world.writes) <= 25
    days = (world.now - world.writes[0]) / DAY
    print(  # noqa: T201 - shown with -s, for the record
        f"seed {seed}: {days:.0f} days, {sum(world.kills.values())} kills, {len(world.writes)} writes, "
        f"{busiest_day(world.writes)} in the busiest 24 hours, oldest token {oldest / HOUR:.1f} h"
    )


def test_the_worst_order_of_steps_writes_once_for_each_process() -> None:
    world = World()
    for round_of_day in range(8):
        run_in_step([Process(world, REFRESH_TOKEN) for _ in range(PROCESSES)])
        assert len(world.writes) == PROCESSES * (1 + round_of_day // 4)
        world.pass_time(6 * HOUR)
    assert busiest_day(world.writes) <= 25


@pytest.mark.parametrize("steps", range(9))
@pytest.mark.parametrize("age", [None, 30 * HOUR], ids=["first", "renewal"])
def test_one_that_dies_leaves_a_token_that_the_next_can_use(age: timedelta | None, steps: int) -> None:
    world = World()
    if age:
        run_in_step([Process(world, REFRESH_TOKEN)])
        world.pass_time(age)
    world.watch = world.age
    doomed = Process(world, REFRESH_TOKEN)
    for _ in range(steps):
        if not doomed.ended:
            doomed.proceed()
    if not doomed.ended:
        doomed.proceed(kill=True)
    # An hour later its access token would have run out too.
    world.pass_time(HOUR)
    heir = Process(world, REFRESH_TOKEN)
    run_in_step([heir])
    assert heir.failure == ""
    assert world.age() <= HOUR


@pytest.mark.parametrize("revoked", [True, False], ids=["old-one-revoked", "old-one-still-good"])
@pytest.mark.parametrize("seed", range(3))
def test_a_new_consent_takes_effect_at_once_and_for_good(seed: int, revoked: bool) -> None:
    """Half of the processes go on with the connection as it was before, as the triggers of a long wait may."""
    chance, world = random.Random(seed), World()
    run_at_random([Process(world, REFRESH_TOKEN) for _ in range(PROCESSES)], chance)
    world.pass_time(30 * HOUR)
    consented = world.tokens.consent(mfa=True)
    if revoked:
        world.tokens.revoke(REFRESH_TOKEN)
    for _ in range(5):
        old, new = ([Process(world, token) for _ in range(PROCESSES // 2)] for token in (REFRESH_TOKEN, consented))
        run_at_random([*old, *new], chance, kill=0.05)
        assert {process.failure for process in new} == {""}
        world.pass_time(7 * HOUR)
    run_in_step([last := Process(world, consented)])
    assert last.failure == ""
    stored = world.stored
    assert stored is not None
    assert (stored.seed, stored.replaced) == (seed_of(consented), (seed_of(REFRESH_TOKEN),))
    world.age()
    # By now those with the old connection work with the new consent as well.
    run_in_step([follower := Process(world, REFRESH_TOKEN)])
    assert follower.failure == ""


class Shelf:
    """A Variable for threads, in memory."""

    name, writable = "partnercenter_credential", True

    def __init__(self) -> None:
        self.text: str | None = None
        self.writes = 0
        self._lock = threading.Lock()

    def read(self) -> str | None:
        return self.text

    def write(self, text: str) -> None:
        with self._lock:
            self.text = text
            self.writes += 1


class Company:
    """A partner that runs against an emulator: what is in its connection, its Variable, and what day it is."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator, self.shelf = emulator, Shelf()
        self.refresh_token, self.edits = emulator.refresh_token, 0
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def sleep(self, time: timedelta) -> None:
        self._ahead += time
        self.emulator.advance(time.total_seconds())

    def edit(self, refresh_token: str) -> None:
        self.refresh_token, self.edits = refresh_token, self.edits + 1

    def run(self) -> bool | None:
        """Do what a task does: a new process, a new client, a sign-in, a call."""
        store = VariableRefreshTokenStore(self.refresh_token, self.shelf, self.now)
        settings = settings_of(self.emulator, credentials={"refresh_token": self.refresh_token})
        client = PartnerCenterClient(settings, store)
        try:
            return client.is_mfa_compliant()
        finally:
            client.close()

    @property
    def stored(self) -> StoredToken:
        assert self.shelf.text is not None
        return StoredToken.from_text(self.shelf.text)


def test_a_year_of_daily_runs_takes_no_manual_step_but_the_new_consent(emulator: Emulator) -> None:
    company, chance, worked = Company(emulator), random.Random(1), 0
    for day in range(365):
        if day == 200:
            emulator.revoke(company.stored.refresh_token)
            with pytest.raises(PartnerCenterRefreshTokenError, match="sign in again with MFA"):
                company.run()
            company.edit(emulator.consent())
        assert company.run() is True
        worked += 1
        # Now and then a run is late, or there is none over the weekend.
        company.sleep(DAY * chance.choice([1, 1, 1, 1, 1.1, 0.9, 3]))
        if day == 200:
            assert company.stored.replaced == (seed_of(emulator.refresh_token),)
    assert (worked, company.edits) == (365, 1)
    assert company.shelf.writes <= 366
    assert company.stored.seed == seed_of(company.refresh_token)


def test_without_a_variable_the_same_token_would_have_died(emulator: Emulator) -> None:
    company = Company(emulator)
    company.sleep(91 * DAY)
    with pytest.raises(PartnerCenterRefreshTokenError) as caught:
        company.run()
    assert caught.value.code == "AADSTS700082"


def test_threads_against_a_real_token_endpoint(emulator: Emulator) -> None:
    company, problems = Company(emulator), []

    def run() -> None:
        try:
            assert company.run() is True
        except Exception as problem:  # noqa: BLE001 - told to the test
            problems.append(problem)

    for round_number in range(3):
        threads = [threading.Thread(target=run) for _ in range(PROCESSES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        assert company.shelf.writes <= PROCESSES * (1 + round_number)
        assert company.now() - company.stored.issued_at < timedelta(minutes=5)
        company.sleep(25 * HOUR)
