"""The limits of an answer that both transports share, and the words for what is wrong."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.transport.http_rules import (
    MAX_HEADERS,
    MAX_LINE,
    UnreadableAnswerError,
    check_framing,
    check_head,
    first_of_each,
)

SECRET = b"eyJhbGciOiJub25lIn0"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([99, b"OK", []], "a valid status line"),
        ([101, b"OK", []], "switches to another protocol"),
        ([200, SECRET * MAX_LINE, []], f"the status line has more than {MAX_LINE} bytes"),
        ([200, b"OK", [(b"X", SECRET)] * (MAX_HEADERS + 1)], f"more than {MAX_HEADERS} headers"),
        ([200, b"OK", [(b"X", SECRET * MAX_LINE)]], f"a header has more than {MAX_LINE} bytes"),
    ],
)
def test_what_is_wrong_is_said_without_a_part_of_the_answer(arguments, words):
    with pytest.raises(UnreadableAnswerError, match=words) as caught:
        check_head(*arguments)
    assert SECRET.decode() not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Content-Length": "7"}.items(), None),
        ({"Transfer-Encoding": "chunked"}.items(), None),
        ([("Content-Length", "7"), ("content-length", "7")], "its Content-Length is not valid"),
        ([("Content-Length", "7"), ("Transfer-Encoding", "chunked")], "both Content-Length and Transfer-Encoding"),
        ([("Content-Length", "-7")], "its Content-Length is not valid"),
        ([("X y", "z")], "a header is not valid"),
    ],
)
def test_headers_that_contradict_each_other(fields, words):
    if words is None:
        check_framing(fields, valid=True)
        return
    with pytest.raises(UnreadableAnswerError, match=words):
        check_framing(fields, valid=True)


def test_lines_that_are_no_headers():
    with pytest.raises(UnreadableAnswerError, match="a header is not valid"):
        check_framing([], valid=False)


def test_of_several_headers_with_a_name_the_first_counts():
    fields = [(b"Retry-After", b"7"), (b"X", b"Gen\xe8ve"), (b"retry-after", b"9")]
    assert first_of_each(fields) == {"Retry-After": "7", "X": "Gen\ufffdve"}
