"""Checks of the sign-in, and of what the API lets it do. Each call is made once; its errors are those of the client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.auth.proofs.certificate import ClientCertificate
from airflow_provider_partnercenter.client.auth.proofs.managed_identity import ManagedIdentity
from airflow_provider_partnercenter.client.auth.proofs.secret import ClientSecret
from airflow_provider_partnercenter.client.auth.proofs.token_file import TokenFile
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAudienceError,
    PartnerCenterError,
    PartnerCenterLoginThrottledError,
    PartnerCenterMfaRequiredError,
    PartnerCenterPermissionError,
    PartnerCenterThrottledError,
)
from airflow_provider_partnercenter.commands.doctor.examination import Status, finding_of, ok, skipped, warning
from airflow_provider_partnercenter.hooks.sign_in import without_mfa

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_partnercenter.client.models import ValidationCode
    from airflow_provider_partnercenter.commands.doctor.examination import Finding
    from airflow_provider_partnercenter.commands.doctor.patient import Patient

# Requests a minute of a partner (page ``api-throttling-guidance``).
_PUBLISHED = 500
# Of the customer, which Partner Center does not show (page ``update-customer-qualification-asynchronous``).
_ROLES = "Directory Reader, Directory Writer, License Administrator or User Administrator"
# How an application proves who it is.
_PROOFS: dict[type, str] = {
    ClientSecret: "a client secret",
    ClientCertificate: "a certificate",
    TokenFile: "a token file",
    ManagedIdentity: "a managed identity",
}


@dataclass(frozen=True, slots=True)
class FirstCall:
    """
    What the first call of the API showed.

    :param app_only: whether there is no user.
    :param base_url: where the API is.
    :param requests_per_minute: the budget of the connection; 0 for none.
    :param compliant: whether Microsoft says that the user signed in with MFA; ``None`` if it does not say.
    :param error: its refusal.
    """

    app_only: bool
    base_url: str
    requests_per_minute: int
    compliant: bool | None = None
    error: PartnerCenterError | None = None

    @property
    def throttled(self) -> bool:
        """Whether the API has refused the call because of too many others."""
        return isinstance(self.error, PartnerCenterThrottledError) and not isinstance(
            self.error, PartnerCenterLoginThrottledError
        )


def look_at_sign_in(patient: Patient) -> str:
    """Sign in, and return how. The token of this sign-in is stored nowhere."""
    patient.client.tokens.get()
    credentials = patient.settings.credentials
    return f"Signed in as {credentials.mode}, with {_PROOFS[type(credentials.proof)]}, at {credentials.authority}."


def judge_sign_in(text: str) -> Iterator[Finding]:
    """Say how the sign-in went; whatever is wrong with it is an error."""
    yield ok(text)


def look_at_first_call(patient: Patient) -> FirstCall:
    """Ask for one customer, and whether the user has signed in with MFA."""
    settings, found = patient.settings, patient.first_call
    error = found if isinstance(found, PartnerCenterError) else None
    compliant = None if isinstance(found, PartnerCenterError) else found
    return FirstCall(settings.credentials.app_only, settings.base_url, settings.requests_per_minute, compliant, error)


def judge_budget(facts: FirstCall) -> Iterator[Finding]:
    """Judge whether there are requests left, and whether the budget is one."""
    if facts.throttled and facts.error:
        yield finding_of(facts.error)
    elif facts.requests_per_minute > _PUBLISHED:
        yield warning(
            f"'requests_per_minute' is {facts.requests_per_minute}, but Microsoft allows a partner {_PUBLISHED}.",
            "The owner of the connection must lower it, for all processes and applications of the partner together.",
        )
    elif facts.requests_per_minute:
        yield ok(
            f"The API takes requests. A process of Airflow sends {facts.requests_per_minute} a minute at most, of the "
            f"{_PUBLISHED} that Microsoft allows a partner."
        )
    else:
        yield ok("The API takes requests. The connection has no budget: only a refusal slows it down.")


def judge_api(facts: FirstCall) -> Iterator[Finding]:
    """Judge whether the API answers what it was asked."""
    if facts.error and not isinstance(facts.error, PartnerCenterAudienceError | PartnerCenterMfaRequiredError):
        yield finding_of(facts.error)
    else:
        yield ok(f"{facts.base_url} answers.")


def judge_audience(facts: FirstCall) -> Iterator[Finding]:
    """Judge whether the token is one for this API."""
    if isinstance(facts.error, PartnerCenterAudienceError):
        yield finding_of(facts.error)
    else:
        yield ok("The API accepts the token as one for it.")


def judge_mfa(facts: FirstCall) -> Iterator[Finding]:
    """Judge whether Microsoft knows that the user signed in with MFA."""
    if facts.app_only:
        yield skipped("An App-only connection has no user.")
    elif facts.error:
        yield finding_of(facts.error)
    elif facts.compliant is False:
        yield finding_of(without_mfa())
    elif facts.compliant is None:
        yield ok("Microsoft does not say whether the user signed in with MFA, and does not refuse the user.")
    else:
        yield ok("The user signed in with MFA.")


@dataclass(frozen=True, slots=True)
class Codes:
    """
    What can be seen of what the Government Community Cloud needs.

    :param app_only: whether there is no user, and so no request.
    :param codes: the partner's validation codes.
    :param error: why they cannot be read.
    """

    app_only: bool
    codes: Sequence[ValidationCode] = ()
    error: PartnerCenterPermissionError | None = None


def look_at_codes(patient: Patient) -> Codes:
    """Read the validation codes, if the connection could use them."""
    if patient.settings.credentials.app_only:
        return Codes(app_only=True)
    try:
        return Codes(False, patient.client.get_validation_codes())
    except PartnerCenterPermissionError as error:
        return Codes(False, error=error)


def judge_codes(facts: Codes) -> Iterator[Finding]:
    """Judge whether the Government Community Cloud can be requested, as far as that can be seen."""
    if facts.app_only:
        yield skipped("An App-only connection requests nothing.")
    elif facts.error:
        # Whoever qualifies for Education only needs no code.
        yield finding_of(facts.error, Status.WARNING)
    elif facts.codes and not any(code.remaining_creates != 0 for code in facts.codes):
        yield warning(
            "None of the partner's validation codes has a use left, so GovernmentCommunityCloud cannot be requested.",
            "A partner administrator must ask Microsoft for a new code.",
        )
    elif facts.codes:
        yield ok(
            f"The user may read the partner's {len(facts.codes)} validation codes. With each customer the user also "
            f"needs the role {_ROLES}, which Partner Center does not show."
        )
    else:
        yield ok("The partner has no validation codes, which only GovernmentCommunityCloud needs.")
