"""A temporary PostgreSQL server."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.configuration import free_port
from testbed.patience import PATIENCE
from testbed.processes import ManagedProcess, MissingProgramError, run_as

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The directories where distributions install the programs without adding them to the PATH; the newest version is used.
DIRECTORIES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
PROGRAMS = ("initdb", "postgres", "pg_isready")
#: Users that can run the server if the caller is root, which PostgreSQL refuses.
UNPRIVILEGED = ("postgres", "nobody")
STOP_TIMEOUT = 15.0
#: The data is temporary, so it need not reach the disk.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": 200,
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """
    Run a PostgreSQL server on a free port of localhost, and remove it with all its data at the end.

    :return: a context manager that gives the SQLAlchemy URL of an empty database.
    :raises MissingProgramError: if PostgreSQL is not installed, or no suitable user exists to run it.
    :raises RuntimeError: if PostgreSQL does not start.
    """
    programs = find_programs()
    user = unprivileged_user()
    home = Path(tempfile.mkdtemp(prefix="local-postgres-"))
    try:
        if user:
            account = pwd.getpwnam(user)
            os.chown(home, account.pw_uid, account.pw_gid)
        _make_cluster(programs / "initdb", home, user)
        with _server(programs, home, user) as port:
            yield f"postgresql+psycopg2://airflow@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def find_programs() -> Path:
    """
    Find the directory of PostgreSQL's programs.

    :raises MissingProgramError: if PostgreSQL is not installed; the message says how to install it.
    """
    on_path = [Path(directory) for directory in os.environ.get("PATH", os.defpath).split(os.pathsep) if directory]
    elsewhere = [path for pattern in DIRECTORIES for path in Path("/").glob(pattern.lstrip("/"))]
    for directory in on_path + sorted(elsewhere, key=_version, reverse=True):
        if all(shutil.which(program, path=str(directory)) for program in PROGRAMS):
            return directory
    raise MissingProgramError(
        f"PostgreSQL's server is needed but not installed: {', '.join(PROGRAMS)} are neither on the PATH nor in "
        f"{', '.join(DIRECTORIES)}. To install it on Debian or Ubuntu: apt-get install postgresql"
    )


def unprivileged_user() -> str | None:
    """
    Return the user that runs the server if the caller is root, which PostgreSQL refuses; otherwise ``None``.

    :raises MissingProgramError: if none of the users in ``UNPRIVILEGED`` exists.
    """
    if os.geteuid() != 0:
        return None
    names = {account.pw_name for account in pwd.getpwall()}
    if user := next((name for name in UNPRIVILEGED if name in names), None):
        return user
    raise MissingProgramError(
        f"PostgreSQL cannot be run by root, and none of these users exists: {', '.join(UNPRIVILEGED)}."
    )


def _version(directory: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(directory))]


def _make_cluster(initdb: Path, home: Path, user: str | None) -> None:
    command = [str(initdb), "--pgdata", str(home / "data"), "--username", "airflow", "--auth", "trust", "--no-sync"]
    done = subprocess.run(
        [*command, "--encoding", "UTF8", "--locale", "C"],
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **run_as(user),
    )
    if done.returncode:
        raise RuntimeError(f"PostgreSQL's initdb failed:\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def _server(programs: Path, home: Path, user: str | None) -> Iterator[int]:
    """Run the server and yield its port."""
    port, log = free_port(), home / "postgres.log"
    options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
    process = ManagedProcess(
        [str(programs / "postgres"), "-D", str(home / "data"), "-p", str(port), *options],
        environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        directory=home,
        log=log,
        user=user,
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while _run(programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)) != 0:
            if process.popen.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.1)
        yield port
    finally:
        # SIGINT is a "fast shutdown", which does not wait for clients. A SIGKILL would leave shared memory behind.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.popen.send_signal(signal.SIGINT)
            process.popen.wait(STOP_TIMEOUT)
        process.kill()


def _run(*command: str | Path) -> int:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode
