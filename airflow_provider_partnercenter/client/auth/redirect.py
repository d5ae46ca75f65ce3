"""Read what a browser brings back when a user has signed in. No I/O."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from airflow_provider_partnercenter.client.errors import PartnerCenterAuthenticationError

if TYPE_CHECKING:
    from collections.abc import Mapping

# A member without which the query is not an answer of the login service.
_OUTCOMES = ("code", "error")
_QUERY = re.compile(r"\w+=")

_AGAIN = "start the sign-in again"
_NO_ANSWER = (
    "copy the whole address from the browser after the sign-in; it begins with http://localhost and contains 'code=', "
    "or 'error=' if Microsoft has refused the sign-in"
)


class Reply(NamedTuple):
    """
    What a request to this machine is answered.

    :param status: the HTTP status.
    :param page: the page, as HTML.
    :param answer: the members of the login service's answer, if the request brings the one that is waited for.
    """

    status: int
    page: str
    answer: dict[str, str] | None = None


def read_address(text: str) -> dict[str, str]:
    """
    Read the address to which the login service has sent the browser.

    :param text: the address, or only its query, as a person has copied it.
    :return: the members of the login service's answer, for example ``code`` and ``state``.
    :raises PartnerCenterAuthenticationError: if it is something else. The message does not contain the text, because a
        code is a secret until it is redeemed.
    """
    text = text.strip().strip("\"'<>").strip()
    try:
        parts = urlsplit(text)
        query = text if _QUERY.match(text) else parts.query or parts.fragment
        pairs = parse_qsl(query, keep_blank_values=True)
    except ValueError:
        pairs = []
    members = dict(pairs)
    if not any(members.get(name) for name in _OUTCOMES):
        raise _refuse("That is not the address to which Microsoft has sent the browser", _NO_ANSWER)
    if len(members) < len(pairs):
        raise _refuse("The address contains a member twice, so it does not come from Microsoft alone", _AGAIN)
    return members


def check_state(answer: Mapping[str, str], state: str) -> None:
    """
    Check that an answer belongs to the sign-in that was begun here, and not to one that somebody else began.

    :param state: what the login service was asked to return.
    :raises PartnerCenterAuthenticationError: if it does not.
    """
    if not is_of(answer, state):
        raise _refuse(
            "The address belongs to another sign-in, or was not copied to its end ('state' differs)",
            f"{_AGAIN}, and use the address that this one prints",
        )


def is_of(answer: Mapping[str, str], state: str) -> bool:
    """Return whether an answer belongs to the sign-in with this ``state``."""
    return hmac.compare_digest(answer.get("state", "").encode(errors="replace"), state.encode())


def reply_to(target: str, state: str) -> Reply:
    """
    Decide what a request to this machine is answered. Nothing of the request is repeated on the page.

    :param target: the path and the query of the request.
    :param state: what the login service was asked to return.
    """
    try:
        path, answer = urlsplit(target).path, read_address(target)
    except (PartnerCenterAuthenticationError, ValueError):
        return Reply(404, _page("Nothing is here", "This address only waits for a sign-in to Microsoft."))
    if path != "/":
        return Reply(404, _page("Nothing is here", "This address only waits for a sign-in to Microsoft."))
    if not is_of(answer, state):
        text = "This page belongs to another sign-in. Use the address that the command has printed last."
        return Reply(400, _page("Not this sign-in", text))
    if answer.get("error"):
        text = "Microsoft has refused the sign-in. The command says why. You can close this page."
        return Reply(200, _page("Not signed in", text), answer)
    text = "The command goes on, and says whether all is well. You can close this page."
    return Reply(200, _page("Signed in", text), answer)


TAKEN = Reply(
    409,
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Over</title><p>This sign-in is over. You can close '
    "this page.</p></html>",
)
"""What every further request is answered."""


def _page(title: str, text: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p>{text}</p></html>"
    )


def _refuse(problem: str, hint: str) -> PartnerCenterAuthenticationError:
    return PartnerCenterAuthenticationError(problem, hint=hint)
