"""A temporary Redis server: the message broker for Celery, or one that keeps its data when it is killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from testbed.configuration import free_port
from testbed.patience import PATIENCE
from testbed.processes import ManagedProcess, MissingProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

# What an answered write needs to survive the server's crash, and its opposite.
_DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
_FORGETFUL = ("--appendonly", "no")


class RedisServer:
    """
    A Redis server on a free port of localhost, which is removed with all its data at the end.

    Use it as a context manager. Between :meth:`kill` and :meth:`start` it is away; the port stays the same.

    :param durable: whether every write is on the disk before it is answered, so that it is there after a crash.
    :raises MissingProgramError: on entering, if Redis is not installed.
    :raises RuntimeError: on entering, if Redis does not start.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.port = free_port()
        self._persistence = _DURABLE if durable else _FORGETFUL
        self._process: ManagedProcess | None = None

    @property
    def url(self) -> str:
        """The URL of the server."""
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        self._program = find_program()
        self._home = Path(tempfile.mkdtemp(prefix="local-redis-"))
        try:
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._remove()

    def start(self) -> None:
        """
        Start the server, and wait until it answers, with what it kept.

        :raises RuntimeError: if it does not start.
        """
        log = self._home / "redis.log"
        self._process = ManagedProcess(
            [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", *self._persistence],
            environment={"PATH": os.environ.get("PATH", os.defpath)},
            directory=self._home,
            log=log,
        )
        _wait_for_answer(self._process, self.port, log)

    def kill(self) -> None:
        """Kill the server, as a crash would (``SIGKILL``)."""
        assert self._process
        self._process.kill()

    def _remove(self) -> None:
        try:
            if self._process:
                ManagedProcess.stop_all([self._process])
        finally:
            shutil.rmtree(self._home, ignore_errors=True)


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """
    Run a Redis server that keeps nothing, and remove it at the end.

    :return: a context manager that gives the URL of the server.
    :raises MissingProgramError: if Redis is not installed.
    :raises RuntimeError: if Redis does not start.
    """
    with RedisServer() as server:
        yield server.url


def find_program() -> str:
    """
    Return the path of the server's program.

    :raises MissingProgramError: if Redis is not installed; the message says how to install it.
    """
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        raise MissingProgramError(
            "Redis is needed but not installed: neither redis-server nor valkey-server is on the PATH. To install it "
            "on Debian or Ubuntu: apt-get install redis-server"
        )
    return program


def _wait_for_answer(process: ManagedProcess, port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.popen.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"PING\r\n")
            # While it still reads what it kept, it answers -LOADING.
            if connection.recv(100).startswith(b"+PONG"):
                return
        time.sleep(0.1)
    raise RuntimeError(f"Redis did not start:\n{log.read_text(errors='replace')}")
