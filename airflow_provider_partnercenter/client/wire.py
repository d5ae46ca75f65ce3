"""
Reading what Partner Center sends: one place that knows how loosely the service keeps to its own formats.

Members come in camelCase or PascalCase, enum texts with and without separators, dates in half a dozen notations and
bodies with a byte-order mark. Everything here is tolerant on purpose and never guesses: an unreadable value stays a
string.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_USUAL_LENGTH = 50
_SEPARATORS = re.compile(r"[\s_\-]+")
_BREAKS = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
# Control characters change what a terminal shows, and neither they nor halves of a character can be stored everywhere:
# PostgreSQL takes no NUL, UTF-8 no surrogate.
UNWRITABLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
_ISO_DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(?:Z|([+-]\d{2}:?\d{2}))?",
    re.IGNORECASE | re.ASCII,
)
# .NET's first and last moment, in any notation. Services on .NET send one of them for a date that was never set.
_NEVER = re.compile(r"0001-01-01|9999-12-31|0?1/0?1/0001|12/31/9999", re.ASCII)
# The change log of December 2020 prints "07/09/2020: 00:00:00"; the month comes first, as in US texts.
_US_DATE = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})(?::?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$")


def loads(body: bytes) -> Any:
    """
    Parse a JSON body as the service sends it.

    :param body: the raw bytes; UTF-8, with or without a byte-order mark and leading blanks.
    :return: the parsed document, or ``None`` for an empty body.
    :raises ValueError: if the body is not UTF-8 or not JSON.
    """
    text = body.decode().lstrip("\ufeff").strip().lstrip("\ufeff")
    try:
        return _DECODER.decode(text) if text else None
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def _refuse(constant: str) -> None:
    # Python reads it, but it is not valid JSON, and what is made of it could not be passed on as such.
    raise ValueError(f"{constant} is not valid JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def printable(text: str) -> str:
    """Return a string on one line. Characters that PostgreSQL or UTF-8 do not accept are replaced."""
    # Which of them are printable is known to Python; the others are rare.
    return text if text.isprintable() else UNWRITABLE.sub("\ufffd", _BREAKS.sub(" ", text))


def key_of(name: str) -> str:
    """Reduce a name to what its spellings share: lower case, without spaces, ``_`` and ``-``."""
    return _known_key(name) if len(name) <= _USUAL_LENGTH else _key(name)


def _key(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()


# The same few names come in every answer; of those that are longer than any, none is kept.
_known_key = functools.lru_cache(maxsize=256)(_key)


class Members(Mapping[str, Any]):
    """
    The members of a JSON object, looked up without regard to case; an explicit ``null`` counts as missing.

    :param document: what the JSON parser returned; anything but an object has no members.
    """

    def __init__(self, document: object) -> None:
        # A dictionary is seen at once, any other mapping only by asking its class.
        items = document.items() if isinstance(document, (dict, Mapping)) else ()
        self._values = {key_of(str(name)): value for name, value in items if value is not None}

    def __getitem__(self, name: str) -> Any:
        return self._values[_known_key(name)]

    def get(self, name: str, default: Any = None) -> Any:
        return self._values.get(_known_key(name), default)

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def text(self, *names: str) -> str | None:
        """
        Return the first of the named members that is there, as :func:`printable` text.

        Numbers become their decimal form.
        """
        for name in names:
            value = self._values.get(_known_key(name))
            if isinstance(value, str):
                return printable(value)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return str(value)
        return None

    def integer(self, name: str) -> int | None:
        """Return a member as an integer; numeric strings are accepted, anything else is ``None``."""
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int | str):
            return None
        try:
            return int(value)
        except ValueError:
            return None

    def boolean(self, name: str) -> bool | None:
        """Return a member as a boolean. The strings ``true`` and ``false`` are accepted; anything else is ``None``."""
        value = self.get(name)
        if isinstance(value, str):
            return {"true": True, "false": False}.get(key_of(value))
        return value if isinstance(value, bool) else None

    def members(self, name: str) -> Members:
        """Return a nested object; one without members if it is missing or not an object."""
        return Members(self.get(name))


def read_date(text: str) -> datetime | str | None:
    """
    Read a timestamp of the service.

    :return: an aware UTC time; the text as received if it cannot be read; ``None`` if it is empty or says that the date
        was never set.
    """
    text = text.strip()
    return None if _NEVER.match(text) else parse_date(text) or text or None


def parse_date(text: str) -> datetime | None:
    """
    Read a timestamp in any of the notations the service uses.

    ISO 8601 with ``Z``, an offset or neither (then it is UTC, as documented), with up to any number of fraction digits
    (cut to microseconds), and the ``MM/DD/YYYY: hh:mm:ss`` of the API change log.

    :param text: the timestamp as received.
    :return: an aware UTC time, or ``None`` if the text is none of these, or says that the date was never set.
    """
    text = text.strip()
    if _NEVER.match(text):
        return None
    try:
        if match := _ISO_DATE.fullmatch(text):
            day, time, offset = match.groups()
            return datetime.fromisoformat(f"{day}T{time or '00:00'}{offset or 'Z'}").astimezone(UTC)
        if match := _US_DATE.match(text):
            month, day, year, hour, minute, second = map(int, match.groups(default="0"))
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    return None


def format_date(moment: datetime) -> str:
    """Write a time as ISO 8601 in UTC, the form of every timestamp in our results."""
    return moment.astimezone(UTC).isoformat()


def moment(epoch: float) -> str:
    """Return a time for people to read: ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="seconds")
