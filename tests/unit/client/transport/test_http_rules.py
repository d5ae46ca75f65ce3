"""What an answer is, without a server: the cases that a server cannot show, and the words for what is wrong."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.transport.http_rules import (
    LONGEST_LINE,
    MAX_HEADERS,
    MAX_LINE,
    MOST_LINES,
    UnreadableAnswerError,
    body_length,
    check_excess,
    check_head,
    chunk_length,
    closes,
    first_of_each,
    read_fields,
    read_status,
)

SECRET = b"eyJhbGciOiJub25lIn0"


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (b"HTTP/1.1 200 OK\r\n", (1, 200, b"OK")),
        (b"HTTP/1.0 403\n", (0, 403, b"")),
        (b"HTTP/1.1 999  two  words \r\n", (1, 999, b" two  words ")),
    ],
)
def test_status_lines(line, read):
    assert read_status(line) == read


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        (read_status, [b"HTTP/1.1 2" + SECRET], "a valid status line"),
        (read_fields, [[b"X: y\r\n", SECRET + b"\r\n"]], "a header is not valid"),
        (read_fields, [[b"X: " + b"x" * LONGEST_LINE + b"\r\n"]], f"a header has more than {LONGEST_LINE} bytes"),
        (read_fields, [[b"X: y\r\n"] * (MOST_LINES + 1)], f"more than {MOST_LINES} headers"),
        (check_head, [99, b"OK", []], "a valid status line"),
        (check_head, [101, b"OK", []], "switches to another protocol"),
        (check_head, [200, b"x" * (MAX_LINE + 1), []], f"the status line has more than {MAX_LINE} bytes"),
        (check_head, [200, b"OK", [(b"X", b"y")] * (MAX_HEADERS + 1)], f"more than {MAX_HEADERS} headers"),
        (check_head, [200, b"OK", [(b"X", b"x" * MAX_LINE)]], f"a header has more than {MAX_LINE} bytes"),
        (check_head, [200, b"OK", [(b"X ", SECRET)]], "a header is not valid"),
        (chunk_length, [SECRET + b"\r\n"], "the length of a chunk"),
    ],
)
def test_what_is_wrong_is_said_without_a_part_of_the_answer(function, arguments, words):
    with pytest.raises(UnreadableAnswerError, match=words) as caught:
        function(*arguments)
    assert SECRET.decode() not in str(caught.value)


def test_a_header_may_go_on_in_the_next_line():
    assert read_fields([b"A: b\r\n", b"\tc \r\n", b"D:\r\n", b" e\n"]) == [(b"A", b"b\tc"), (b"D", b"e")]


def test_of_several_headers_with_a_name_the_first_counts():
    fields = [(b"Retry-After", b"7"), (b"X", b"Gen\xe8ve"), (b"retry-after", b"9")]
    assert first_of_each(fields) == {"Retry-After": "7", "X": "Gen\ufffdve"}


@pytest.mark.parametrize(
    ("status", "fields", "found"),
    [
        (200, [], (False, None)),
        (200, [(b"Content-Length", b"7")], (False, 7)),
        (200, [(b"Transfer-Encoding", b"gzip, Chunked")], (True, None)),
        (204, [(b"Transfer-Encoding", b"chunked")], (False, 0)),
        (304, [(b"Content-Length", b"7")], (False, 0)),
        (103, [(b"Content-Length", b"7")], (False, 0)),
    ],
)
def test_where_a_body_ends(status, fields, found):
    assert body_length(status, fields) == found


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([(b"Content-Length", b"7"), (b"content-length", b"7")], "several Content-Length"),
        ([(b"Content-Length", b"7"), (b"Transfer-Encoding", b"chunked")], "both Content-Length and Transfer-Encoding"),
        ([(b"Content-Length", b"-7")], "its Content-Length is not valid"),
        ([(b"Content-Length", b"18446744073709551616")], "its Content-Length is not valid"),
    ],
)
def test_lengths_that_contradict_each_other(fields, words):
    with pytest.raises(UnreadableAnswerError, match=words):
        body_length(200, fields)


@pytest.mark.parametrize(
    ("version", "fields", "expected"),
    [
        (1, [], False),
        (1, [(b"Connection", b"Keep-Alive, Close")], True),
        (1, [(b"Connection", b"keep-alive"), (b"connection", b"close")], True),
        (0, [], True),
        (0, [(b"Connection", b"Keep-Alive")], False),
    ],
)
def test_when_the_peer_closes(version, fields, expected):
    assert closes(version, fields) is expected


@pytest.mark.parametrize(
    ("data", "closing", "accepted"),
    [
        (b"\r\n", True, True),
        (b"HTTP/1.1 500", False, True),
        (b"HT", False, True),
        (b"HTTP/1.1 500", True, False),
        (b"null", False, False),
    ],
)
def test_what_may_come_after_an_answer(data, closing, accepted):
    if accepted:
        check_excess(data, closing=closing)
    else:
        with pytest.raises(UnreadableAnswerError, match="more came than it announced"):
            check_excess(data, closing=closing)
