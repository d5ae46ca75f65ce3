"""A person at ``airflow partnercenter sign-in``: with a terminal, a browser and an Airflow that has a database."""

from __future__ import annotations

import getpass
import io
import json
import sys
import threading
import webbrowser
from typing import TYPE_CHECKING, Any

import requests

from airflow_provider_partnercenter.commands.output import say
from airflow_provider_partnercenter.commands.sign_in import browser
from tests.support.commands.in_process import Done, carry_out, note_secrets
from tests.support.plain_api import trusting_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from airflow_provider_partnercenter.emulator.server import Emulator

CONN_ID = "of_the_partner"


class Terminal(io.StringIO):
    """Somebody's terminal. What is typed is asked for by ``getpass``."""

    def isatty(self) -> bool:
        return True


class Person:
    """
    Runs the command, and signs in at the emulator in whatever way the command says.

    :param emulator: where to sign in.
    :param patch: undoes what was changed.
    :param capsys: takes what is printed.
    :param folder: a folder of the test's own, for the database.
    :ivar comes_back: takes the address to which the browser was sent, and goes there.
    :ivar reads: takes the address at which to sign in, when it is printed.
    :ivar pastes: returns what is pasted, for the address to which a browser elsewhere was sent.
    :ivar types: returns what is typed as the client secret.
    :ivar pages: what the browser showed at the end.
    :ivar secrets: what the command may not print.
    """

    def __init__(
        self, emulator: Emulator, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        self.emulator, self._patch, self._capsys = emulator, patch, capsys
        self.comes_back: Callable[[str], None] = self.visit
        self.pastes: Callable[[str], str] = lambda address: address
        self.types: Callable[[], str] = lambda: emulator.client_secret
        self.reads: Callable[[str], object] = lambda address: None
        self.asked: list[str] = []
        self.opened: list[str] = []
        self.pages: list[requests.Response] = []
        self.secrets = {emulator.client_secret, emulator.refresh_token}
        self._threads: list[threading.Thread] = []
        patch.setattr(webbrowser, "open", self.open)
        patch.setattr(browser, "say", self._reads)
        patch.setattr(getpass, "getpass", self._types)
        note_secrets(patch, self.secrets)
        # A command sets this for its process.
        patch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
        patch.setenv("DISPLAY", ":0")
        patch.setattr(sys, "platform", "linux")
        for name in ("BROWSER", "SSH_CONNECTION"):
            patch.delenv(name, raising=False)
        self._database(folder)

    def _database(self, folder: Path) -> None:
        from airflow import settings
        from airflow.models.connection import Connection
        from airflow.models.variable import Variable
        from sqlalchemy import create_engine
        from sqlalchemy.orm import scoped_session, sessionmaker

        engine = create_engine(f"sqlite:///{folder}/airflow.db")
        Connection.metadata.create_all(engine, tables=[Connection.__table__, Variable.__table__])
        self._patch.setattr(settings, "Session", scoped_session(sessionmaker(engine, expire_on_commit=False)))

    def __call__(self, *arguments: str, output: str | None = "json", typed: str | None = None) -> Done:
        """
        Run the command.

        :param output: the format; ``None`` to leave it to the command.
        :param typed: what the standard input contains; ``None`` if it is a terminal.
        """
        self._patch.setattr(sys, "stdin", Terminal() if typed is None else io.StringIO(typed))
        line = ("sign-in", "--conn-id", CONN_ID, *arguments, *(("--output", output) if output else ()))
        assert not [secret for secret in self.secrets if secret in " ".join(line)]
        done = carry_out(self._capsys, *line)
        for thread in self._threads:
            thread.join()
        shown = {secret for secret in self.secrets if secret in done.out + done.err}
        assert not shown or ("--show-secrets" in arguments and "--print" in arguments and shown.isdisjoint(done.err))
        return done

    def new(self, *arguments: str, **rest: Any) -> Done:
        """Run the command for a connection that is not there yet."""
        emulator = self.emulator
        where = ("--host", emulator.url, "--authority", emulator.url, "--ca-bundle", str(emulator.ca_file))
        who = ("--client-id", emulator.client_id, "--tenant-id", emulator.tenant_id)
        return self(*who, *where, *arguments, **rest)

    def sent_to(self, address: str) -> str:
        """Sign in, and return to where the browser is sent."""
        with trusting_session(self.emulator) as session:
            back = session.get(address, allow_redirects=False).headers["Location"]
        self.secrets |= {part.partition("=")[2] for part in back.partition("?")[2].split("&") if "code=" in part}
        return back

    def open(self, address: str) -> bool:
        """Open a browser, which signs in by itself."""
        self.opened.append(address)
        thread = threading.Thread(target=lambda: self.comes_back(self.sent_to(address)))
        self._threads.append(thread)
        thread.start()
        return True

    def visit(self, address: str) -> None:
        """Open an address of this machine."""
        with requests.Session() as session:
            session.trust_env = False
            self.pages.append(session.get(address))

    def stored(self) -> dict[str, Any] | None:
        """Return the connection in the database; ``None`` if there is none."""
        from airflow.models.connection import Connection
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            row = session.scalar(select(Connection).where(Connection.conn_id == CONN_ID))
            if row is None:
                return None
            names = ("conn_type", "login", "password", "host", "schema", "port", "description")
            return {**{name: getattr(row, name) for name in names}, "extra": row.extra_dejson}

    def has(self, **changes: Any) -> dict[str, Any]:
        """Store a connection to the emulator, with these changes, and return it."""
        from airflow.models.connection import Connection
        from airflow.utils.session import create_session

        fields = {**self.emulator.connection(), **changes}
        with create_session() as session:
            session.add(Connection(conn_id=CONN_ID, **{**fields, "extra": json.dumps(fields["extra"])}))
        found = self.stored()
        assert found
        return found

    def _reads(self, *lines: str) -> None:
        say(*lines)
        for line in lines:
            if "/authorize?" in line:
                self.asked.append(line.strip())
                self.reads(line.strip())

    def _types(self, prompt: str, stream: Any = None) -> str:
        stream.write(prompt)
        return self.types() if prompt.startswith("Client secret") else self.pastes(self.sent_to(self.asked[-1]))
