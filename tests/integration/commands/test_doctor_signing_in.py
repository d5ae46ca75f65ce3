"""Faults of the stored token, of the sign-in, and of what the API lets it do: planted one by one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.client.clouds import CLOUDS, Cloud
from airflow_provider_partnercenter.emulator.settings import REFRESH_TOKEN_WITHOUT_MFA
from airflow_provider_partnercenter.storage.stored_token import seed_of
from tests.support.clients.both_clients import send
from tests.support.doctor.faults import Case, Planting, at, examine_with
from tests.support.doctor.ward import VARIABLE, Ward

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.since_airflow("3.2", "commands of providers")

RECONSENT = "must sign in again with MFA"


def refused(code: int, description: str) -> Callable[[Planting], None]:
    return lambda it: it.api(at({"/v1/": (403, {"code": code, "description": description})}))


def without_mfa(it: Planting) -> None:
    it.api(lambda handler: send(handler, 200, b'{"items": []}', isMfaCompliant="false"))


def expired_grant(it: Planting) -> None:
    it.ward.emulator.advance(91 * 86400)


def wrong_audience(it: Planting) -> None:
    class Foreign(Cloud):
        scope = "https://graph.windows.net/.default"

    true = CLOUDS["global"]
    it.ward.patch.setitem(CLOUDS, "global", Foreign(true.api, true.authority, true.token_exchange))


def token_file(text: str | None, **claims: Any) -> Callable[[Planting], None]:
    """Let the application prove itself by a token file with this content; by a token with these claims if given."""

    def plant(it: Planting) -> None:
        file = it.ward.folder / "token"
        if text is not None or claims:
            file.write_text(it.ward.emulator.federated_token(**claims) if claims else text)
        it.ward.change(password=None)
        it.ward.change_extra(federated_identity_file=str(file))

    return plant


def no_azure(it: Planting) -> None:
    it.ward.patch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/token")
    it.ward.patch.setenv("IDENTITY_HEADER", "x")
    it.ward.patch.delenv("IDENTITY_SERVER_THUMBPRINT", raising=False)
    it.ward.change(password=None)
    it.ward.change_extra(managed_identity="system")


def code(left: int) -> dict[str, Any]:
    return {"validationId": "1", "remainingCreates": left}


def task(kind: str, module: str = "operators.qualification", **more: Any) -> dict[str, Any]:
    return {"__var": {"task_type": kind, "_task_module": f"airflow_provider_partnercenter.{module}", **more}}


CASES = {
    "no-variable": Case(
        lambda it: it.ward.change_extra(credential_variable=None),
        "Variable",
        "expires 90 days after the consent",
        "keep_partnercenter_signed_in",
        "warning",
    ),
    "variable-in-environment": Case(
        lambda it: it.ward.patch.setenv(f"AIRFLOW_VAR_{VARIABLE.upper()}", "{}"),
        "Variable",
        "comes from the environment variable AIRFLOW_VAR_PARTNERCENTER_CREDENTIAL",
        "Remove 'partnercenter_credential' from the secrets backend and from the environment",
    ),
    "variable-in-backend": Case(
        lambda it: it.ward.vault.variables.update({VARIABLE: it.ward.emulator.refresh_token}),
        "Variable",
        "comes from the secrets backend VaultBackend, where tasks cannot store",
        "or use another Variable",
    ),
    "variable-broken": Case(
        lambda it: it.ward.database.variables.update({VARIABLE: f'{{"{it.ward.emulator.refresh_token}'}),
        "Variable",
        "does not contain a stored refresh token",
        "delete the Variable",
    ),
    "variable-of-another": Case(
        lambda it: it.ward.store(
            "1.other", seed="0" * 16, owner="other of other", replaced=(seed_of(it.ward.extra["refresh_token"]),)
        ),
        "Variable",
        "contains the refresh token of application other of other",
        "Give each connection its own 'credential_variable'",
    ),
    "token-died": Case(
        lambda it: it.ward.store(it.ward.emulator.refresh_token, timedelta(days=91)),
        "Variable",
        "expired unused on",
        RECONSENT,
    ),
    "token-will-die": Case(
        lambda it: it.ward.store(it.ward.emulator.refresh_token, timedelta(days=80)),
        "Variable",
        r"expires on .*, unless a task signs in",
        "keep_partnercenter_signed_in",
        "warning",
    ),
    "wrong-secret": Case(
        lambda it: it.ward.change(password="wrong-word"), "sign-in", "AADSTS7000215", "check the client secret"
    ),
    "no-token-file": Case(token_file(None), "sign-in", "does not exist on this machine", "AZURE_FEDERATED_TOKEN_FILE"),
    "empty-token-file": Case(token_file(""), "sign-in", "is empty", "has to write a token into it"),
    "untrusted-token-file": Case(
        token_file(None, iss="https://elsewhere.example"), "sign-in", "AADSTS700211", "federated identity credential"
    ),
    "no-azure": Case(
        no_azure, "sign-in", "the identity endpoint 127.0.0.1:1 cannot be reached", "have to run on Azure"
    ),
    "unknown-tenant": Case(
        lambda it: it.ward.change_extra(tenant_id="other.example"),
        "sign-in",
        "does not know the tenant 'other.example'",
        "'tenant_id', 'cloud' and 'authority'",
    ),
    "unknown-application": Case(
        lambda it: it.ward.change(login="33333333-3333-4333-8333-333333333333"), "sign-in", "AADSTS700016", "'login'"
    ),
    "revoked-token": Case(lambda it: it.ward.emulator.revoke_refresh_tokens(), "sign-in", "AADSTS50173", RECONSENT),
    "expired-token": Case(expired_grant, "sign-in", "AADSTS700082", RECONSENT),
    "no-such-token": Case(lambda it: it.ward.use("1.unknown-token"), "sign-in", "AADSTS70000", RECONSENT),
    "login-asks-for-mfa": Case(lambda it: it.faulty("login-mfa"), "sign-in", "AADSTS50076", RECONSENT),
    "login-throttled": Case(lambda it: it.faulty("login-throttled"), "sign-in", "HTTP 429", "Try again later"),
    "login-down": Case(lambda it: it.faulty("login-503"), "sign-in", "HTTP 503", "Try again later"),
    "login-a-page": Case(lambda it: it.faulty("login-html"), "sign-in", "HTTP 502", "Try again later"),
    "no-login-service": Case(
        lambda it: it.ward.change_extra(authority=f"{it.ward.emulator.url}/emulator"),
        "sign-in",
        "the answer did not come from the login service",
        "Check 'authority'",
    ),
    "throttled": Case(
        lambda it: it.faulty("throttled"), "budget", "HTTP 429", "lower 'requests_per_minute' in the connection"
    ),
    "too-large-a-budget": Case(
        lambda it: it.ward.change_extra(requests_per_minute=900),
        "budget",
        "'requests_per_minute' is 900, but Microsoft allows a partner 500",
        "must lower it",
        "warning",
    ),
    "api-down": Case(lambda it: it.faulty("error-503"), "API", "HTTP 503", "Try again later; if it happens again"),
    "api-a-page": Case(
        lambda it: it.faulty("html-200"),
        "API",
        r"the answer cannot be read: .*\(HTTP 200\)",
        "proxy or gateway may have answered instead of Partner Center",
    ),
    "redirect": Case(lambda it: it.faulty("redirect-302"), "API", "HTTP 302", "'host'"),
    "access-denied": Case(lambda it: it.faulty("access-denied"), "API", "HTTP 401", "App management"),
    "no-role": Case(refused(900308, "No privileges."), "API", "HTTP 403, code 900308", "Partner Center role"),
    "no-program": Case(refused(900149, "Not active."), "API", "code 900149", "CSP program status"),
    "no-agreement": Case(refused(900124, "Sign it."), "API", "code 900124", "accept the Microsoft Partner Agreement"),
    "wrong-audience": Case(wrong_audience, "audience", "code 900420", "'cloud' and 'host'"),
    "user-without-mfa": Case(lambda it: it.ward.use(REFRESH_TOKEN_WITHOUT_MFA), "MFA", "code 900421", RECONSENT),
    "mfa-not-enforced": Case(without_mfa, "MFA", "signed in without MFA, which Microsoft will refuse", RECONSENT),
    "codes-refused": Case(
        lambda it: it.api(at({"/v1/customers/all/": (403, {"code": 900308, "description": "No."})})),
        "GCC",
        "Reading the validation codes failed",
        "Partner Center role",
        "warning",
    ),
    "codes-used-up": Case(
        lambda it: it.api(at({"/v1/customers/all/": (200, [code(0), code(0)])})),
        "GCC",
        "None of the partner's validation codes has a use left",
        "ask Microsoft for a new code",
        "warning",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_named_with_its_remedy_and_nothing_else(ward: Ward, name: str) -> None:
    examine_with(ward, CASES[name])
