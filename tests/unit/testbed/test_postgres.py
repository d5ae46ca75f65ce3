"""Finding PostgreSQL on this machine, and somebody who may run it."""

from __future__ import annotations

import os
import pwd
from types import SimpleNamespace

import pytest

from testbed import postgres
from testbed.processes import MissingProgramError


def install(directory, *programs):
    directory.mkdir(parents=True, exist_ok=True)
    for program in programs:
        (directory / program).touch(mode=0o755)
    return directory


def test_postgresql_is_not_installed(nothing_installed):
    with pytest.raises(MissingProgramError) as refusal, postgres.postgres():
        pass
    assert "initdb, postgres, pg_isready are neither on the PATH" in str(refusal.value)
    assert f"{nothing_installed}/postgresql/*/bin" in str(refusal.value)
    assert str(refusal.value).endswith("apt-get install postgresql")


def test_only_postgresqls_client_is_installed(nothing_installed):
    install(nothing_installed, "pg_isready")
    with pytest.raises(MissingProgramError, match="PostgreSQL's server is needed"):
        postgres.find_programs()


def test_postgresql_is_on_the_path(nothing_installed):
    install(nothing_installed / "postgresql" / "15" / "bin", *postgres.PROGRAMS)
    assert postgres.find_programs() == nothing_installed / "postgresql" / "15" / "bin"
    install(nothing_installed, *postgres.PROGRAMS)
    assert postgres.find_programs() == nothing_installed


def test_the_newest_postgresql_is_taken(nothing_installed):
    for version in ("9", "17", "15"):
        install(nothing_installed / "postgresql" / version / "bin", *postgres.PROGRAMS)
    assert postgres.find_programs() == nothing_installed / "postgresql" / "17" / "bin"


@pytest.mark.parametrize(
    ("users", "found"), [(["root", "nobody", "postgres"], "postgres"), (["root", "nobody"], "nobody")]
)
def test_root_lets_another_user_run_postgresql(users, found, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwall", lambda: [SimpleNamespace(pw_name=name) for name in users])
    assert postgres.unprivileged_user() == found


def test_there_is_no_other_user(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwall", lambda: [SimpleNamespace(pw_name="root")])
    with pytest.raises(MissingProgramError, match="cannot be run by root"):
        postgres.unprivileged_user()


def test_others_run_postgresql_themselves(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert postgres.unprivileged_user() is None
