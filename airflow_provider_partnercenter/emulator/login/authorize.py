"""The sign-in of a user in a browser: where the browser is sent next, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_partnercenter.emulator.login import scopes
from airflow_provider_partnercenter.emulator.login.discovery import RESPONSE_MODES, RESPONSE_TYPES
from airflow_provider_partnercenter.emulator.login.grants import Challenge
from airflow_provider_partnercenter.emulator.scenario.login_refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_partnercenter.emulator.errors import LoginRefusedError
    from airflow_provider_partnercenter.emulator.login.request import LoginRequest

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Return:
    """
    Where the browser goes after the sign-in.

    :param uri: the redirect URI.
    :param mode: one of :data:`.RESPONSE_MODES`.
    :param members: what the application gets.
    """

    uri: str
    mode: str
    members: dict[str, str]


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """
    What an application asks of a user.

    :param kinds: what it wants to get: ``code``, and perhaps ``id_token``.
    :param asked: the API and the scopes.
    :param nonce: the nonce for the ``id_token``; empty if there is none.
    :param challenge: the challenge of PKCE; ``None`` if there is none.
    """

    kinds: frozenset[str]
    asked: scopes.Asked
    nonce: str
    challenge: Challenge | None


def redirect_uri_of(request: LoginRequest, registered: Sequence[str]) -> str:
    """
    Return where the browser has to go, which is checked first: nothing is sent to an address that is not registered.

    :param registered: the redirect URIs of the application; if there are none, all addresses of this machine.
    :raises LoginRefusedError: if there is no address, or another one.
    """
    if not (uri := request.get("redirect_uri")):
        raise refusal(900971)
    if not _is_registered(uri, registered):
        raise refusal(50011, uri)
    return uri


def _is_registered(uri: str, registered: Sequence[str]) -> bool:
    try:
        asked = urlsplit(uri)
        local = asked.scheme in ("http", "https") and asked.hostname in LOCAL_HOSTS and asked.port != 0
    except ValueError:
        return False
    if not registered:
        return local
    if not local:
        return uri in registered
    # The port of an address of this machine does not matter (page "reply-url").
    known = (urlsplit(each) for each in registered)
    return any((asked.scheme, asked.hostname, asked.path) == (each.scheme, each.hostname, each.path) for each in known)


def mode_of(request: LoginRequest) -> str:
    """Return how the answer is sent. An ``id_token`` may not stand in a query."""
    hybrid = "id_token" in request.get("response_type").split()
    mode = request.get("response_mode")
    if mode not in RESPONSE_MODES or (hybrid and mode == "query"):
        return "fragment" if hybrid else "query"
    return mode


def read_sign_in(request: LoginRequest) -> SignInRequest:
    """
    Read what an application asks of a user.

    :raises LoginRefusedError: if it is incomplete or invalid.
    """
    kind = " ".join(sorted(request.required("response_type").split()))
    if kind not in RESPONSE_TYPES:
        raise refusal(700051, kind)
    mode = request.get("response_mode")
    if mode and mode not in RESPONSE_MODES:
        raise refusal(90014, "response_mode")
    kinds = frozenset(kind.split())
    nonce = request.required("nonce") if "id_token" in kinds else request.get("nonce")
    if request.v1:
        # The samples of the Secure Application Model name the resource only to the token endpoint.
        asked = scopes.for_resource(request.get("resource") or scopes.AUDIENCES[0], request.get("scope"))
    else:
        asked = scopes.for_user(request.required("scope"))
    challenge = Challenge.read(request.get("code_challenge"), request.get("code_challenge_method"))
    return SignInRequest(kinds, asked, nonce, challenge)


def refused(error: LoginRefusedError, described: str) -> dict[str, str]:
    """
    Return what the application gets if the sign-in is refused.

    :param described: the description, with the ids.
    """
    members = {"error": error.error, "error_description": described}
    if error.suberror == "cancel":
        members["error_subcode"] = error.suberror
    return members
