from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAudienceError,
    PartnerCenterLoginThrottledError,
    PartnerCenterMfaRequiredError,
    PartnerCenterPermissionError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterThrottledError,
    PartnerCenterTokenRefusedError,
)
from airflow_provider_partnercenter.client.models import ValidationCode
from airflow_provider_partnercenter.commands.doctor.access import (
    Codes,
    FirstCall,
    judge_api,
    judge_audience,
    judge_budget,
    judge_codes,
    judge_mfa,
)

JUDGES = {"budget": judge_budget, "API": judge_api, "audience": judge_audience, "MFA": judge_mfa}


def call(error=None, compliant=None, *, app_only=False, budget=480):
    return FirstCall(app_only, "https://api.test", budget, compliant, error)


@pytest.mark.parametrize(
    ("cls", "check"),
    [
        (PartnerCenterThrottledError, "budget"),
        (PartnerCenterLoginThrottledError, "API"),
        (PartnerCenterServiceUnavailableError, "API"),
        (PartnerCenterPermissionError, "API"),
        (PartnerCenterTokenRefusedError, "API"),
        (PartnerCenterAudienceError, "audience"),
        (PartnerCenterMfaRequiredError, "MFA"),
    ],
)
def test_a_refusal_is_told_by_the_first_check_that_it_is_about(cls, check):
    facts = call(cls("It failed", hint="mend it"))
    for name, judge in JUDGES.items():
        (finding,) = judge(facts)
        if name == check:
            assert (finding.status.value, finding.text, finding.remedy) == ("failed", "It failed.", "Mend it.")
            return
        assert finding.status.value == "ok"


@pytest.mark.parametrize(
    ("facts", "status", "says"),
    [
        (call(compliant=True), "ok", "signed in with MFA"),
        (call(compliant=None), "ok", "Microsoft does not say"),
        (call(compliant=False), "failed", "signed in without MFA, which Microsoft will refuse"),
        (call(compliant=None, app_only=True), "skipped", "no user"),
    ],
)
def test_mfa(facts, status, says):
    (finding,) = judge_mfa(facts)
    assert (finding.status.value, says in finding.text) == (status, True)


@pytest.mark.parametrize(
    ("budget", "status", "says"),
    [
        (480, "ok", "sends 480 a minute at most, of the 500"),
        (500, "ok", "sends 500"),
        (501, "warning", "is 501, but Microsoft allows a partner 500"),
        (0, "ok", "has no budget"),
    ],
)
def test_budget(budget, status, says):
    (finding,) = judge_budget(call(budget=budget))
    assert (finding.status.value, says in finding.text) == (status, True)


def code(left):
    return ValidationCode("1", remaining_creates=left)


@pytest.mark.parametrize(
    ("facts", "status", "says"),
    [
        (Codes(app_only=True), "skipped", "requests nothing"),
        (Codes(False, error=PartnerCenterPermissionError("It failed")), "warning", "It failed."),
        (Codes(False, [code(0), code(0)]), "warning", "has a use left"),
        (Codes(False, [code(0), code(1)]), "ok", "the partner's 2 validation codes"),
        (Codes(False, [code(None)]), "ok", "License Administrator"),
        (Codes(False, []), "ok", "has no validation codes"),
    ],
)
def test_codes(facts, status, says):
    (finding,) = judge_codes(facts)
    assert (finding.status.value, says in finding.text) == (status, True)
