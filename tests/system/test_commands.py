"""The commands of ``airflow partnercenter``, where an Airflow has its connections in its database."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from testbed.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow

URL = "https://airflow.example/partnercenter/webhook"


@pytest.mark.since_airflow("3.2", "commands of providers")
def test_a_connection_of_the_database_is_found(airflow: LocalAirflow, emulator: Emulator) -> None:
    connection = emulator.connection()
    # The Variable is read from the database too.
    extra = {**connection["extra"], "credential_variable": "partnercenter_command"}
    saved = {**connection, "connection_id": "of_the_database", "extra": json.dumps(extra)}
    airflow.rest("POST", "/connections", saved)
    command = ("partnercenter", "webhook", "register", "--conn-id", "of_the_database", "--url", URL, "-o", "json")
    done = airflow.cli(*command)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["webhook_url"] == URL
    assert emulator.client_secret not in done.stdout + done.stderr
    assert emulator.refresh_token not in done.stdout + done.stderr


# Opens the address, and goes to where it is sent.
BROWSER = """
import sys

import requests

session = requests.Session()
session.trust_env = False
back = session.get(sys.argv[2], allow_redirects=False, verify=sys.argv[1]).headers["Location"]
sys.exit(session.get(back).status_code != 200)
"""


@pytest.mark.since_airflow("3.2", "commands of providers")
def test_a_user_signs_in(airflow: LocalAirflow, emulator: Emulator, tmp_path: Path) -> None:
    browser = tmp_path / "browser.py"
    browser.write_text(BROWSER)
    environment = {
        **airflow.environment,
        "BROWSER": f"{sys.executable} {browser} {emulator.ca_file} %s",
        "CLIENT_SECRET": emulator.client_secret,
    }
    where = ("--host", emulator.url, "--authority", emulator.url, "--ca-bundle", str(emulator.ca_file))
    who = ("--client-id", emulator.client_id, "--tenant-id", emulator.tenant_id)

    def sign_in(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ("partnercenter", "sign-in", "--conn-id", "signed_in", *arguments, "-o", "json")
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *command],
            env=environment,
            cwd=airflow.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert emulator.client_secret not in done.stdout + done.stderr
        return done

    first = sign_in(*who, *where, "--client-secret-from", "env:CLIENT_SECRET")
    assert first.returncode == 0, first.stderr
    stored = airflow.rest("GET", "/connections/signed_in")
    assert (stored["conn_type"], stored["login"]) == ("partnercenter", emulator.client_id)
    refused = sign_in()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "repeat the command with --replace" in refused.stderr
    again = sign_in("--replace")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)[0]["stored"] == "True"
    command = ("partnercenter", "webhook", "register", "--conn-id", "signed_in", "--url", f"{URL}/again", "--replace")
    assert airflow.cli(*command).returncode == 0
