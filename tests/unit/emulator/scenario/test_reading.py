"""How the members of control requests are read, and what a refusal says."""

from __future__ import annotations

import math
from typing import Any

import pytest

from airflow_provider_partnercenter.emulator.scenario.reading import (
    Reader,
    flag,
    header_name,
    header_value,
    items,
    members,
    number,
    one_of,
    optional,
    printable_text,
    text,
    whole,
)

NUMBER, WHOLE, METHOD = number(0, 10), whole(1, 10), one_of(("GET", "POST"))


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (text, "", ""),
        (text, "é\n", "é\n"),
        (printable_text, "mine", "mine"),
        (header_name, "X-Proxy", "X-Proxy"),
        (header_value, "", ""),
        (header_value, "a; b=\tc", "a; b=\tc"),
        (flag, False, False),
        (NUMBER, 0, 0),
        (NUMBER, 2.5, 2.5),
        (WHOLE, 10, 10),
        (METHOD, "GET", "GET"),
        (optional(flag), None, None),
        (items(flag), [], ()),
        (items(flag), [True, False], (True, False)),
    ],
)
def test_what_can_be_read(reader: Reader, value: Any, expected: Any) -> None:
    assert reader(value) == expected


@pytest.mark.parametrize(
    ("reader", "value", "reason"),
    [
        (text, None, "must be text, not None"),
        (text, "\ud800", "must be text that UTF-8 can encode, not '\\ud800'"),
        (printable_text, "a\n", "must be printable text, not 'a\\n'"),
        (header_name, "a b", "must be the name of a header, not 'a b'"),
        (header_name, "Content-Length", "cannot be set: the emulator sets it"),
        (header_value, " a", "must be printable ASCII text without blanks around it, not ' a'"),
        (header_value, "a\r\nb: c", "must be printable ASCII text without blanks around it, not 'a\\r\\nb: c'"),
        (flag, 1, "must be true or false, not 1"),
        (NUMBER, True, "must be a number from 0 to 10, not True"),
        (NUMBER, "5", "must be a number from 0 to 10, not '5'"),
        (NUMBER, math.nan, "must be a number from 0 to 10, not nan"),
        (NUMBER, math.inf, "must be a number from 0 to 10, not inf"),
        (NUMBER, -0.1, "must be a number from 0 to 10, not -0.1"),
        (WHOLE, 1.0, "must be a whole number from 1 to 10, not 1.0"),
        (WHOLE, True, "must be a whole number from 1 to 10, not True"),
        (WHOLE, 0, "must be a whole number from 1 to 10, not 0"),
        (METHOD, "get", "must be one of GET, POST, not 'get'"),
        (METHOD, ["GET"], "must be one of GET, POST, not ['GET']"),
        (items(flag), "ab", "must be a list, not 'ab'"),
        (items(flag), [True, 1], "[1]: must be true or false, not 1"),
    ],
)
def test_what_cannot_be_read(reader: Reader, value: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        reader(value)
    assert str(caught.value) == reason


def inner(value: object) -> dict[str, Any]:
    return members(value, {"flags": items(flag), "flag": flag})


READERS: dict[str, Reader] = {"list": items(inner), "one": inner}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "must be a JSON object, not []"),
        ({"two": 1}, "unknown members: 'two'. Known members: list, one"),
        ({"one": {"flag": 0}}, "one.flag: must be true or false, not 0"),
        ({"list": [{}, {"flags": [0]}]}, "list[1].flags[0]: must be true or false, not 0"),
        ({"list": [{"x": 1}]}, "list[0]: unknown members: 'x'. Known members: flags, flag"),
    ],
)
def test_a_refusal_names_the_place(value: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        members(value, READERS)
    assert str(caught.value) == reason


def test_a_refusal_does_not_repeat_a_long_value() -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        members({"x" * 10_000: 1, "y": 2}, READERS)
    assert len(str(caught.value)) < 300
    with pytest.raises(ValueError, match=r".") as caught:
        flag(["x" * 10_000] * 1000)
    assert len(str(caught.value)) < 1000
