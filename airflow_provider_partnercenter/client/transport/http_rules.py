"""
Limits and readings of an answer that both transports share. No I/O.

The HTTP libraries have limits of their own. So the same answer could be permanent for a worker and an outage for a
triggerer. The limits here are a little lower than those of the libraries, which cannot all be raised and which count
differently.
"""

from __future__ import annotations

import re
from http.client import HTTPException
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: How many headers an answer may have. The standard library refuses a hundred, and cannot be told otherwise.
MAX_HEADERS = 99
#: How many bytes the reason, or the name and the value of a header, may have.
MAX_LINE = 65_000
#: What aiohttp reads before these limits are checked. Its defaults are lower.
LONGEST_LINE = 2 * 65_536
#: The one encoding that both transports can decode without further packages.
ACCEPT_ENCODING = "gzip"

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_LENGTH = re.compile(r"\d{1,19}", re.ASCII)

Field = tuple[bytes, bytes]


class UnreadableAnswerError(HTTPException):
    """The answer is not valid HTTP/1.1 or beyond a limit. The text says why, without any part of the answer."""


def check_head(status: int, reason: bytes, fields: Sequence[Field]) -> None:
    """
    Check the status line and the headers that either library has read.

    :raises UnreadableAnswerError: if they are not valid, or if a limit is exceeded.
    """
    if status < 100:
        raise no_status()
    if status < 200:
        raise UnreadableAnswerError("it switches to another protocol")
    _check_length("the status line", len(reason))
    if len(fields) > MAX_HEADERS:
        raise UnreadableAnswerError(f"it has more than {MAX_HEADERS} headers")
    for name, value in fields:
        _check_length("a header", len(name) + len(value))


def check_framing(fields: Iterable[tuple[str, str]], *, valid: bool) -> None:
    """
    Refuse headers that aiohttp refuses, because they leave open where the answer ends.

    :param valid: whether all lines were headers.
    :raises UnreadableAnswerError: if they are not valid or contradict each other.
    """
    known = [(name.lower(), value.strip()) for name, value in fields]
    lengths = [value for name, value in known if name == "content-length"]
    if not valid or not all(_NAME.fullmatch(name) for name, _ in known):
        raise UnreadableAnswerError("a header is not valid")
    if lengths and any(name == "transfer-encoding" for name, _ in known):
        raise UnreadableAnswerError("it has both Content-Length and Transfer-Encoding")
    if lengths and (len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0])):
        raise UnreadableAnswerError("its Content-Length is not valid")


def no_status() -> UnreadableAnswerError:
    """Return the error for an answer without a status of HTTP/1."""
    return UnreadableAnswerError("it does not begin with a valid status line")


def first_of_each(fields: Iterable[Field]) -> dict[str, str]:
    """Return the headers by name. Of several with the same name, in any letter case, the first one counts."""
    found: dict[str, tuple[str, str]] = {}
    for name, value in fields:
        found.setdefault(name.decode("latin-1").lower(), (name.decode("latin-1"), text(value)))
    return dict(found.values())


def text(value: bytes) -> str:
    """Return a reason or the value of a header. HTTP knows no encoding for them; most that are not ASCII are UTF-8."""
    return " ".join(value.decode("utf-8", "replace").split())


def _check_length(what: str, length: int) -> None:
    if length > MAX_LINE:
        raise UnreadableAnswerError(f"{what} has more than {MAX_LINE} bytes")
