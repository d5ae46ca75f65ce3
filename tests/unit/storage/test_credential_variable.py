"""The Airflow Variable of a refresh token, as a task, a trigger and a process without a supervisor see it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.jobs.triggerer_job_runner import TriggerCommsDecoder
from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, GetVariable, PutVariable, VariableResult
from airflow.sdk.execution_time.context import set_current_context
from airflow.sdk.execution_time.supervisor import set_supervisor_comms

from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterConfigurationError,
    PartnerCenterRefreshTokenError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.client.settings import ClientSettings
from airflow_provider_partnercenter.hooks.sign_in import check_sign_in
from airflow_provider_partnercenter.storage.credential_variable import (
    NOT_STORED,
    CredentialVariable,
    refresh_token_store,
)
from airflow_provider_partnercenter.storage.stored_token import StoredToken, seed_of
from airflow_provider_partnercenter.storage.variables import VariableError

NAME = "partnercenter_credential"

stored = pytest.mark.since_airflow("3.1", "renewed refresh tokens in a Variable")
only_read = pytest.mark.before_airflow("3.1", "a Variable of a refresh token that is only read")


class Supervisor:
    """Answers for Airflow's API; ``trouble`` is what it answers or raises instead."""

    def __init__(self):
        self.variables, self.descriptions, self.trouble, self.asked = {}, {}, {}, []

    def send(self, message):
        self.asked.append(type(message))
        if trouble := self.trouble.get(type(message)):
            if isinstance(trouble, Exception):
                raise trouble
            return trouble
        match message:
            case GetVariable(key=key):
                if key in self.variables:
                    return VariableResult(key=key, value=self.variables[key])
                return ErrorResponse(error=ErrorType.VARIABLE_NOT_FOUND, detail={"key": key})
            case PutVariable(key=key, value=value, description=description):
                self.variables[key], self.descriptions[key] = value, description
        return None


def failed(error=ErrorType.API_SERVER_ERROR, detail="the text of the request"):
    return AirflowRuntimeError(ErrorResponse(error=error, detail={"message": detail}))


@pytest.fixture
def supervisor_alone(monkeypatch):
    supervisor = Supervisor()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
    return supervisor


@pytest.fixture
def supervisor(supervisor_alone):
    """A supervisor, and a task."""
    with set_current_context({"ti": None}):
        yield supervisor_alone


@pytest.fixture
def triggerer(monkeypatch):
    """The supervisor of triggers. It is recognized by its name."""
    assert TriggerCommsDecoder.__name__ == "TriggerCommsDecoder"
    triggerer = type("TriggerCommsDecoder", (Supervisor,), {})()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", triggerer, raising=False)
    return triggerer


@pytest.fixture
def variable():
    return CredentialVariable(NAME)


def test_it_is_written_and_read(supervisor, variable):
    assert variable.read() is None
    variable.write("text")
    assert variable.read() == "text"
    assert "Do not edit" in supervisor.descriptions[NAME]


def test_it_is_written_where_airflow_itself_reads(variable):
    with set_supervisor_comms(Supervisor()), set_current_context({"ti": None}):
        variable.write("text")
        assert Variable.get(NAME) == "text"


def test_a_callback_only_reads(supervisor_alone, variable):
    """It has a supervisor, which does not answer to a write: who waited for that would wait for ever."""
    assert not variable.writable
    store = refresh_token_store(settings())
    assert store.load() == "seed"
    store.save("successor")
    assert PutVariable not in supervisor_alone.asked


@stored
@pytest.mark.parametrize("process", ["supervisor", "triggerer"])
def test_tasks_and_triggers_write(request, variable, process):
    api = request.getfixturevalue(process)
    assert variable.writable
    store = refresh_token_store(settings())
    store.load()
    store.save("successor")
    assert PutVariable in api.asked


@only_read
@pytest.mark.parametrize("process", ["supervisor", "triggerer"])
def test_the_connections_own_token_is_used_and_nothing_written(request, variable, process):
    api = request.getfixturevalue(process)
    assert not variable.writable
    store = refresh_token_store(settings())
    store.begin()
    for _ in range(2):
        assert store.load() == "seed"
        store.save("successor")
    assert (store.trouble, api.variables) == (None, {})
    assert PutVariable not in api.asked


def test_without_a_supervisor_it_is_only_read(monkeypatch, variable):
    monkeypatch.delattr(task_runner, "SUPERVISOR_COMMS", raising=False)
    assert not variable.writable
    assert variable.read() is None
    monkeypatch.setenv(f"AIRFLOW_VAR_{NAME.upper()}", "text")
    assert variable.read() == "text"


@pytest.mark.parametrize(
    "trouble",
    [
        failed(),
        ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={}),
        ErrorResponse(error=ErrorType.GENERIC_ERROR, detail={}),
        EOFError(),
        ConnectionResetError(),
        BrokenPipeError(),
    ],
    ids=["raised", "answered", "generic", "eof", "reset", "pipe"],
)
def test_a_variable_that_cannot_be_read_is_not_missing(supervisor, variable, trouble):
    """``Variable.get`` does not tell the two apart, and the token of the connection may have died long ago."""
    supervisor.trouble = {GetVariable: trouble}
    with pytest.raises(VariableError) as caught:
        variable.read()
    assert not caught.value.permanent
    assert "the text of the request" not in str(caught.value)


@pytest.mark.since_airflow("3.2", "the API says that access to a Variable is denied")
def test_a_variable_that_may_not_be_read(supervisor, variable):
    supervisor.trouble = {GetVariable: ErrorResponse(error=ErrorType.PERMISSION_DENIED, detail={})}
    with pytest.raises(VariableError) as caught:
        variable.read()
    assert caught.value.permanent


@pytest.mark.parametrize(
    "trouble",
    [failed(), EOFError(), ConnectionResetError(), ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"text": 1})],
)
def test_a_variable_that_cannot_be_written(supervisor, variable, trouble):
    supervisor.trouble = {PutVariable: trouble}
    with pytest.raises(VariableError) as caught:
        variable.write("text")
    # What Airflow says of a refused write may quote it.
    assert "the text of the request" not in str(caught.value)


def settings(variable=NAME, refresh_token="seed", application="a"):
    credentials = Credentials(application, "t", "https://l.test", "s", client_secret="x", refresh_token=refresh_token)
    return ClientSettings(credentials, "https://api.test", credential_variable=variable)


def test_a_connection_without_a_variable_has_no_store():
    assert refresh_token_store(settings(None)) is None
    assert refresh_token_store(settings(refresh_token=None)) is None


@stored
def test_the_store_of_a_connection(supervisor):
    store = refresh_token_store(settings())
    assert store.load() == "seed"
    store.save("successor")
    assert StoredToken.from_text(supervisor.variables[NAME]).refresh_token == "successor"
    assert refresh_token_store(settings()).load() == "successor"
    assert set(json.loads(supervisor.variables[NAME])) == {"refresh_token", "issued_at", "seed", "replaced", "owner"}


@stored
def test_a_connection_that_was_consented_anew_while_a_trigger_had_not_looked_yet(supervisor):
    """The older connection must not take the newer one's token for one that it replaces."""
    waiting = refresh_token_store(settings(refresh_token="old"))
    waiting.begin()
    newer = refresh_token_store(settings(refresh_token="new"))
    newer.load()
    newer.save("successor-of-new")
    assert waiting.load() == "successor-of-new"
    waiting.save("its-successor")
    assert StoredToken.from_text(supervisor.variables[NAME]).seed == seed_of("new")


@stored
def test_two_connections_with_one_variable(supervisor):
    first, second = settings(), settings(refresh_token="other", application="b")
    for connection in (first, second):
        store = refresh_token_store(connection)
        assert store.load() == connection.credentials.refresh_token
        store.save("successor")
    with pytest.raises(PartnerCenterRefreshTokenError, match="of application b of t, which has replaced") as caught:
        refresh_token_store(first).load()
    assert "its own 'credential_variable'" in caught.value.hint


def test_the_store_where_airflow_is_out_of_reach(supervisor):
    supervisor.trouble = {GetVariable: failed()}
    with pytest.raises(PartnerCenterServiceUnavailableError, match="API_SERVER_ERROR") as caught:
        refresh_token_store(settings()).load()
    assert caught.value.retryable


@stored
def test_a_variable_of_the_environment_shadows(supervisor, monkeypatch):
    old = StoredToken.from_text('{"refresh_token": "old", "issued_at": "2026-01-01T00:00:00+00:00", "seed": "s"}')
    monkeypatch.setenv(f"AIRFLOW_VAR_{NAME.upper()}", old.to_text())
    store = refresh_token_store(settings())
    store.load()
    with pytest.raises(PartnerCenterConfigurationError, match=f"'{NAME}' .* was written, but reading it") as e:
        store.save("successor")
    assert f"AIRFLOW_VAR_{NAME.upper()}" in e.value.hint


def signed_in(store):
    """A client of the connection, for checking its sign-in."""
    tokens = SimpleNamespace(refresh_tokens=store)
    client: Any = SimpleNamespace(settings=settings(), tokens=tokens, is_mfa_compliant=lambda: True)
    return client


@stored
def test_checking_the_sign_in_fails_where_nobody_would_read_the_warning(supervisor):
    store = refresh_token_store(settings())
    store.load()
    client = signed_in(store)
    supervisor.trouble = {PutVariable: failed()}
    store.save("successor")
    with pytest.raises(PartnerCenterServiceUnavailableError, match=rf"could not be stored in Variable '{NAME}'"):
        check_sign_in(client)
    supervisor.trouble = {}
    store.save("successor")
    assert check_sign_in(client).issued_at


@pytest.mark.parametrize("process", ["supervisor", "triggerer"])
def test_another_applications_token_is_refused_even_if_it_was_not_written_here(request, process):
    request.getfixturevalue(process).variables[NAME] = StoredToken(
        "theirs", datetime.now(UTC), seed_of("another"), (seed_of("seed"),), "b of t"
    ).to_text()
    with pytest.raises(PartnerCenterRefreshTokenError, match="of application b of t, which has replaced"):
        refresh_token_store(settings()).load()


@stored
def test_checking_the_sign_in_says_who_stores_a_token(supervisor):
    (note,) = check_sign_in(signed_in(refresh_token_store(settings()))).notes
    assert note.startswith("Microsoft returned no new refresh token")
    assert NOT_STORED == ""


@only_read
def test_checking_the_sign_in_says_that_no_token_is_stored(supervisor):
    store = refresh_token_store(settings())
    store.load()
    store.save("successor")
    checked = check_sign_in(signed_in(store))
    assert (checked.notes, checked.issued_at, checked.expires_at) == ((NOT_STORED,), None, None)
    assert "the Variable of 'credential_variable' is only read" in NOT_STORED


@only_read
@pytest.mark.parametrize(("age", "warned"), [(1, False), (80, True)])
def test_a_token_that_somebody_else_has_stored_is_not_renewed_either(supervisor, age, warned):
    issued = datetime.now(UTC).replace(microsecond=0) - timedelta(days=age)
    text = supervisor.variables[NAME] = StoredToken("theirs", issued, seed_of("seed")).to_text()
    store = refresh_token_store(settings())
    assert store.load() == "theirs"
    store.save("successor")
    assert supervisor.variables == {NAME: text}
    checked = check_sign_in(signed_in(store))
    assert checked.issued_at == issued.isoformat()
    assert checked.notes[0] == NOT_STORED
    assert [f"'{NAME}' expires on" in note for note in checked.notes[1:]] == [True] * warned
