"""A command of ``airflow partnercenter``, as Airflow's parser finds it, in this process."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_partnercenter.compat import mask_secret
from airflow_provider_partnercenter.hooks import connection

if TYPE_CHECKING:
    import pytest

    from airflow_provider_partnercenter.emulator.server import Emulator


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The data of ``--output json``."""
        rows: list[dict[str, Any]] = json.loads(self.out)
        return rows

    @property
    def row(self) -> dict[str, Any]:
        """The only row of this data."""
        (row,) = self.rows
        return row


def carry_out(capsys: pytest.CaptureFixture[str], *arguments: str) -> Done:
    """
    Run a command in this process, as Airflow's parser finds it. It must not end with a stack trace.

    :param arguments: what follows ``airflow partnercenter``.
    """
    from airflow.cli import cli_parser

    command = cli_parser.get_parser().parse_args(["partnercenter", *arguments])
    status = 0
    try:
        command.func(command)
    except SystemExit as end:
        status = int(end.code or 0)
    done = Done(status, *capsys.readouterr())
    assert "Traceback" not in done.out + done.err
    return done


def note_secrets(patch: pytest.MonkeyPatch, secrets: set[str]) -> None:
    """Add to these secrets all that is masked in logs from now on, the access tokens included."""

    def note(secret: str) -> None:
        secrets.add(secret)
        mask_secret(secret)

    patch.setattr(connection, "mask_secret", note)


class Keyboard(io.StringIO):
    """
    A terminal at which somebody types.

    :ivar asked: how often a line was read.
    """

    asked = 0

    def isatty(self) -> bool:
        return True

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # as that of StringIO
        self.asked += 1
        return super().readline(size)


class Commands:
    """
    Runs commands, and checks that none prints a secret or a stack trace.

    :param emulator: what ``partnercenter_default`` connects to.
    """

    def __init__(self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.secrets = {emulator.client_secret, emulator.refresh_token, "hidden"}
        self.keyboard: Keyboard | None = None
        self._monkeypatch, self._capsys = monkeypatch, capsys
        # A command sets this for its process.
        monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
        monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", emulator.connection_json())
        note_secrets(monkeypatch, self.secrets)

    def types(self, text: str) -> Keyboard:
        """From now on, somebody is at a terminal and types this text."""
        self.keyboard = Keyboard(text)
        return self.keyboard

    def __call__(self, *arguments: str, output: str = "json") -> Done:
        self._monkeypatch.setattr("sys.stdin", self.keyboard or io.StringIO())
        done = carry_out(self._capsys, *arguments, "--output", output)
        leaks = {secret for secret in self.secrets if secret in done.out + done.err}
        assert leaks == ({"hidden"} if "--show-secrets" in arguments else set())
        return done
