"""A temporary Redis server, the message broker for Celery."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.configuration import free_port
from testbed.patience import PATIENCE
from testbed.processes import ManagedProcess, MissingProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """
    Run a Redis server on a free port of localhost, and remove it with all its data at the end.

    :return: a context manager that gives the URL of the server.
    :raises MissingProgramError: if Redis is not installed.
    :raises RuntimeError: if Redis does not start.
    """
    program = find_program()
    home = Path(tempfile.mkdtemp(prefix="local-redis-"))
    port, log = free_port(), home / "redis.log"
    try:
        process = ManagedProcess(
            [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            environment={"PATH": os.environ.get("PATH", os.defpath)},
            directory=home,
            log=log,
        )
        try:
            _wait_for_answer(process, port, log)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            ManagedProcess.stop_all([process])
    finally:
        shutil.rmtree(home, ignore_errors=True)


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
            if connection.recv(100).startswith(b"+PONG"):
                return
        time.sleep(0.1)
    raise RuntimeError(f"Redis did not start:\n{log.read_text(errors='replace')}")
