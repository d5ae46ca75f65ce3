"""
A world of many processes that share one stored refresh token; each of their steps is scheduled, and may be the last.

The code that runs is the real one: our token source on the real MSAL, our store, and the emulator's token endpoint with
its rules. Doubles are only the network and Airflow's database, so that each use of them is a *step*: the scheduler lets
one process at a time go on from one step to the next, and may kill it there. Time is simulated.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import requests

from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.auth.tokens import TokenSource
from airflow_provider_partnercenter.emulator.errors import LoginRefusedError, refused_by_login
from airflow_provider_partnercenter.emulator.login.request import LoginRequest
from airflow_provider_partnercenter.emulator.login.service import LoginService
from airflow_provider_partnercenter.emulator.login.tokens import Tokens
from airflow_provider_partnercenter.emulator.partner.clock import Clock
from airflow_provider_partnercenter.emulator.settings import CLIENT_ID, CLIENT_SECRET, TENANT_ID, Settings
from airflow_provider_partnercenter.storage.refresh_tokens import VariableRefreshTokenStore
from airflow_provider_partnercenter.storage.stored_token import StoredToken

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

HOST = "https://login.example.test"


class Killed(BaseException):
    """What a process sees of SIGKILL in this world: nothing after it runs."""


@dataclass
class World:
    """
    Microsoft's login service, one Variable, and the time.

    :param watch: called after every step and every passing of time.
    """

    now: datetime = datetime(2026, 11, 2, tzinfo=UTC)
    text: str | None = None
    writes: list[datetime] = field(default_factory=list)
    watch: Callable[[], object] = lambda: None
    kills: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        clock = Clock(self.seconds)
        self.tokens = Tokens(Settings(), clock)
        self.login = LoginService(Settings(), clock, self.tokens)

    def seconds(self) -> float:
        return self.now.timestamp()

    def pass_time(self, passed: timedelta) -> None:
        self.now += passed
        self.watch()

    @property
    def stored(self) -> StoredToken | None:
        return StoredToken.from_text(self.text) if self.text is not None else None

    def age(self) -> timedelta | None:
        """Tell how long ago the login service issued what is stored; the test fails if it would not take it."""
        if (stored := self.stored) is None:
            return None
        known = self.tokens.find_refresh_token(stored.refresh_token)
        assert known is not None
        assert not self.tokens.expired(known)
        assert not self.tokens.revoked(known)
        return self.now - known.issued


class Process:
    """
    One process that signs in once, in a thread that only runs when it is told to.

    :param refresh_token: of the connection as this process read it.
    """

    def __init__(self, world: World, refresh_token: str) -> None:
        self.world, self.refresh_token = world, refresh_token
        self.at, self.ended, self.failure = "begin", False, ""
        self._killed, self._go, self._back = False, threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def proceed(self, kill: bool = False) -> None:
        """Go on to the next step, or die here."""
        if kill:
            self.world.kills[self.at] += 1
        self._killed = kill
        self._go.release()
        self._back.acquire()
        if self.ended:
            self._thread.join()
        self.world.watch()

    def step(self, name: str) -> None:
        """Wait before something happens that others can see."""
        self.at = name
        self._back.release()
        self._go.acquire()
        if self._killed:
            raise Killed

    def _run(self) -> None:
        self._go.acquire()
        try:
            if not self._killed:
                self._sign_in()
                self.step("end")
        except Killed:
            pass
        except Exception as error:  # noqa: BLE001  # the simulation tells which, and it must be none
            self.failure = repr(error)
        finally:
            self.ended = True
            self._back.release()

    def _sign_in(self) -> None:
        credentials = Credentials(
            CLIENT_ID,
            TENANT_ID,
            HOST,
            "https://api.partnercenter.microsoft.com/.default",
            client_secret=CLIENT_SECRET,
            refresh_token=self.refresh_token,
        )
        store = VariableRefreshTokenStore(self.refresh_token, _Variable(self), lambda: self.world.now)
        TokenSource(credentials, _Network(self), refresh_tokens=store, clock=self.world.seconds).get()


@dataclass
class _Variable:
    process: Process
    name: str = "partnercenter_credential"
    writable: bool = True

    def read(self) -> str | None:
        self.process.step("read")
        return self.process.world.text

    def write(self, text: str) -> None:
        self.process.step("write")
        world = self.process.world
        world.text = text
        world.writes.append(world.now)


@dataclass
class _Network:
    """What MSAL sends with: straight into the emulator's login service."""

    process: Process

    def get(self, url: str, **_: Any) -> requests.Response:
        return _answer(200, self.process.world.login.discovery(HOST, TENANT_ID))

    def post(self, url: str, **options: Any) -> requests.Response:
        self.process.step("token endpoint")
        try:
            return _answer(200, self.process.world.login.token(LoginRequest(HOST, TENANT_ID, options["data"])))
        except LoginRefusedError as refusal:
            refused = refused_by_login(refusal, self.process.world.now)
            return _answer(refused.status, refused.body)

    def close(self) -> None:
        pass


def _answer(status: int, document: Any) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer._content = json.dumps(document).encode()
    return answer


def run_at_random(
    processes: Sequence[Process], chance: random.Random, *, kill: float = 0.0, stall: timedelta = timedelta()
) -> None:
    """
    Run processes together, any of them at each step.

    :param kill: how probable it is that a step is the last.
    :param stall: how long a step may take, now and then.
    """
    alive = list(processes)
    while alive:
        process = chance.choice(alive)
        process.world.pass_time(
            stall * chance.random() if chance.random() < 0.02 else timedelta(seconds=chance.random())
        )
        process.proceed(kill=chance.random() < kill)
        if process.ended:
            alive.remove(process)


def run_in_step(processes: Sequence[Process]) -> None:
    """Run processes together, each one step at a time: nobody sees what the others are about to write."""
    while alive := [process for process in processes if not process.ended]:
        for process in alive:
            process.proceed()


def busiest_day(moments: Sequence[datetime]) -> int:
    """Return the most of these moments that lie in any 24 hours."""
    return max((sum(begin <= moment < begin + timedelta(days=1) for moment in moments) for begin in moments), default=0)
