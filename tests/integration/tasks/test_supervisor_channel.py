"""
The channel to the supervisor, through which a task or a trigger calls Airflow's API: everybody gets the own answer.

Both ends are real: Airflow's own decoders ask through a socket, and a thread answers.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import msgspec
from airflow.jobs.triggerer_job_runner import TriggerCommsDecoder, messages
from airflow.sdk.execution_time.comms import CommsDecoder, _RequestFrame, _ResponseFrame
from airflow.sdk.execution_time.supervisor import set_supervisor_comms
from asgiref.sync import AsyncToSync

from airflow_provider_partnercenter.compat import mask_secret
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.storage.credential_variable import CredentialVariable
from airflow_provider_partnercenter.threads import in_thread
from tests.airflow_versions import start_reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

THREADS, TURNS = 8, 10
TRIGGERS = 100

LIMIT = 600.0
"""After how many seconds a broken channel fails a test."""

DELAY = 0.002
"""How many seconds the supervisor takes for each answer."""


class Supervisor:
    """
    Answers in a thread what is asked through its channel, slowly and one after the other.

    :param asked: called in that thread with the name of each Variable and connection, before the answer.
    """

    def __init__(self, asked: Callable[[str], None] = lambda name: None) -> None:
        self.channel, self._own_end = socket.socketpair()
        self._asked = asked
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # Who still waits for an answer gets an error.
        self._own_end.shutdown(socket.SHUT_RDWR)
        self._thread.join(LIMIT)
        self._own_end.close()

    def _serve(self) -> None:
        # The other end may leave without its answer.
        with self._own_end.makefile("rb") as requests, suppress(OSError):
            while length := int.from_bytes(requests.read(4), byteorder="big"):
                request = msgspec.msgpack.decode(requests.read(length), type=_RequestFrame)
                body = self._answer(request.body)
                time.sleep(DELAY)
                self._own_end.sendall(_ResponseFrame(id=request.id, body=body).as_bytes())

    def _answer(self, question: dict[str, Any]) -> dict[str, Any] | None:
        match question:
            case {"type": "GetVariable", "key": name}:
                self._asked(name)
                return {"type": "VariableResult", "key": name, "value": answer_to(name)}
            case {"type": "GetConnection", "conn_id": name}:
                self._asked(name)
                return {
                    "type": "ConnectionResult",
                    "conn_id": name,
                    "conn_type": "partnercenter",
                    "host": None,
                    "port": None,
                    "schema": None,
                    "login": answer_to(name),
                    "password": "the-password-of-every-connection",
                    "extra": json.dumps({"tenant_id": "contoso.example"}),
                }
            case {"type": "TriggerStateChanges", "finished": trigger_ids}:
                return {"type": "TriggerStateSync", "to_create": [], "to_cancel": trigger_ids}
        return None


def answer_to(name: str) -> str:
    return f"answer-to-{name}"


# -- a task -----------------------------------------------------------------------------------------------------------


def test_threads_of_a_task_get_their_own_answers() -> None:
    supervisor, together = Supervisor(), threading.Barrier(THREADS)

    def ask(number: int) -> None:
        together.wait(LIMIT)
        for turn in range(TURNS):
            name = f"name-{number}-{turn}"
            assert CredentialVariable(name).read() == answer_to(name)
            mask_secret("the-secret-of-every-thread")
            assert PartnerCenterHook(name)._settings().credentials.client_id == answer_to(name)

    with (
        set_supervisor_comms(CommsDecoder(socket=supervisor.channel)),
        supervisor.channel,
        ThreadPoolExecutor(THREADS) as pool,
        supervisor,
    ):
        for thread in as_completed([pool.submit(ask, number) for number in range(THREADS)], LIMIT):
            thread.result()


# -- a trigger --------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def triggerer(supervisor: Supervisor) -> AsyncIterator[TriggerCommsDecoder]:
    """Open the channel that all triggers of this event loop share."""
    reader, writer = await asyncio.open_connection(sock=supervisor.channel)
    channel = TriggerCommsDecoder(async_reader=reader, async_writer=writer, socket=supervisor.channel)
    try:
        with set_supervisor_comms(channel), supervisor:
            await start_reading(channel)
            async with asyncio.timeout(LIMIT):
                yield channel
    finally:
        writer.close()
        # Who asked in another event loop, from a thread of the wrong kind, may wait there for ever.
        for loop in list(AsyncToSync.loop_thread_executors):
            loop.call_soon_threadsafe(int)


async def read_variable(name: str) -> str | None:
    return await in_thread(CredentialVariable(name).read)


async def read_login(name: str) -> str | None:
    settings = await in_thread(PartnerCenterHook(name)._settings)
    return settings.credentials.client_id


def start_reads(kind: str) -> dict[str, asyncio.Task[str | None]]:
    """Start what many triggers read at once: Variables and connections, in turn."""
    names = [f"{kind}-{number}" for number in range(TRIGGERS)]
    reads = [(read_login if number % 2 else read_variable)(name) for number, name in enumerate(names)]
    return {name: asyncio.create_task(read) for name, read in zip(names, reads, strict=True)}


async def ask_as_runner(channel: TriggerCommsDecoder) -> None:
    """Report the ends of triggers, one after the other."""
    for trigger_id in range(TRIGGERS):
        ended = messages.TriggerStateChanges(events=None, failures=None, finished=[trigger_id])
        answer = await channel.asend(ended)  # codespell:ignore asend
        assert isinstance(answer, messages.TriggerStateSync)
        assert answer.to_cancel == {trigger_id}


async def check_answers(channel: TriggerCommsDecoder, reads: dict[str, asyncio.Task[str | None]]) -> None:
    """Wait for the reads while the runner asks too."""
    _, *answers = await asyncio.gather(ask_as_runner(channel), *reads.values())
    assert answers == [answer_to(name) for name in reads]


def test_triggers_and_their_runner_get_their_own_answers() -> None:
    async def ask() -> None:
        async with triggerer(Supervisor()) as channel:
            await check_answers(channel, start_reads("name"))

    asyncio.run(ask())


def test_triggers_that_are_cancelled_leave_the_others_their_answers() -> None:
    """Each of them is cancelled when the supervisor has its question, but has not answered."""

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        reads: dict[str, asyncio.Task[str | None]] = {}
        cancelled: set[str] = set()

        async def cancel(name: str) -> None:
            reads[name].cancel()

        def cancel_if_chosen(name: str) -> None:
            if name in cancelled:
                asyncio.run_coroutine_threadsafe(cancel(name), loop).result(LIMIT)

        async with triggerer(Supervisor(cancel_if_chosen)) as channel:
            reads |= start_reads("early")
            names = list(reads)
            cancelled |= {*names[::4], *names[1::4]}
            await check_answers(channel, {name: read for name, read in reads.items() if name not in cancelled})
            await asyncio.wait(reads.values())
            assert {name for name, read in reads.items() if read.cancelled()} == cancelled
            await check_answers(channel, start_reads("late"))

    asyncio.run(ask())
