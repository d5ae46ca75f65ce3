"""Every way in which a token can fail: its class, whether it is tried again, and who must do what."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.auth.login import error_from_login_status, error_from_token_answer
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAudienceError,
    PartnerCenterAuthenticationError,
    PartnerCenterClientCredentialError,
    PartnerCenterLoginThrottledError,
    PartnerCenterLoginUnavailableError,
    PartnerCenterMfaRequiredError,
    PartnerCenterPermissionError,
    PartnerCenterRefreshTokenError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterThrottledError,
    PartnerCenterTokenRefusedError,
    PartnerCenterUserRequiredError,
)
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.budget import RequestBudget
from tests.support.bench import CUSTOMER, Bench, answer

READ = endpoints.get_qualifications(CUSTOMER)


@pytest.mark.parametrize(
    ("refusal", "cls", "base", "renewals", "hint"),
    [
        pytest.param(
            answer(401, {"code": "900420"}),
            PartnerCenterAudienceError,
            PartnerCenterAuthenticationError,
            0,
            "owner of the connection must check 'cloud'",
            id="audience",
        ),
        pytest.param(
            answer(401, {"code": 900421}),
            PartnerCenterMfaRequiredError,
            PartnerCenterAuthenticationError,
            0,
            "integration user must sign in again with MFA",
            id="mfa",
        ),
        pytest.param(
            answer(401, reason="Unauthorized - MFA required"),
            PartnerCenterMfaRequiredError,
            PartnerCenterAuthenticationError,
            0,
            "integration user must sign in again with MFA",
            id="mfa-by-reason",
        ),
        pytest.param(
            answer(403, {"code": "900329"}),
            PartnerCenterUserRequiredError,
            PartnerCenterPermissionError,
            0,
            "owner must add 'refresh_token'",
            id="app-only",
        ),
        *(
            pytest.param(
                answer(401, {"code": code} if code else b""),
                PartnerCenterTokenRefusedError,
                PartnerCenterAuthenticationError,
                1,
                "owner of the connection must check its credentials",
                id=f"token-{code}",
            )
            for code in ("400", 800001, "1234", None)
        ),
    ],
)
def test_what_the_api_refuses(refusal, cls, base, renewals, hint):
    bench = Bench(lambda request: refusal, tokens=["first", "second", "third"])
    with pytest.raises(base) as caught:
        bench.send(READ)
    assert type(caught.value) is cls
    assert not caught.value.retryable
    assert hint in caught.value.hint
    assert bench.refused == [None, "first", "second"][: 1 + renewals]
    assert bench.slept == []


@pytest.mark.parametrize(
    ("failure", "cls", "base", "attempts"),
    [
        (
            lambda: error_from_token_answer({"error": "invalid_grant", "error_codes": [700082]}, "App+User"),
            PartnerCenterRefreshTokenError,
            PartnerCenterAuthenticationError,
            1,
        ),
        (
            lambda: error_from_token_answer({"error": "invalid_grant", "error_codes": [50076]}, "App+User"),
            PartnerCenterMfaRequiredError,
            PartnerCenterAuthenticationError,
            1,
        ),
        (
            lambda: error_from_token_answer({"error": "invalid_client"}, "App-only"),
            PartnerCenterClientCredentialError,
            PartnerCenterAuthenticationError,
            1,
        ),
        (
            lambda: error_from_login_status("the login service", 503, b""),
            PartnerCenterLoginUnavailableError,
            PartnerCenterServiceUnavailableError,
            4,
        ),
        (
            lambda: error_from_login_status("the login service", 429, b"", 301.0),
            PartnerCenterLoginThrottledError,
            PartnerCenterThrottledError,
            1,
        ),
    ],
    ids=["expired", "mfa", "client", "outage", "throttled-for-long"],
)
def test_what_the_login_service_refuses(failure, cls, base, attempts):
    bench = Bench([], tokens=[failure() for _ in range(4)])
    with pytest.raises(base) as caught:
        bench.send(READ)
    assert type(caught.value) is cls
    assert bench.sent == []
    assert len(bench.refused) == attempts


def test_a_throttled_sign_in_is_waited_for_and_costs_the_api_nothing():
    budget = RequestBudget(480)
    throttled = error_from_login_status("the login service", 429, b"", 30.0)
    bench = Bench([answer(200, [])], tokens=[throttled, "token"], budget=budget)
    assert bench.send(READ) == []
    assert sum(bench.slept) >= 30
    # Too many sign-ins are no reason to call the API less often.
    assert budget.rate(bench.clock.monotonic()) == 480


def test_a_poll_of_a_wait_comes_later_instead():
    throttled = error_from_login_status("the login service", 429, b"", 30.0)
    bench = Bench([], tokens=[throttled])
    with pytest.raises(PartnerCenterLoginThrottledError):
        bench.send(endpoints.get_qualifications(CUSTOMER, waiting=True))
    assert bench.slept == []


@pytest.mark.parametrize(
    ("value", "compliant"),
    [("true", True), ("True", True), (" TRUE ", True), ("false", False), ("False", False), ("", None), ("1", None)],
)
@pytest.mark.parametrize("name", ["isMfaCompliant", "ismfacompliant", "IsMfaCompliant"])
def test_mfa_compliance_is_read_from_the_header(name, value, compliant):
    bench = Bench([answer(200, {"items": []}, **{name: value})])
    assert bench.send(endpoints.is_mfa_compliant()) is compliant
    (request,) = bench.sent
    assert (request.method, request.headers["ValidateMfa"]) == ("GET", "true")
    assert request.url.endswith("/v1/customers?size=1")


def test_mfa_compliance_that_is_not_told():
    assert Bench([answer(200, {"items": []})]).send(endpoints.is_mfa_compliant()) is None
