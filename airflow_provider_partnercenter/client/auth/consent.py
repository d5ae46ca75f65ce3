"""
The sign-in of a user in a browser, from which an App+User connection gets its refresh token.

This is the authorization code flow of a confidential client, with PKCE and ``state``, by MSAL (pages
``v2-oauth2-auth-code-flow`` and ``enable-secure-app-model``). The device code flow is no alternative: it is for public
clients only (page ``entra/msal/java/getting-started/device-code-flow``, section *Constraints*), and the Secure
Application Model takes a web application, which has a secret or a certificate.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.auth.application import errors_of_msal, make_application, name_of
from airflow_provider_partnercenter.client.auth.flaws import flaw_of
from airflow_provider_partnercenter.client.auth.login import HttpClient, error_from_token_answer, no_login_service
from airflow_provider_partnercenter.client.auth.redirect import check_state
from airflow_provider_partnercenter.client.errors import PartnerCenterRefreshTokenError
from airflow_provider_partnercenter.client.protocol.texts import one_line
from airflow_provider_partnercenter.client.wire import Members

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_partnercenter.client.auth.credentials import Credentials

REDIRECT_URI = "http://localhost"
"""
The redirect URI that the application needs, under the platform *Web*.

Entra ignores the port (page ``reply-url``), so that any free one will do. The portal accepts no other ``http`` address
for that platform: ``http://127.0.0.1``, which the page prefers, can only be written into the manifest.
"""


@dataclass(frozen=True, slots=True)
class Consented:
    """
    What a sign-in has brought.

    :param refresh_token: the refresh token of the user, which lives for 90 days.
    :param user: the user's name, as Microsoft writes it; ``None`` if it does not.
    :param mfa: whether the access token says that the user signed in with MFA; ``None`` if it says nothing.
    """

    refresh_token: str = field(repr=False)
    user: str | None
    mfa: bool | None


class Consent:
    """
    A sign-in that has begun: the user opens :attr:`address`, and :meth:`redeem` takes what the browser brings back.

    :param credentials: the application, and how it proves who it is. A refresh token in it does not matter.
    :param transport: sends the requests to the login service.
    :param redirect_uri: where the browser is sent afterwards; see :data:`REDIRECT_URI`.
    :param user: who is to sign in, for example ``agent@partner.example``; by default the person decides.
    :param on_secret: is called with every token, so that it can be masked in logs.
    :raises PartnerCenterError: if the login service cannot be reached or does not know the tenant.
    """

    def __init__(
        self,
        credentials: Credentials,
        transport: HttpClient,
        redirect_uri: str,
        *,
        user: str | None = None,
        on_secret: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._credentials, self._on_secret = credentials, on_secret
        with errors_of_msal(credentials):
            self._application = make_application(credentials, transport, on_secret)
            self._flow: dict[str, Any] = self._application.initiate_auth_code_flow(
                # Less than '.default', which would ask for all that the registration names.
                [f"{credentials.scope.removesuffix('/.default')}/user_impersonation"],
                redirect_uri=redirect_uri,
                login_hint=user,
                # Otherwise whoever is signed in to that browser would be taken, and without MFA if that was long ago.
                prompt="login",
            )

    @property
    def address(self) -> str:
        """Where the user signs in."""
        return str(self._flow["auth_uri"])

    @property
    def state(self) -> str:
        """What the login service returns, by which its answer is recognized."""
        return str(self._flow["state"])

    def redeem(self, answer: Mapping[str, str]) -> Consented:
        """
        Exchange what the browser has brought back for a refresh token.

        :param answer: the members of the login service's answer: ``code`` and ``state``, or ``error``.
        :raises PartnerCenterAuthenticationError: if the answer belongs to another sign-in, or if the user or the
            application was refused; a subclass says what to do.
        :raises PartnerCenterError: if the login service does not answer.
        """
        check_state(answer, self.state)
        if code := answer.get("code"):
            self._on_secret(code)
        with errors_of_msal(self._credentials):
            tokens = dict(self._application.acquire_token_by_auth_code_flow(dict(self._flow), dict(answer)))
        for name in ("access_token", "refresh_token", "id_token"):
            if token := tokens.get(name):
                self._on_secret(str(token))
        if not tokens.get("access_token"):
            raise error_from_token_answer(tokens, "App+User")
        refresh_token = tokens.get("refresh_token")
        if not refresh_token:
            raise PartnerCenterRefreshTokenError(
                "Microsoft has returned no refresh token",
                hint="an Entra administrator of the partner must let users consent to 'offline_access' for the "
                "application, or grant admin consent",
            )
        if not isinstance(refresh_token, str) or flaw_of(refresh_token):
            raise no_login_service(name_of(self._credentials))
        user = one_line(Members(tokens.get("id_token_claims")).text("preferred_username"))
        return Consented(refresh_token, user, says_mfa(str(tokens["access_token"])))


def says_mfa(access_token: str) -> bool | None:
    """
    Return whether an access token says that the user signed in with MFA, or ``None`` if it says nothing.

    Partner Center looks at the claim ``amr`` (page ``partner-security-requirements-mandating-mfa``). The content of an
    access token is the API's own business, so this is only asked if the API does not say.
    """
    try:
        body = access_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError, RecursionError):
        return None
    methods = Members(claims).get("amr")
    return "mfa" in methods if isinstance(methods, list) else None
