"""Authorization codes: what a user has agreed to, until the application takes it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.emulator.scenario.login_refusals import refusal

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.login.users import User
    from airflow_provider_partnercenter.emulator.partner.clock import Clock

CODE_AGE = timedelta(minutes=10)
METHODS = ("S256", "plain")
_SIZES = range(43, 129)


@dataclass(frozen=True, slots=True)
class Challenge:
    """
    The challenge of PKCE (RFC 7636).

    :param text: the challenge.
    :param method: ``S256`` or ``plain``.
    """

    text: str
    method: str

    @classmethod
    def read(cls, text: str, method: str) -> Challenge | None:
        """
        Read the parameters ``code_challenge`` and ``code_challenge_method``; ``None`` if there is no challenge.

        :raises LoginRefusedError: if they are invalid.
        """
        if not text:
            return None
        if len(text) not in _SIZES:
            raise refusal(501491)
        method = method or "plain"
        if method not in METHODS:
            raise refusal(90014, "code_challenge_method")
        return cls(text, method)

    def is_met_by(self, verifier: str) -> bool:
        """Return whether a ``code_verifier`` belongs to this challenge."""
        raw = verifier.encode()
        if self.method == "S256":
            raw = base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=")
        return hmac.compare_digest(raw, self.text.encode())


@dataclass(frozen=True, slots=True)
class Grant:
    """
    What an authorization code stands for.

    :param user: who signed in.
    :param redirect_uri: where the code was sent.
    :param scope: the scopes that the user agreed to.
    :param nonce: the nonce for the ``id_token``; empty if there was none.
    :param challenge: the challenge of PKCE; ``None`` if there was none.
    :param at: when the user signed in.
    """

    user: User
    redirect_uri: str
    scope: str
    nonce: str
    challenge: Challenge | None
    at: datetime


class AuthorizationCodes:
    """
    The codes that are issued. Each can be redeemed once, within :data:`CODE_AGE`.

    :param clock: the emulator's clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Forget all codes."""
        self._grants: dict[str, Grant] = {}
        self._redeemed: set[str] = set()

    def issue(self, grant: Grant) -> str:
        """Return a new code."""
        code = f"1.{secrets.token_urlsafe(64)}"
        self._grants[code] = grant
        return code

    def redeem(self, code: str, redirect_uri: str, verifier: str) -> Grant:
        """
        Return what a code stands for.

        :param verifier: the ``code_verifier`` of PKCE; empty if there is none.
        :raises LoginRefusedError: if it cannot be redeemed.
        """
        if (grant := self._grants.get(code)) is None:
            raise refusal(70000, "code")
        if code in self._redeemed:
            raise refusal(54005)
        if self._clock.now() >= grant.at + CODE_AGE:
            raise refusal(70008)
        if redirect_uri != grant.redirect_uri:
            raise refusal(500112, redirect_uri)
        if grant.challenge and not grant.challenge.is_met_by(verifier):
            raise refusal(501481)
        self._redeemed.add(code)
        return grant
