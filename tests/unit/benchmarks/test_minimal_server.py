"""The server of the benchmarks answers whatever way requests arrive."""

from __future__ import annotations

import asyncio
import json

import pytest

from benchmarks.minimal_server import PreparedAnswers

REQUEST = b"GET /v1/customers/00000000-0000-0000-0000-000000000001/qualifications HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self):
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data):
        assert not self.closed
        self.written += data

    def close(self):
        self.closed = True


def receive(*pieces):
    wire, protocol = Wire(), PreparedAnswers()
    protocol.connection_made(wire)
    for piece in pieces:
        if not wire.closed:
            protocol.data_received(piece)
    return wire


@pytest.mark.parametrize(
    ("pieces", "answers"),
    [
        pytest.param([REQUEST], 1, id="whole"),
        pytest.param([REQUEST, REQUEST], 2, id="one after the other"),
        pytest.param([REQUEST + REQUEST + REQUEST[:9], REQUEST[9:]], 3, id="several at a time, and a part"),
        pytest.param([bytes([byte]) for byte in REQUEST], 1, id="byte by byte"),
        pytest.param([REQUEST[:-2]], 0, id="not complete"),
    ],
)
def test_each_request_gets_one_answer(pieces, answers):
    wire = receive(*pieces)
    assert wire.written.count(b"HTTP/1.1 200 OK\r\n") == answers
    assert not wire.closed


def test_an_answer_is_complete():
    head, _, body = receive(REQUEST).written.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert [entry["vettingStatus"] for entry in json.loads(body)] == ["Approved"]


@pytest.mark.parametrize("other", [b"GET /v1/customers HTTP/1.1\r\n\r\n", b"POST" + REQUEST[3:], b"\x16\x03\r\n\r\n"])
def test_what_it_does_not_know_ends_the_connection(other):
    wire = receive(REQUEST, other + REQUEST, REQUEST)
    assert wire.written.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 404 Not Found\r\n" in wire.written
    assert wire.closed
