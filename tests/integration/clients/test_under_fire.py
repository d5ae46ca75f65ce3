"""Every kind of fault that the emulator knows, met by both clients: what comes of it, and in how many requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAudienceError,
    PartnerCenterClientCredentialError,
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterMfaRequiredError,
    PartnerCenterRefreshTokenError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import KINDS
from airflow_provider_partnercenter.emulator.settings import Mix
from tests.support.clients.both_clients import KINDS as CLIENTS
from tests.support.clients.both_clients import User, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.emulator.server import Emulator

CUSTOMER = ordinary_id(1)
# What no other attempt cures; all others pass when the next one meets nothing.
FINAL: dict[str, type[PartnerCenterError]] = {
    "redirect-302": PartnerCenterUnexpectedResponseError,
    "redirect-307": PartnerCenterUnexpectedResponseError,
    "mfa-required": PartnerCenterMfaRequiredError,
    "wrong-audience": PartnerCenterAudienceError,
    "model-state-400": PartnerCenterInvalidRequestError,
    "error-200": PartnerCenterInvalidRequestError,
    "login-grant-expired": PartnerCenterRefreshTokenError,
    "login-grant-revoked": PartnerCenterRefreshTokenError,
    "login-invalid-client": PartnerCenterClientCredentialError,
    "login-mfa": PartnerCenterMfaRequiredError,
}
# Answers that are what they should be, if slowly or under another name, and a token that lives shorter than it says.
HARMLESS = {"text", "binary", "slow-headers", "slow-body", "login-slow", "login-early-expiry"}


@pytest.fixture(params=CLIENTS)
def user(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[User]:
    with User(request.param, settings_of(emulator)) as user:
        yield user


def strike_once(emulator: Emulator, name: str) -> None:
    """Let the next request meet this fault, and those after it none."""
    if KINDS[name].login:
        emulator.faults(Mix(rate=1.0, kinds=(name,), slow=0.2, retry_after=0.05))
    else:
        fault = KINDS[name].fault
        members: dict[str, Any] = {
            member: getattr(fault, member)
            for member in ("kind", "name", "status", "content_type", "body", "retry_date", "elsewhere", "hard")
        }
        seconds = 0.2 if "slow" in name else 0.0
        emulator.configure(
            CUSTOMER,
            faults=[{**members, "headers": dict(fault.headers), "seconds": seconds, "retry_after": 0.05, "times": 1}],
        )


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.login])
def test_a_fault_of_the_api(user: User, emulator: Emulator, name: str) -> None:
    user.get_customer(ordinary_id(2))  # signs in
    strike_once(emulator, name)
    if name in FINAL:
        with pytest.raises(FINAL[name]) as caught:
            user.get_qualifications(CUSTOMER)
        assert type(caught.value) is FINAL[name]
        assert not caught.value.retryable
        assert caught.value.hint
    else:
        assert user.get_qualifications(CUSTOMER) == []
    assert len(emulator.journal(CUSTOMER)) == (1 if name in FINAL or name in HARMLESS else 2)
    assert len(emulator.journal(path="/oauth2/")) == (2 if name == "access-denied" else 1)
    assert emulator.journal(CUSTOMER)[0]["fault"] == name


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.login])
def test_a_fault_of_the_login_service(user: User, emulator: Emulator, name: str) -> None:
    strike_once(emulator, name)
    if name in HARMLESS:
        assert user.get_qualifications(CUSTOMER) == []
    else:
        user.client.exchange = replace(
            user.client.exchange, policy=replace(user.client.exchange.policy, attempts=1, max_retry_after=0)
        )
        with pytest.raises(PartnerCenterError) as caught:
            user.get_qualifications(CUSTOMER)
        assert caught.value.retryable is (name not in FINAL)
        assert type(caught.value) is FINAL.get(name, type(caught.value))
        assert caught.value.hint or name not in FINAL
        assert emulator.journal(path="/v1/") == []
        emulator.faults(Mix())
        # What is final MSAL keeps for a minute, for the same refresh token.
        if name not in FINAL and name != "login-throttled":
            assert user.get_qualifications(CUSTOMER) == [], "nothing of it is left"
    assert any(record["fault"] == name for record in emulator.journal())
