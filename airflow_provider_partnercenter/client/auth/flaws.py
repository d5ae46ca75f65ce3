"""
Recognize texts that cannot be a credential. No I/O.

Application ids, tenants, client secrets and refresh tokens of Entra consist of printable ASCII characters without
blanks and quotation marks. A text that differs was damaged on its way, or something else stands in its place. Sent to
the login service, it would only be called wrong; as a refresh token, it would look like a new consent and displace the
stored token that works.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple


class Flaw(NamedTuple):
    """
    Why a text cannot be a credential.

    :param problem: the end of a sentence that begins with the name of the field. It does not contain the text.
    :param hint: what to do.
    """

    problem: str
    hint: str


_COPY = "copy the value again, as plain text"
_IN_PLACE = (
    (
        re.compile(r"\*{3}|^[*•●∙·]+$"),
        Flaw(
            "contains asterisks, which Airflow shows in place of a secret",
            "give the value itself; Airflow's API does not return it, so that a copied connection has only asterisks",
        ),
    ),
    (
        re.compile(r"^(<.*>|\[.*\]|\{.*\}|%\w+%|\$\w+)$|\{\{|\}\}|\$\{|\$\(|\{%", re.DOTALL),
        Flaw(
            "contains a placeholder",
            "give the value itself; neither templates nor environment variables are filled into a connection",
        ),
    ),
    (
        re.compile(r"^(none|null|undefined)$", re.IGNORECASE),
        Flaw("contains the word for a missing value", "give the value, or leave the field empty"),
    ),
)
_DAMAGED = (
    (
        re.compile(r"^[\"'`“”„‘’‚«»]|[\"'`“”„‘’‚«»]$"),
        Flaw("begins or ends with a quotation mark", "give the value without quotation marks"),
    ),
    (re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]|\\[rn]"), Flaw("contains a line break", _COPY)),
    (
        re.compile(r"[ \t\x1f]|\\t"),
        Flaw("contains a blank", f"{_COPY}; in the URI of a connection, '+' must be written as %2B"),
    ),
)
# Unicode counts these as letters or symbols, although nothing is shown.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def flaw_of(text: str) -> Flaw | None:
    """
    Return why a text cannot be a credential, or ``None`` if it can be one.

    :param text: an application id, a tenant, a client secret or a refresh token, without surrounding whitespace.
    """
    return _first(text, _IN_PLACE + _DAMAGED) or _not_ascii(text)


def flaw_of_pem(text: str) -> Flaw | None:
    """Return why something else stands in the place of a PEM text, whose line breaks and blanks do not matter."""
    return None if "-----BEGIN" in text else _first(text, _IN_PLACE)


def _first(text: str, table: tuple[tuple[re.Pattern[str], Flaw], ...]) -> Flaw | None:
    return next((flaw for pattern, flaw in table if pattern.search(text)), None)


def _not_ascii(text: str) -> Flaw | None:
    found = next(((place, character) for place, character in enumerate(text, 1) if not character.isascii()), None)
    if found is None:
        return None
    place, character = found
    invisible = unicodedata.category(character) in ("Cf", "Mn", "Zs") or character in _BLANK
    what = f"the invisible character U+{ord(character):04X}" if invisible else "a character that is not ASCII"
    return Flaw(f"contains {what} at position {place}", _COPY)
