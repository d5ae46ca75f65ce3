"""A set-up in which ``airflow partnercenter doctor`` finds nothing wrong, until a test plants a fault."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import airflow.configuration
import trustme
from airflow.sdk.execution_time import supervisor
from airflow.secrets.environment_variables import EnvironmentVariablesBackend

from airflow_provider_partnercenter import __version__
from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.protocol.budget import forget_budgets
from airflow_provider_partnercenter.commands.doctor import dags, installation, patient
from airflow_provider_partnercenter.storage.stored_token import StoredToken, seed_of
from testbed.patience import CALL_PATIENCE
from tests.support.commands.in_process import Done, carry_out

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from airflow_provider_partnercenter.emulator.server import Emulator

CONNECTION = "AIRFLOW_CONN_PARTNERCENTER_DEFAULT"
VARIABLE = "partnercenter_credential"
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")


class Examined(Done):
    """How the doctor ended."""

    def having(self, *statuses: str) -> list[tuple[str, str]]:
        """The checks with such a finding, and the finding's status."""
        return [(row["check"], row["status"]) for row in self.rows if row["status"] in statuses]


class MetastoreBackend:
    """Airflow's database, with what a test puts there."""

    def __init__(self) -> None:
        # Those of Airflow, or what stands in for one.
        self.connections: dict[str, Any] = {}
        self.variables: dict[str, str] = {}

    def get_connection(self, conn_id: str) -> Any:
        return self.connections.get(conn_id)

    def get_variable(self, key: str, team_name: str | None = None) -> str | None:
        return self.variables.get(key)


class VaultBackend(MetastoreBackend):
    """A secrets backend."""


class Ward:
    """
    A connection to an emulator, a database and an environment. All is well in it.

    :param emulator: the emulator.
    :param patch: undoes what was changed.
    :param capsys: takes what is printed.
    :param folder: a folder of the test's own.
    :ivar connection: the connection, which a test may change before the examination.
    """

    def __init__(
        self, emulator: Emulator, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        self.emulator, self.patch, self.folder = emulator, patch, folder
        self._capsys = capsys
        self.connection: dict[str, Any] | str | None = emulator.connection()
        self.extra["credential_variable"] = VARIABLE
        self.database, self.vault = MetastoreBackend(), VaultBackend()
        self.store(emulator.refresh_token)
        self.secrets = {emulator.client_secret, emulator.refresh_token}
        for name in (*_PROXIES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            patch.delenv(name, raising=False)
        # A command sets this for its process.
        patch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
        patch.setattr(patient, "LONGEST_CALL", CALL_PATIENCE)
        backends = [self.vault, EnvironmentVariablesBackend(), self.database]
        patch.setattr(airflow.configuration, "ensure_secrets_loaded", lambda: backends)
        patch.setattr(supervisor, "ensure_secrets_backend_loaded", lambda: backends)
        # In a clone that was not installed again since its version changed, they differ.
        patch.setattr(installation, "version", lambda _: __version__)
        self.dags()

    @property
    def extra(self) -> dict[str, Any]:
        """The extra of the connection."""
        assert isinstance(self.connection, dict)
        extra: dict[str, Any] = self.connection["extra"]
        return extra

    def change(self, **fields: Any) -> None:
        """Change standard fields of the connection; ``None`` removes one."""
        assert isinstance(self.connection, dict)
        self.connection = {name: value for name, value in {**self.connection, **fields}.items() if value is not None}

    def change_extra(self, **fields: Any) -> None:
        """Change extras of the connection; ``None`` removes one."""
        self.change(extra={name: value for name, value in {**self.extra, **fields}.items() if value is not None})

    def use(self, refresh_token: str) -> None:
        """Give the connection another refresh token."""
        self.secrets.add(refresh_token)
        self.change_extra(refresh_token=refresh_token)
        self.store(refresh_token)

    def app_only(self) -> None:
        """Take the user away."""
        self.change_extra(refresh_token=None, credential_variable=None)

    def certify(self, field: str) -> None:
        """Sign in with a certificate in the place of the secret: key and certificate together in one field."""
        issued = trustme.CA(key_type=trustme.KeyType.RSA).issue_cert("application", key_type=trustme.KeyType.RSA)
        text = issued.private_key_and_cert_chain_pem.bytes().decode()
        self.secrets.add(text)
        self.change(password=None)
        self.change_extra(**{field: text})

    def store(self, refresh_token: str, age: timedelta = timedelta(days=1), **changes: Any) -> None:
        """Put a token into the Variable, which the connection's own is the ancestor of."""
        members = {
            "refresh_token": refresh_token,
            "issued_at": datetime.now(UTC) - age,
            "seed": seed_of(self.extra["refresh_token"]),
            **changes,
        }
        self.database.variables[VARIABLE] = StoredToken(**members).to_text()

    def dags(self, *documents: dict[str, Any]) -> None:
        """Let these be the DAGs of Airflow's database, each as Airflow serializes it."""
        self.patch.setattr(dags, "stored_dags", lambda: iter(documents))

    def shift_clock(self, seconds: float) -> None:
        """Let the clock of this machine be ahead."""
        real = clock.System()
        self.patch.setattr(real, "now", lambda now=real.now: now() + seconds)
        self.patch.setattr(clock, "source", real)

    def examine(self, *arguments: str, output: str = "json") -> Examined:
        """Run the command, as Airflow's parser finds it."""
        if self.connection is not None:
            text = self.connection if isinstance(self.connection, str) else json.dumps(self.connection)
            self.patch.setenv(CONNECTION, text)
        forget_budgets()
        done = Examined(*carry_out(self._capsys, "doctor", *arguments, "--output", output))
        # A table breaks lines anywhere.
        printed = re.sub(r"\s", "", done.out + done.err)
        assert [secret for secret in self.secrets if re.sub(r"\s", "", secret) in printed] == []
        return done
