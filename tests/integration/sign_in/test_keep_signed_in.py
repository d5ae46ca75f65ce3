"""The DAG that keeps connections signed in: what its task does with each kind of trouble."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.client.sync import PartnerCenterClient
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from airflow_provider_partnercenter.storage.stored_token import FRESH
from tests.airflow_versions import AirflowFailException

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def dag(load_example: Callable[[str], Any]) -> Any:
    return load_example("keep_partnercenter_signed_in")


@pytest.fixture
def sign_in(dag: Any, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run the task over the emulator's connection, with changes to its extra."""

    def run(**extra: Any) -> dict[str, Any]:
        connection = emulator.connection()
        connection["extra"] |= {"requests_per_minute": 0, **extra}
        monkeypatch.setenv("AIRFLOW_CONN_PARTNER", json.dumps(connection))
        result: dict[str, Any] = dag.get_task("sign_in").python_callable("partner")
        return result

    return run


def test_its_runs_are_close_enough(dag: Any) -> None:
    # One run may be missed.
    assert FRESH + dag.schedule + dag.schedule <= timedelta(days=2)
    assert not dag.catchup
    assert dag.get_task("sign_in").partial_kwargs["retries"] >= 2
    assert dag.doc_md


def test_a_sign_in_that_works(sign_in: Callable[..., dict[str, Any]], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    report = sign_in()
    # Airflow's log view hides what is printed.
    assert f"mode: {report['mode']}" in caplog.messages
    assert (report["mode"], report["mfa_compliant"]) == ("App+User", True)
    assert json.loads(json.dumps(report)) == report
    assert sign_in(refresh_token=None)["mode"] == "App-only"


def test_a_user_without_mfa_fails_without_retries_before_microsoft_refuses_the_call(
    dag: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Emulator(Settings(mfa_enforced=False)) as lenient:
        connection = lenient.connection()
        connection["extra"] |= {"refresh_token": lenient.consent(mfa=False)}
        monkeypatch.setenv("AIRFLOW_CONN_PARTNER", json.dumps(connection))
        with pytest.raises(
            AirflowFailException, match=r"signed in without MFA.*integration user must sign in again with MFA"
        ):
            dag.get_task("sign_in").python_callable("partner")


def test_a_user_without_mfa_fails_without_retries_when_it_does(
    sign_in: Callable[..., dict[str, Any]], emulator: Emulator
) -> None:
    with pytest.raises(AirflowFailException, match=r"code 900421.*integration user must sign in again with MFA"):
        sign_in(refresh_token=emulator.consent(mfa=False))


def test_a_revoked_token_fails_without_retries(sign_in: Callable[..., dict[str, Any]], emulator: Emulator) -> None:
    token = emulator.consent()
    emulator.revoke(token)
    with pytest.raises(AirflowFailException, match=r"AADSTS50173.*integration user must sign in again with MFA"):
        sign_in(refresh_token=token)


def test_an_outage_is_left_to_a_retry(sign_in: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(client: PartnerCenterClient) -> bool:
        raise PartnerCenterServiceUnavailableError("away")

    monkeypatch.setattr(PartnerCenterClient, "is_mfa_compliant", fail)
    with pytest.raises(PartnerCenterServiceUnavailableError):
        sign_in()
