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
        from airflow.cli import cli_parser

        self.secrets = {emulator.client_secret, emulator.refresh_token, "hidden"}
        self.keyboard: Keyboard | None = None
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self._parser = cli_parser.get_parser()
        # A command sets this for its process.
        monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
        monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", emulator.connection_json())
        # All that is masked in logs, the access tokens included.
        monkeypatch.setattr(connection, "mask_secret", self._note)

    def _note(self, secret: str) -> None:
        self.secrets.add(secret)
        mask_secret(secret)

    def types(self, text: str) -> Keyboard:
        """From now on, somebody is at a terminal and types this text."""
        self.keyboard = Keyboard(text)
        return self.keyboard

    def __call__(self, *arguments: str, output: str = "json") -> Done:
        self._monkeypatch.setattr("sys.stdin", self.keyboard or io.StringIO())
        command = self._parser.parse_args(["partnercenter", *arguments, "--output", output])
        status = 0
        try:
            command.func(command)
        except SystemExit as end:
            status = int(end.code or 0)
        done = Done(status, *self._capsys.readouterr())
        assert not {secret for secret in self.secrets if secret in done.out + done.err}
        assert "Traceback" not in done.out + done.err
        return done
