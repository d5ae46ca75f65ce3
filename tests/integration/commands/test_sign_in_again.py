"""``airflow partnercenter sign-in`` where there is a connection, with every proof, and without storing anything."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.client.models import VettingStatus
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.storage.stored_token import StoredToken, seed_of
from tests.support.login.azure_host import HEADER, azure_endpoint
from tests.support.login.certificate import self_signed
from tests.support.login.person import CONN_ID, Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.since_airflow("3.2", "commands of providers")

KEY, CERTIFICATE = self_signed()
IDENTITY = "44444444-4444-4444-8444-444444444444"
OTHERS = {"their_extra": {"deep": ["hidden-by-others"]}, "requests_per_minute": 77}


@pytest.fixture(scope="module")
def running_emulator(_still_clocks: None) -> Iterator[Emulator]:
    with Emulator(Settings(client_certificate=CERTIFICATE)) as emulator:
        yield emulator


@pytest.fixture
def person(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Person:
    person = Person(emulator, monkeypatch, capsys, tmp_path)
    person.secrets |= {"hidden-by-others", KEY.splitlines()[1]}
    return person


def submits(conn_id: str = CONN_ID) -> None:
    entry = PartnerCenterHook(conn_id).create_qualification(
        ordinary_id(1), "Education", education_segment="K12", website="school.example"
    )
    assert entry.vetting_status is VettingStatus.IN_REVIEW


def extra_of(emulator: Emulator, **changes: Any) -> dict[str, Any]:
    return {**emulator.connection()["extra"], **OTHERS, **changes}


# -- an existing connection -------------------------------------------------------------------------------------------


def test_it_is_not_changed_without_being_told_so(person: Person, emulator: Emulator) -> None:
    before = person.has(extra=extra_of(emulator))
    done = person()
    assert (done.status, done.out) == (1, "")
    what, what_to_do, nothing = done.err.splitlines()
    assert what == f"There is a connection '{CONN_ID}' already."
    assert "repeat the command with --replace" in what_to_do
    assert nothing == "Nothing was stored."
    assert (person.stored(), person.opened) == (before, [])


def test_only_its_token_is_replaced(person: Person, emulator: Emulator) -> None:
    before = person.has(extra=extra_of(emulator), description="of Ann", port=emulator.port)
    done = person("--replace")
    assert (done.status, done.row["credential_variable"]) == (0, None)
    after = person.stored()
    assert after
    assert after["extra"]["refresh_token"] != before["extra"]["refresh_token"]
    assert {**after["extra"], "refresh_token": ""} == {**before["extra"], "refresh_token": ""}
    assert {**after, "extra": 0} == {**before, "extra": 0}
    assert "Name an Airflow Variable in 'credential_variable'" in done.err
    submits()


def test_a_refused_sign_in_changes_nothing(person: Person, emulator: Emulator) -> None:
    before = person.has(extra=extra_of(emulator))
    emulator.user("without-mfa@partner.example")
    assert person("--replace").status == 1
    assert person.stored() == before


def test_an_app_only_connection_gets_a_user(person: Person, emulator: Emulator) -> None:
    extra = extra_of(emulator)
    del extra["refresh_token"]
    person.has(extra=extra)
    assert person("--replace", "--credential-variable", "of_ann").row["credential_variable"] == "of_ann"
    submits()


def test_the_new_token_wins_over_the_one_in_the_variable(
    person: Person, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    dead = emulator.consent()
    person.has(extra=extra_of(emulator, credential_variable="partnercenter_kept"))
    kept = StoredToken(dead, datetime.now(UTC), seed_of(emulator.refresh_token))
    monkeypatch.setenv("AIRFLOW_VAR_PARTNERCENTER_KEPT", kept.to_text())
    emulator.revoke(dead)
    person.secrets.add(dead)
    assert person("--replace").status == 0
    submits()


@pytest.mark.parametrize("there", ["environment", "environment and database"])
def test_one_that_comes_from_elsewhere(
    person: Person, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONN_ID.upper()}", emulator.connection_json())
    before = person.has() if "database" in there else None
    done = person("--replace")
    assert (done.status, done.out, person.opened) == (1, "", [])
    assert f"comes from the environment variable AIRFLOW_CONN_{CONN_ID.upper()}, so" in done.err
    assert "use --print --show-secrets" in done.err
    assert person.stored() == before
    assert person("--print").status == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"conn_type": "http"}, "is of the type 'http', not 'partnercenter'"),
        ({"extra": {"tenant_id": "x", "cloud": "mars"}}, "'cloud' has the unknown value 'mars'"),
    ],
)
def test_one_that_cannot_be_used(person: Person, changes: dict[str, Any], said: str) -> None:
    before = person.has(**changes)
    done = person("--replace")
    assert (done.status, done.out, person.opened) == (1, "", [])
    assert said in done.err
    assert person.stored() == before


def test_one_that_somebody_made_in_the_meantime(person: Person) -> None:
    person.reads = lambda _: person.has()
    done = person.new()
    assert (done.status, done.out) == (1, "")
    assert "There is a connection" in done.err
    stored = person.stored()
    assert stored
    assert stored["extra"]["refresh_token"] == person.emulator.refresh_token


def test_a_database_that_cannot_be_used(person: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from airflow import settings
    from sqlalchemy import create_engine
    from sqlalchemy.orm import scoped_session, sessionmaker

    empty = scoped_session(sessionmaker(create_engine(f"sqlite:///{tmp_path}/empty.db")))
    monkeypatch.setattr(settings, "Session", empty)
    done = person.new()
    assert (done.status, done.out, person.opened) == (1, "", [])
    assert "Airflow's database has a connection 'of_the_partner' (OperationalError)" in done.err


# -- every proof ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", [False, True], ids=["new", "existing"])
@pytest.mark.parametrize("kind", ["certificate", "file", "system", "user-assigned"])
def test_a_proof_that_takes_the_place_of_the_secret(
    person: Person, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, there: bool
) -> None:
    pem, token = tmp_path / "both.pem", tmp_path / "token"
    pem.write_text(f"{KEY}\n{CERTIFICATE.decode()}")
    token.write_text(emulator.federated_token())
    arguments = {
        "certificate": ["--certificate-file", str(pem)],
        "file": ["--federated-identity-file", str(token)],
        "system": ["--managed-identity", "system"],
        "user-assigned": ["--managed-identity", IDENTITY],
    }[kind]
    if there:
        person.has(extra=extra_of(emulator))
    with azure_endpoint(emulator.federated_token) as azure:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{azure.address}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", HEADER)
        monkeypatch.delenv("IDENTITY_SERVER_THUMBPRINT", raising=False)
        done = person("--replace", *arguments) if there else person.new(*arguments)
        assert done.status == 0, done.err
        stored = person.stored()
        assert stored
        assert not stored["password"]
        submits()
    if there:
        assert stored["extra"]["their_extra"] == OTHERS["their_extra"]
    assert "Client secret" not in done.err


def test_a_proof_that_cannot_be_read(person: Person, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----")
    for arguments, said in (
        (["--certificate-file", "/nowhere"], "The file '/nowhere' cannot be read: No such file or directory."),
        (["--certificate-file", str(broken)], "client_certificate"),
        (["--federated-identity-file", "relative"], "'federated_identity_file' is not an absolute path"),
        (["--managed-identity", "nobody"], "'managed_identity' has the invalid value 'nobody'"),
    ):
        done = person.new(*arguments)
        assert (done.status, done.out, person.opened) == (1, "", [])
        assert said in done.err
        assert person.stored() is None


def test_a_token_file_that_is_not_there_when_it_is_needed(person: Person, tmp_path: Path) -> None:
    done = person.new("--federated-identity-file", f"{tmp_path}/missing")
    assert (done.status, person.stored()) == (1, None)
    assert "does not exist on this machine" in done.err


# -- printed ----------------------------------------------------------------------------------------------------------


def test_a_connection_that_is_printed(person: Person, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    before = person.has(extra=extra_of(emulator))
    hidden = person("--print")
    assert (hidden.status, hidden.row["stored"]) == (0, False)
    shown = json.loads(hidden.row["conn_json"])
    assert (shown["password"], shown["extra"]["refresh_token"], shown["extra"]["their_extra"]) == ("***",) * 3
    assert (shown["login"], shown["extra"]["tenant_id"]) == (emulator.client_id, emulator.tenant_id)
    assert person.stored() == before
    whole = json.loads(person("--print", "--show-secrets").row["conn_json"])
    assert whole["password"] == emulator.client_secret
    assert whole["extra"]["their_extra"] == OTHERS["their_extra"]
    assert whole["extra"]["refresh_token"] != emulator.refresh_token
    assert person.stored() == before
    monkeypatch.setenv("AIRFLOW_CONN_PRINTED", json.dumps(whole))
    submits("printed")


def test_without_a_format_the_connection_is_printed_alone(
    person: Person, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.has(extra=extra_of(emulator))
    done = person("--print", "--show-secrets", output=None)
    monkeypatch.setenv("AIRFLOW_CONN_PRINTED", done.out)
    assert (done.status, json.loads(done.out)["password"]) == (0, emulator.client_secret)
    submits("printed")
    assert json.loads(person("--print", output=None).out)["password"] == "***"
    assert "conn_json" in person("--print", output="table").out
    assert "credential_variable" in person("--replace", output=None).out


def test_secrets_are_only_shown_of_what_is_printed(person: Person, emulator: Emulator) -> None:
    before = person.has(extra=extra_of(emulator))
    done = person("--replace", "--show-secrets")
    assert (done.status, done.out, person.opened) == (1, "", [])
    assert "--show-secrets shows secrets of a connection that is printed.\nWhat to do: add --print" in done.err
    assert person.stored() == before


@pytest.mark.parametrize("output", ["table", "yaml", "plain"])
def test_every_format(person: Person, output: str) -> None:
    done = person.new(output=output)
    assert (done.status, "conn_id" in done.out, CONN_ID in done.out) == (0, True, True)
