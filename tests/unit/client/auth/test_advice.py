"""What the refusals of the login service mean: each cause gets the advice that cures it."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.auth.advice import meaning_of
from airflow_provider_partnercenter.client.auth.answers import read_refusal
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterClientCredentialError,
    PartnerCenterLoginThrottledError,
    PartnerCenterLoginUnavailableError,
    PartnerCenterMfaRequiredError,
    PartnerCenterRefreshTokenError,
)

Other, Mfa, Client, Token, Throttled, Passing = (
    PartnerCenterAuthenticationError,
    PartnerCenterMfaRequiredError,
    PartnerCenterClientCredentialError,
    PartnerCenterRefreshTokenError,
    PartnerCenterLoginThrottledError,
    PartnerCenterLoginUnavailableError,
)
AGAIN = "sign in again with MFA"


def meaning(error=None, *numbers, text=None, app_only=False, **members):
    answer = {"error": error, "error_codes": list(numbers), "error_description": text, **members}
    return meaning_of(read_refusal(answer), app_only=app_only)


@pytest.mark.parametrize(
    ("error", "number", "cls", "hint"),
    [
        # this machine and the application
        ("invalid_client", 700024, Other, "clock of the machine"),
        ("invalid_client", 7000215, Client, "not its id"),
        ("invalid_client", 7000222, Client, "new client secret"),
        ("invalid_client", 70021, Client, "federated identity credential"),
        ("invalid_client", 70025, Client, "federated identity credential"),
        ("invalid_client", 700211, Client, "federated identity credential"),
        ("invalid_client", 700212, Client, "federated identity credential"),
        ("invalid_client", 700213, Client, "letter case counts"),
        ("invalid_client", 7002138, Client, "letter case counts"),
        ("invalid_client", 700027, Client, "the certificate is one of this application"),
        ("invalid_client", 700030, Client, "the certificate is one of this application"),
        ("invalid_client", 50032, Client, "2048 bits"),
        ("invalid_client", 700025, Client, "confidential client"),
        ("unauthorized_client", 700016, Client, "does not know the application"),
        ("invalid_client", 7000229, Client, "does not know the application"),
        ("unauthorized_client", 7000112, Client, "enable the application"),
        ("unauthorized_client", 70001, Client, "exists in the tenant and is enabled"),
        ("invalid_grant", 700007, Client, "issued to another application"),
        ("invalid_client", 500112, Other, "redirect URI http://localhost"),
        ("invalid_request", 50011, Other, "under the platform 'Web'"),
        ("invalid_grant", 54005, Other, "can be used once"),
        ("access_denied", 65004, Other, "accept"),
        ("access_denied", 50105, Other, "assign the integration user"),
        # the refresh token
        ("invalid_grant", 700082, Token, AGAIN),
        ("invalid_grant", 70008, Token, AGAIN),
        ("invalid_grant", 70000, Token, AGAIN),
        ("invalid_grant", 50173, Token, AGAIN),
        ("invalid_grant", 50089, Token, AGAIN),
        ("invalid_grant", 700084, Token, "platform 'Web'"),
        ("invalid_grant", 70043, Token, "sign-in frequency"),
        ("invalid_grant", 70044, Token, "sign-in frequency"),
        ("invalid_grant", 9002313, Token, "copied completely"),
        # the user
        ("invalid_grant", 50055, Token, "set a new password"),
        ("invalid_grant", 50144, Token, "set a new password"),
        ("invalid_grant", 50132, Token, "password was changed"),
        ("invalid_grant", 50133, Token, "password was changed"),
        ("invalid_grant", 50057, Other, "enable the integration user's account"),
        ("invalid_grant", 50053, Other, "is locked"),
        ("invalid_grant", 50034, Other, "no such user"),
        ("invalid_grant", 500341, Other, "no such user"),
        ("invalid_grant", 50020, Other, "no such user"),
        ("invalid_grant", 53011, Other, "at risk"),
        ("invalid_grant", 530034, Other, "at risk"),
        ("invalid_grant", 50105, Other, "assign the integration user"),
        ("invalid_grant", 501051, Other, "assign the application to the API"),
        # MFA, devices and policies
        ("interaction_required", 50072, Mfa, AGAIN),
        ("interaction_required", 50074, Mfa, AGAIN),
        ("invalid_grant", 50076, Mfa, AGAIN),
        ("interaction_required", 50078, Mfa, AGAIN),
        ("interaction_required", 50079, Mfa, AGAIN),
        ("interaction_required", 50158, Mfa, AGAIN),
        ("interaction_required", 53010, Other, "certain places"),
        ("invalid_grant", 700003, Token, "device"),
        ("invalid_grant", 50155, Token, "device"),
        ("interaction_required", 53000, Other, "Conditional Access policy"),
        ("interaction_required", 53003, Other, "must exempt the integration user"),
        ("invalid_grant", 530032, Other, "Conditional Access policy"),
        ("invalid_grant", 530035, Other, "security defaults"),
        ("access_denied", 500021, Other, "tenant restriction"),
        ("access_denied", 500212, Other, "cross-tenant access policy"),
        # consent, permissions and licences
        ("invalid_grant", 65001, Other, "admin consent"),
        ("invalid_grant", 90094, Other, "admin consent"),
        ("invalid_client", 650056, Other, "add the permission"),
        ("invalid_resource", 650057, Other, "add the permission"),
        ("invalid_client", 650052, Other, "does not know Partner Center's API"),
        ("invalid_resource", 500011, Other, "does not know Partner Center's API"),
        ("invalid_client", 500014, Other, "subscription"),
        ("invalid_scope", 70011, Other, "'cloud' and 'authority'"),
        # the tenant and the cloud
        ("invalid_request", 90002, Other, "check 'tenant_id' and 'cloud'"),
        ("invalid_request", 50059, Other, "check 'tenant_id' and 'cloud'"),
        ("invalid_request", 900023, Other, "check 'tenant_id' and 'cloud'"),
        ("invalid_request", 50194, Other, "not 'common'"),
        ("invalid_request", 90038, Other, "another cloud"),
        ("invalid_request", 900382, Other, "another cloud"),
        # the request and the service
        ("invalid_request", 900144, Other, "incomplete"),
        ("invalid_client", 7000218, Other, "incomplete"),
        ("server_error", 50000, Other, "Microsoft's support"),
        ("invalid_request", 90033, Passing, "later"),
        ("invalid_grant", 50087, Passing, "later"),
        ("invalid_grant", 50196, Throttled, "this application asked for the same token too often"),
        ("invalid_request", 90055, Throttled, "other applications of the same partner"),
    ],
)
def test_a_number_says_more_than_the_error(error, number, cls, hint):
    for found in (meaning(error, number), meaning(error, text=f"AADSTS{number}: Because.")):
        assert found.cls is cls
        assert hint in found.hint
        assert found.code == f"AADSTS{number}"


@pytest.mark.parametrize(
    ("error", "members", "cls", "hint"),
    [
        ("invalid_grant", {"suberror": "bad_token"}, Token, AGAIN),
        ("invalid_grant", {"suberror": "token_expired"}, Token, AGAIN),
        ("interaction_required", {"suberror": "basic_action"}, Token, AGAIN),
        ("interaction_required", {"suberror": "additional_action"}, Token, "do what it asks for"),
        ("interaction_required", {"suberror": "message_only"}, Other, "shows why it refuses"),
        ("invalid_grant", {"suberror": "consent_required"}, Other, "admin consent"),
        ("invalid_grant", {"suberror": "user_password_expired"}, Token, "set a new password"),
        ("invalid_grant", {"suberror": "password_expired"}, Token, "set a new password"),
        ("invalid_grant", {"suberror": "client_mismatch"}, Client, "issued to another application"),
        ("invalid_grant", {"suberror": "protection_policy_required"}, Other, "Conditional Access policy"),
        ("invalid_grant", {"suberror": "device_authentication_failed"}, Token, "device"),
        ("invalid_grant", {"suberror": "brand_new"}, Token, AGAIN),
        ("invalid_grant", {"claims": '{"access_token": {}}'}, Token, "stronger sign-in"),
        ("invalid_grant", {"claims": "{}", "suberror": "additional_action"}, Token, "do what it asks for"),
        (None, {"suberror": "bad_token"}, Token, AGAIN),
    ],
)
def test_the_suberror_and_the_claims_say_more_than_the_error(error, members, cls, hint):
    found = meaning(error, **members)
    assert found.cls is cls
    assert hint in found.hint


@pytest.mark.parametrize(
    ("error", "cls", "hint"),
    [
        ("invalid_client", Client, "client secret or certificate"),
        ("unauthorized_client", Client, "'login'"),
        ("invalid_grant", Token, AGAIN),
        ("interaction_required", Token, AGAIN),
        ("login_required", Token, AGAIN),
        ("consent_required", Other, "admin consent"),
        ("invalid_tenant", Other, "'tenant_id'"),
        ("invalid_resource", Other, "Partner Center's API"),
        ("temporarily_unavailable", Passing, "later"),
        ("server_error", Passing, "later"),
        ("timeout", Passing, "later"),
        ("slow_down", Throttled, "later"),
        ("something_new", Other, "credentials"),
        (None, Other, "credentials"),
    ],
)
def test_the_error_decides_if_nothing_says_more(error, cls, hint):
    for numbers in ((), (12345678,)):
        found = meaning(error, *numbers)
        assert found.cls is cls
        assert hint in found.hint
        assert found.code == ("AADSTS12345678" if numbers else error)


def test_a_number_to_come_for_a_federated_token_is_known_by_its_words():
    text = "AADSTS7002999: No matching federated identity record found for presented assertion issuer 'x'."
    found = meaning("invalid_client", 7002999, text=text)
    assert (found.cls, found.code) == (Client, "AADSTS7002999")
    assert "federated identity credential" in found.hint


@pytest.mark.parametrize(
    ("numbers", "text", "code", "hint"),
    [
        ((70002, 7000215), None, "AADSTS7000215", "not its id"),
        ((7000215, 70002), None, "AADSTS7000215", "not its id"),
        ((70002,), "AADSTS70002: Error validating credentials. AADSTS700024: Late.", "AADSTS700024", "clock"),
        ((70000, 50076), None, "AADSTS50076", AGAIN),
        ((12345678, 70043), None, "AADSTS70043", "sign-in frequency"),
        ((70000,), "AADSTS70000: No. See AADSTS50057: The account is disabled.", "AADSTS50057", "enable"),
        ((65001, 90033), None, "AADSTS90033", "later"),
    ],
)
def test_the_most_telling_number_counts(numbers, text, code, hint):
    found = meaning("invalid_grant", *numbers, text=text)
    assert found.code == code
    assert hint in found.hint


@pytest.mark.parametrize(
    ("text", "cls", "hint"),
    [
        ("AADSTS50012: Client assertion is not within its valid time range.", Other, "clock"),
        (
            "AADSTS50012: Client assertion contains an invalid signature. [Reason - The key was not found.]",
            Client,
            "Entra",
        ),
        ("AADSTS70002: Error. AADSTS50012: Invalid client secret is provided.", Client, "not its id"),
        ("AADSTS50012: Authentication failed.", Client, "client secret or certificate"),
        ("AADSTS50013: Assertion is not within its valid time range.", Other, "clock"),
    ],
)
def test_the_text_decides_where_a_number_has_several_meanings(text, cls, hint):
    found = meaning("invalid_client", text=text)
    assert found.cls is cls
    assert hint in found.hint


@pytest.mark.parametrize(
    ("error", "number", "hint"),
    [
        ("invalid_grant", 53003, "must exempt the application"),
        ("invalid_grant", 50105, "assign the application"),
        ("invalid_grant", 9002313, "incomplete"),
        ("invalid_grant", 70000, "check the credentials"),
        ("interaction_required", 50076, "check the credentials"),
    ],
)
def test_an_application_without_a_user_gets_no_advice_about_one(error, number, hint):
    found = meaning(error, number, app_only=True)
    assert found.cls is Other
    assert hint in found.hint
    assert "user must sign in" not in found.hint
    assert "refresh" not in found.hint


def test_the_text_of_another_number_is_not_taken_for_a_clock():
    assert "clock" not in meaning("invalid_client", 7000222, text="AADSTS7000222: The keys are expired.").hint
