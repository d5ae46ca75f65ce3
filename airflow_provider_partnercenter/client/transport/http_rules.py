"""
Decide what an answer of HTTP/1.1 is, in the same way for both transports. No I/O.

The parser of ``aiohttp`` is stricter than the one of the standard library, and both have limits of their own. So the
same answer could be permanent for a worker and an outage for a triggerer. The synchronous transport reads answers by
these rules, which refuse what ``aiohttp`` refuses; the asynchronous one checks what ``aiohttp`` lets pass.
"""

from __future__ import annotations

import re
from http.client import HTTPException
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: How many headers an answer may have. The default of the standard library; that of aiohttp is 128, or none before
#: 3.13.4.
MAX_HEADERS = 100
#: How many bytes the reason, or the name and the value of a header, may have. The default of the standard library.
MAX_LINE = 65536
#: What is read at all, before these limits are checked. The libraries count differently close to theirs.
LONGEST_LINE = 2 * MAX_LINE
MOST_LINES = 128
#: The longest header of a proxy that opens a tunnel. Here aiohttp has no setting.
LONGEST_LINE_OF_PROXY = 8190
#: The one encoding that both transports can decode without further packages.
ACCEPT_ENCODING = "gzip"

Field = tuple[bytes, bytes]

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_NAME = re.compile(_TOKEN)
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9]\d\d)(?: ([^\r]*))?")
_FIELD = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([^\r\0]*)", re.DOTALL)
_FOLDED = re.compile(rb"[ \t][^\r\0]*")
_LENGTH = re.compile(rb"\d+")
_VALUE = rb"(?:" + _TOKEN + rb'|"(?:[\t -!#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*")?'
_EXTENSION = rb";(?:%b(?:=%b)?|=%b)" % (_TOKEN, _VALUE, _VALUE)
_CHUNK = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:%b)*\r\n" % _EXTENSION)
# Both are unsigned numbers of 64 bits for aiohttp.
_TOO_LARGE = 2**64


class UnreadableAnswerError(HTTPException):
    """The answer is not valid HTTP/1.1 or beyond a limit. The text says why, without any part of the answer."""


def read_status(line: bytes) -> tuple[int, int, bytes]:
    """
    Read a status line.

    :return: the minor version of HTTP/1, the status and the reason.
    :raises UnreadableAnswerError: if it is none.
    """
    match = _STATUS.fullmatch(_without_end(line))
    if not match:
        raise no_status()
    return int(match[1]), int(match[2]), match[3] or b""


def read_fields(lines: Iterable[bytes], *, before: int = 0, longest: int = LONGEST_LINE) -> list[Field]:
    """
    Read headers or trailers.

    :param lines: the lines up to the empty one. Not all are consumed if there are too many.
    :param before: how many headers came before, for trailers.
    :param longest: how many bytes a name and its value may have.
    :raises UnreadableAnswerError: if a line is no header, or if a limit is exceeded.
    """
    fields: list[Field] = []
    for line in lines:
        content = _without_end(line)
        if fields and (match := _FOLDED.fullmatch(content)):
            name, value = fields.pop()
            value += match[0]
        # aiohttp passes over blanks before the first header, which continue nothing.
        elif match := _FIELD.fullmatch(content if fields else content.lstrip(b" \t")):
            name, value = match.groups()
        else:
            raise _no_header()
        fields.append((name, value))
        _check_length("a header", len(name) + len(value), longest)
        _check_number(before + len(fields), MOST_LINES)
    return [(name, value.strip(b" \t")) for name, value in fields]


def check_head(status: int, reason: bytes, fields: Sequence[Field]) -> None:
    """
    Check an answer that either library has read, and that is not an interim one.

    :raises UnreadableAnswerError: if it is not valid, or if a limit is exceeded.
    """
    if status < 100:
        raise no_status()
    if status < 200:
        raise UnreadableAnswerError("it switches to another protocol")
    _check_length("the status line", len(reason), MAX_LINE)
    _check_number(len(fields), MAX_HEADERS)
    for name, value in fields:
        _check_length("a header", len(name) + len(value), MAX_LINE)
        # aiohttp accepts "Content-Length : 2".
        if not _NAME.fullmatch(name):
            raise _no_header()


def no_status() -> UnreadableAnswerError:
    """Return the error for an answer without a status of HTTP/1."""
    return UnreadableAnswerError("it does not begin with a valid status line")


def _no_header() -> UnreadableAnswerError:
    return UnreadableAnswerError("a header is not valid")


def _check_number(fields: int, most: int) -> None:
    if fields > most:
        raise UnreadableAnswerError(f"it has more than {most} headers")


def _check_length(what: str, length: int, longest: int) -> None:
    if length > longest:
        raise UnreadableAnswerError(f"{what} has more than {longest} bytes")


def first_of_each(fields: Iterable[Field]) -> dict[str, str]:
    """Return the headers by name. Of several with the same name, in any letter case, the first one counts."""
    found: dict[str, tuple[str, str]] = {}
    for name, value in fields:
        found.setdefault(name.decode("latin-1").lower(), (name.decode("latin-1"), text(value)))
    return dict(found.values())


def body_length(status: int, fields: Sequence[Field]) -> tuple[bool, int | None]:
    """
    Return how the end of the body is found: whether it comes in chunks, and its length if it is known.

    Without chunks and length, the body ends with the connection.

    :raises UnreadableAnswerError: if the headers contradict each other or the length is no number.
    """
    lengths = _values(fields, b"content-length")
    codings = [value for value in _values(fields, b"transfer-encoding") if value]
    if len(lengths) > 1:
        raise UnreadableAnswerError("it has several Content-Length headers")
    if lengths and codings:
        raise UnreadableAnswerError("it has both Content-Length and Transfer-Encoding")
    if lengths and not (_LENGTH.fullmatch(lengths[0]) and len(lengths[0]) < 100 and int(lengths[0]) < _TOO_LARGE):
        raise UnreadableAnswerError("its Content-Length is not valid")
    if status < 200 or status in (204, 304):
        return False, 0
    if codings and codings[-1].rpartition(b",")[2].strip(b" \t").lower() == b"chunked":
        return True, None
    return False, int(lengths[0]) if lengths else None


def chunk_length(line: bytes) -> int:
    """
    Read the line before a chunk.

    :raises UnreadableAnswerError: if it does not begin with a length, or has an extension that is not valid.
    """
    match = _CHUNK.fullmatch(line)
    if not match or len(match[1].lstrip(b"0")) > 16:
        raise UnreadableAnswerError("the length of a chunk is not valid")
    return int(match[1], 16)


def closes(version: int, fields: Sequence[Field]) -> bool:
    """
    Return whether the peer closes the connection after an answer.

    :param version: the minor version of HTTP/1.
    """
    wishes = {wish.strip(b" \t").lower() for value in _values(fields, b"connection") for wish in value.split(b",")}
    return b"close" in wishes or (version == 0 and b"keep-alive" not in wishes)


def check_excess(data: bytes, *, closing: bool) -> None:
    """
    Check what came together with a complete answer, but after its end.

    :param closing: whether this was the last answer of the connection.
    :raises UnreadableAnswerError: if it cannot be the beginning of a further answer.
    """
    more = data.lstrip(b"\r\n")
    if more and (closing or not (more.startswith(b"HTTP/") or b"HTTP/".startswith(more))):
        raise UnreadableAnswerError("more came than it announced")


def text(value: bytes) -> str:
    """Return a reason or the value of a header. HTTP knows no encoding for them; most that are not ASCII are UTF-8."""
    return value.decode("utf-8", "replace").strip()


def _without_end(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")


def _values(fields: Sequence[Field], name: bytes) -> list[bytes]:
    return [value for key, value in fields if key.lower() == name]
