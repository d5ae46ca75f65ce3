"""
Read the body of an error in any of the shapes that Microsoft's services and the gateways in front of them use.

Every shape is read by the same walk through the document: it collects the codes and the words under their usual names,
wherever they are. Sources: the pages ``error-codes`` and ``api-throttling-guidance``, and bodies quoted in public
issues.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_provider_partnercenter.client.protocol.texts import completed, elements, is_page, one_line
from airflow_provider_partnercenter.client.wire import Members, key_of, loads

# Documents are read this deep, and this many of their values. Errors are small.
_MAX_DEPTH = 8
_MAX_VALUES = 200
# Bytes of a body that is not JSON.
_MAX_BODY = 256 * 1024

HTML_PAGE = "an HTML page"

_CODES = ("code", "errorCode", "faultcode")
_WORDS = (
    "description",
    "error_description",
    "message",
    "errorMessage",
    "exceptionMessage",
    "title",
    "detail",
    "faultstring",
    "reason",
    "value",
)
_STATUSES = ("statusCode", "httpStatusCode", "status")
_CODE_KEYS, _WORD_KEYS = [[*map(key_of, names)] for names in (_CODES, _WORDS)]
_NO_WORDS = frozenset(map(key_of, (*_CODES, *_STATUSES, "error_codes", "isRetryable")))
# In these members every string is part of what the service says, not only the members with a known name.
_FREE = frozenset(map(key_of, ("error", "errors", "data", "details", "modelState", "messages")))
# They would fill the message without saying what is wrong.
_NOISE = frozenset(map(key_of, ("stackTrace", "links", "attributes", "headers", "parameters", "source", "type")))
_SECRET_NAMES = frozenset(
    map(
        key_of,
        ("access_token", "authorization", "client_assertion", "client_secret", "id_token", "password", "refresh_token")
        + ("secret", "token"),
    )
)


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """
    The contents of an error body.

    :param code: the error code as a string; the first one if there are several.
    :param description: what Microsoft says, on one line, without secrets and cut to a readable length.
    :param retryable: whether the service says that the call can be repeated; ``None`` if it does not say.
    :param status: the HTTP status that the body gives, which may differ from that of the answer; ``None`` without one.
    :param codes: all error codes, from the outermost to the innermost.
    """

    code: str | None = None
    description: str | None = None
    retryable: bool | None = None
    status: int | None = None
    codes: tuple[str, ...] = field(default=(), compare=False)


def read_error_body(body: bytes, reason: str = "") -> ErrorBody:
    """
    Read an error body: JSON in any shape, XML, HTML, plain text, or nothing.

    :param body: the raw body.
    :param reason: the HTTP reason phrase, which is all that some 401 answers carry.
    """
    try:
        document = loads(body)
    except ValueError:
        document = body[:_MAX_BODY].decode("utf-8-sig", errors="replace")
    found = read_error(document)
    return found if found.description or found.code else replace(found, description=one_line(reason))


def read_error(document: object) -> ErrorBody:
    """
    Read the document of an error, as :func:`.wire.loads` returns it, or a text that is not JSON.

    :return: what was found; an empty :class:`ErrorBody` if the document says nothing.
    """
    walk = _Walk()
    walk.read(document, free=isinstance(document, str | list))
    if not walk.words:
        # No name is known, so everything counts.
        walk = _Walk()
        walk.read(document, free=True)
    codes = tuple(dict.fromkeys(filter(None, map(one_line, walk.codes))))
    *words, last = [*_distinct(walk.words)] or [""]
    description = one_line(". ".join([*(text.rstrip(". ") for text in words), last]))
    return ErrorBody(codes[0] if codes else None, description, walk.retryable, walk.status, codes)


def is_error(document: object) -> bool:
    """
    Return whether the document of a 2xx answer is an error nevertheless.

    Such a document has a member ``error``, or both a code other than zero and words.
    """
    if not isinstance(document, Mapping):
        return False
    members = Members(document)
    if any(members.get(name) for name in ("error", "odata.error", "fault")):
        return True
    return members.text(*_CODES) not in (None, "", "0", "200", "OK", "Success") and bool(members.text(*_WORDS))


def says_why(document: object, body: bytes) -> bool:
    """
    Return whether a 2xx answer that cannot be read as a result says why, as an error does.

    :param document: the parsed body; ``None`` if it is not JSON.
    :param body: the raw body, which may be XML.
    """
    if isinstance(document, Mapping):
        return bool(Members(document).text(*_CODES, *_WORDS))
    if document is None:
        text = body.decode("utf-8-sig", errors="replace").lstrip()
        names = {name for name, _ in elements(text)} if text[:1] == "<" and not is_page(text) else set()
        return not names.isdisjoint((*_CODE_KEYS, *_WORD_KEYS))
    # A sentence, such as "Customer tagging denied.", is no name.
    return isinstance(document, str) and " " in document.strip()


@dataclass(slots=True)
class _Walk:
    """Walks through a document and collects what it says."""

    codes: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    retryable: bool | None = None
    status: int | None = None
    left: int = _MAX_VALUES

    def read(self, value: object, *, free: bool, depth: int = 0, name: str = "") -> None:
        """
        Read a value and what is in it.

        :param free: whether strings without a known name count.
        :param name: the name of a string, if it says where the error is.
        """
        self.left -= 1
        if depth > _MAX_DEPTH or self.left < 0:
            return
        if isinstance(value, Mapping):
            self._object(value, free=free, depth=depth)
        elif isinstance(value, list):
            for item in value:
                self.read(item, free=free, depth=depth + 1, name=name)
        elif isinstance(value, str) and free:
            self._text(value, depth, name)

    def _object(self, value: Mapping[Any, Any], *, free: bool, depth: int) -> None:
        members = Members(value)
        self._code(members)
        if self.status is None:
            self.status = next((s for s in map(members.integer, _STATUSES) if s is not None and 400 <= s < 600), None)
        if self.retryable is None:
            self.retryable = members.boolean("isRetryable")
        known = [key for key in _WORD_KEYS if key in members]
        for key in known:
            self.read(members[key], free=True, depth=depth + 1)
        if not known and (text := members.text("error")):
            self._text(text, depth)
        for key, inner in value.items():
            plain = key_of(str(key))
            if plain in _NOISE or plain in known or (plain == "error" and isinstance(inner, str)):
                continue
            if plain in _SECRET_NAMES:
                continue
            if isinstance(inner, Mapping | list):
                # The members of a ModelState are named after the wrong arguments.
                self.read(inner, free=free or plain in _FREE, depth=depth + 1, name=str(key) if free else "")
            elif free and not known and isinstance(inner, str) and plain not in _NO_WORDS:
                self.read(inner, free=True, depth=depth + 1, name=str(key))

    def _code(self, members: Members) -> None:
        code = members.text(*_CODES)
        text = members.text("error")
        # The "error" of OAuth is a code. A sentence is none.
        if code is None and text and " " not in text.strip() and text.strip()[:1] not in ("{", "[", "<", '"'):
            code = text
        if code:
            self.codes.append(code)

    def _text(self, text: str, depth: int, name: str = "") -> None:
        text = text.strip().lstrip("\ufeff").strip()
        if text[:1] != "<":
            text = html.unescape(text).strip()
        if text[:1] in ("{", "[", '"') and self._json(text, depth, name):
            return
        if text[:1] == "<":
            self._markup(text)
        elif text:
            self.words.append(f"{name}: {text}" if name and name not in text else text)

    def _json(self, text: str, depth: int, name: str) -> bool:
        """Read JSON that was written into a string, or whose end is missing. Return whether it says anything."""
        before = len(self.words)
        for whole in (text, completed(text)):
            try:
                inner = loads(whole.encode(errors="surrogatepass"))
            except ValueError:
                continue
            self.read(inner, free=True, depth=depth + 1, name=name)
            break
        return len(self.words) > before

    def _markup(self, text: str) -> None:
        """Read XML, whose elements have the names of the JSON members, or the titles of an HTML page."""
        found = [(name, words) for name, words in elements(text) if words]
        if is_page(text):
            titles = [words for name, words in found if name in ("title", "h1", "h2")]
            self.words.append(": ".join([HTML_PAGE, *_distinct(titles)[:2]]))
            return
        self.codes += [words for name, words in found if name in _CODE_KEYS]
        known = [words for name, words in found if name in _WORD_KEYS]
        rest = [words for name, words in found if name not in _NO_WORDS and name not in _SECRET_NAMES]
        self.words += known or rest or ["an XML document"]


def _distinct(texts: list[str]) -> list[str]:
    """Leave out texts that are part of another one."""
    kept: list[str] = []
    for text in dict.fromkeys(texts[:_MAX_VALUES]):
        core = text.rstrip(". ")
        if not any(core in other for other in kept):
            kept = [other for other in kept if other.rstrip(". ") not in text] + [text]
    return kept
