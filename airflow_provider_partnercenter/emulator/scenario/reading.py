"""
Readers of JSON values for the control API.

A reader returns the value in the type that the emulator uses, or raises a ``ValueError`` that says what the value must
be. The readers of lists and objects add where the value is: ``faults[0].status: must be a whole number ...``.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from airflow_provider_partnercenter.emulator.scenario.behaviour import MAX_SECONDS

Reader = Callable[[Any], Any]

_TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_FIELD_VALUE = re.compile(r"([\x21-\x7e]+([ \t]+[\x21-\x7e]+)*)?")
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 100


class _PlacedError(ValueError):
    """A value that cannot be read, and its place in the document."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place
        self.problem = problem


def at(place: str, error: ValueError) -> ValueError:
    """Return an error with the place of the value in front of it."""
    if not isinstance(error, _PlacedError):
        return _PlacedError(place, str(error))
    return _PlacedError(place + error.place if error.place.startswith("[") else f"{place}.{error.place}", error.problem)


def wrong(expected: str, value: object) -> ValueError:
    """Return the error for a value that is not what it must be."""
    return ValueError(f"must be {expected}, not {_SHORT.repr(value)}")


def read_at(place: str, reader: Reader, value: object) -> Any:
    """
    Read a value that has a place in a document.

    :raises ValueError: if the value cannot be read; the message starts with the place.
    """
    try:
        return reader(value)
    except ValueError as error:
        raise at(place, error) from None


def text(value: object) -> str:
    """Read a string that can be sent, which one with half of a surrogate pair cannot."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise wrong("text that UTF-8 can encode", value) from None
        return value
    raise wrong("text", value)


def printable_text(value: object) -> str:
    """Read a string without control characters."""
    if not (isinstance(value, str) and value.isprintable()):
        raise wrong("printable text", value)
    return value


def header_name(value: object) -> str:
    """Read the name of a header; the emulator itself sets those that say where a body ends."""
    if not (isinstance(value, str) and _TOKEN.fullmatch(value)):
        raise wrong("the name of a header", value)
    if value.lower() in ("content-length", "transfer-encoding"):
        raise ValueError("cannot be set: the emulator sets it")
    return value


def header_value(value: object) -> str:
    """Read the value of a header: printable ASCII without blanks around it."""
    if not (isinstance(value, str) and _FIELD_VALUE.fullmatch(value)):
        raise wrong("printable ASCII text without blanks around it", value)
    return value


def flag(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise wrong("true or false", value)
    return value


def number(low: float = 0, high: float = MAX_SECONDS) -> Reader:
    """Return a reader of numbers from ``low`` to ``high``; seconds by default."""

    def read(value: object) -> float:
        # Comparisons with NaN are false.
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise wrong(f"a number from {low} to {high}", value)
        return value

    return read


def whole(low: int = 0, high: int = MAX_SECONDS) -> Reader:
    """Return a reader of whole numbers from ``low`` to ``high``."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise wrong(f"a whole number from {low} to {high}", value)
        return value

    return read


def one_of(names: Iterable[str]) -> Reader:
    """Return a reader of the members of an enumeration of strings, or of other fixed strings."""
    known = {str(name): name for name in names}

    def read(value: object) -> str:
        if not (isinstance(value, str) and value in known):
            raise wrong(f"one of {', '.join(known)}", value)
        return known[value]

    return read


def optional(reader: Reader) -> Reader:
    """Return a reader that accepts ``null`` too."""
    return lambda value: None if value is None else reader(value)


def items(reader: Reader) -> Reader:
    """Return a reader of lists."""

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise wrong("a list", value)
        return tuple(read_at(f"[{index}]", reader, item) for index, item in enumerate(value))

    return read


def members(value: object, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """
    Read a JSON object.

    :param readers: the readers of the known members, by name; all members are optional.
    :raises ValueError: if a member is unknown or cannot be read.
    """
    if not isinstance(value, Mapping):
        raise wrong("a JSON object", value)
    if unknown := [name for name in value if name not in readers]:
        named = ", ".join(_SHORT.repr(name) for name in unknown[:10])
        raise ValueError(f"unknown members: {named}. Known members: {', '.join(readers)}")
    return {name: read_at(name, readers[name], item) for name, item in value.items()}
