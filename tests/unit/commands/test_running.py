from __future__ import annotations

import json
from argparse import Namespace

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterNotFoundError
from airflow_provider_partnercenter.client.sync import PartnerCenterClient
from airflow_provider_partnercenter.commands.running import command

CONNECTION = {
    "conn_type": "partnercenter",
    "login": "application",
    "password": "hidden",
    "host": "https://localhost:1",
    "extra": {"tenant_id": "tenant"},
}


@pytest.fixture(autouse=True)
def connection(monkeypatch):
    # A command sets this for its process.
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", json.dumps(CONNECTION))


def run(function, *, conn_id="partner", verbose=False):
    """Return the exit status."""
    try:
        command(function)(Namespace(conn_id=conn_id, verbose=verbose))
    except SystemExit as end:
        return end.code
    return 0


def raising(problem):
    def function(client, arguments):
        raise problem

    return function


@pytest.mark.parametrize("status", [0, 1, 3])
def test_the_exit_status_is_what_the_function_returns(status, capsys):
    assert run(lambda client, arguments: status) == status
    assert capsys.readouterr() == ("", "")


def test_the_function_gets_a_client_of_the_connection_which_is_closed_after_it(monkeypatch):
    closed, seen = [], []

    def close(client):
        closed.append(client)

    monkeypatch.setattr(PartnerCenterClient, "close", close)

    def see(client, arguments):
        seen.append((client, arguments.conn_id))
        return 0

    assert run(see) == 0
    ((client, conn_id),) = seen
    assert (client.settings.base_url, conn_id) == ("https://localhost:1", "partner")
    assert closed == [client]
    assert run(raising(PartnerCenterNotFoundError("gone"))) == 1
    assert len(closed) == 2


@pytest.mark.parametrize(
    ("problem", "status", "said"),
    [
        (
            PartnerCenterNotFoundError("Reading failed", status=404, hint="look elsewhere", correlation_id="c-1"),
            1,
            "Reading failed (HTTP 404).\nWhat to do: look elsewhere.\n[correlation id c-1]\n",
        ),
        (PartnerCenterNotFoundError("conn_id is odd"), 1, "--conn-id is odd.\n"),
        (PartnerCenterNotFoundError("it is odd"), 1, "It is odd.\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
        (
            RuntimeError("hidden"),
            1,
            "Unexpected: RuntimeError.\nWhat to do: run the command with --verbose and report it.\n",
        ),
    ],
)
def test_what_goes_wrong_is_said_on_the_standard_error(problem, status, said, capsys):
    assert run(raising(problem)) == status
    assert capsys.readouterr() == ("", said)


def test_what_nobody_expected_has_a_stack_trace_if_that_is_asked_for():
    with pytest.raises(RuntimeError, match="unexpected"):
        run(raising(RuntimeError("unexpected")), verbose=True)
    assert run(raising(PartnerCenterNotFoundError("expected")), verbose=True) == 1


def test_a_connection_that_is_not_there(capsys):
    assert run(lambda client, arguments: 0, conn_id="nowhere") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Airflow finds no connection 'nowhere'.\nWhat to do: ")
    assert "'airflow partnercenter sign-in' makes one" in err


def test_a_connection_that_cannot_work(capsys, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", json.dumps({**CONNECTION, "extra": {}}))
    assert run(lambda client, arguments: 0) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Connection 'partner': 'tenant_id' is missing.\nWhat to do: ")
    assert "hidden" not in err
