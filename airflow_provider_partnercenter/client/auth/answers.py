"""Read what the login service says when it refuses a sign-in: its error, its numbers, its words. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

from airflow_provider_partnercenter.client.protocol.texts import one_line
from airflow_provider_partnercenter.client.wire import Members

# Characters of a description that are read, many more than the login service writes.
_MAX_READ = 20_000
_MAX_NUMBERS = 20

_NUMBER = re.compile(r"AADSTS(\d{1,10})(?!\d)")
_CORRELATION_ID = re.compile(r"Correlation ID:\s*([\w-]+)", re.IGNORECASE)
# They follow the text on its line or on lines of their own, and would fill a message.
_IDS = re.compile(
    r"\b(?:(?:trace|correlation) id:\s*[\w-]+|timestamp:\s*\d[\d-]*(?:[ T]\d[\d:.]*)?Z?)\.?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    What the login service says.

    :param error: the OAuth ``error``.
    :param suberror: Microsoft's ``suberror``, which says more.
    :param numbers: all numbers of errors, those of ``error_codes`` before those of the text.
    :param description: the first line of the text, without the ids and the time that follow it.
    :param text: the whole text; not for messages, because it may contain secrets.
    :param claims: whether the answer asks for a sign-in with further claims, which Conditional Access requires.
    :param correlation_id: the id under which Microsoft finds the sign-in.
    """

    error: str | None = None
    suberror: str | None = None
    numbers: tuple[int, ...] = ()
    description: str | None = None
    text: str = ""
    claims: bool = False
    correlation_id: str | None = None


def read_refusal(answer: object) -> Refusal:
    """
    Read an answer of the login service.

    :param answer: the parsed answer, or MSAL's dictionary. If it is not an object, nothing is found.
    """
    members = Members(answer)
    words, codes = members.get("error_description"), members.get("error_codes")
    text = words[:_MAX_READ] if isinstance(words, str) else ""
    in_text = _CORRELATION_ID.search(text)
    return Refusal(
        error=one_line(members.text("error")),
        suberror=one_line(members.text("suberror")),
        numbers=_distinct([*(codes if isinstance(codes, list) else [codes]), *_NUMBER.findall(text)]),
        description=without_ids(text),
        text=text,
        claims=bool(members.get("claims")),
        correlation_id=one_line(members.text("correlation_id")) or (in_text and in_text[1]) or None,
    )


def without_ids(text: str | None) -> str | None:
    """Return the first line of a text of the login service without the trace id, the correlation id and the time."""
    return one_line(_IDS.sub("", text or "").strip().partition("\n")[0])


def _distinct(values: list[object]) -> tuple[int, ...]:
    """Return each number once, in the order given. Numbers may be written as strings."""
    digits = [str(value) for value in values[:_MAX_NUMBERS] if isinstance(value, int | str)]
    return tuple(dict.fromkeys(int(each) for each in digits if re.fullmatch(r"[1-9][0-9]{0,9}", each)))
