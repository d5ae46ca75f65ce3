"""
Read what Partner Center sends, although the service does not keep strictly to its own formats.

Member names are in camelCase or PascalCase, enumeration values have separators or not, dates come in half a dozen
formats, and a body may start with a byte-order mark. This module accepts all of these but never guesses: an unreadable
value stays a string.
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
# Control characters change what a terminal shows. Neither they nor unpaired surrogates can be stored everywhere:
# PostgreSQL does not accept NUL, and UTF-8 cannot encode surrogates.
UNWRITABLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
_ISO_DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(?:Z|([+-]\d{2}:?\d{2}))?",
    re.IGNORECASE | re.ASCII,
)
# The first and the last date of .NET, in any format. Services on .NET send one of them for a date that was never set.
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
    # Python reads NaN and Infinity, but they are not valid JSON, and their values could not be written as valid JSON.
    raise ValueError(f"{constant} is not valid JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def printable(text: str) -> str:
    """Return a string on one line. Characters that PostgreSQL or UTF-8 do not accept are replaced."""
    # Only a few strings are not printable; most need no substitution.
    return text if text.isprintable() else UNWRITABLE.sub("\ufffd", _BREAKS.sub(" ", text))


def key_of(name: str) -> str:
    """Return the form that all spellings of a name have in common: lower case, without spaces, ``_`` and ``-``."""
    return _known_key(name) if len(name) <= _USUAL_LENGTH else _key(name)


def _key(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()


# Every answer has the same few names. Names longer than any of these are not cached.
_known_key = functools.lru_cache(maxsize=256)(_key)


class Members(Mapping[str, Any]):
    """
    The members of a JSON object, found by any spelling of their names; an explicit ``null`` counts as missing.

    :param document: what the JSON parser returned. If it is not an object, there are no members.
    """

    def __init__(self, document: object) -> None:
        # The test for a dictionary is fast, the one for any other mapping slow.
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
        Return the first of the named members that is a string or a number, as a :func:`printable` string.

        A number becomes its decimal form. If there is no such member, return ``None``.
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
        """Return the nested object, or an empty one if the value is missing or is not an object."""
        return Members(self.get(name))


def read_date(text: str) -> datetime | str | None:
    """
    Read a timestamp of the service.

    :return: an aware UTC time; the string as received if it cannot be read; ``None`` if it is empty or says that the
        date was never set.
    """
    text = text.strip()
    return None if _NEVER.match(text) else parse_date(text) or text or None


def parse_date(text: str) -> datetime | None:
    """
    Read a timestamp in any of the formats that the service uses.

    The formats are ISO 8601 and the ``MM/DD/YYYY: hh:mm:ss`` of the API change log. ISO 8601 may have ``Z``, an offset
    or neither (then it is UTC, as documented), and any number of fraction digits (cut to microseconds).

    :param text: the timestamp as received.
    :return: an aware UTC time, or ``None`` if the string has another format or says that the date was never set.
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
