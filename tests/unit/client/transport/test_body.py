"""The body of an answer: decoded alike for both transports, and bounded."""

from __future__ import annotations

import gzip

import pytest

from airflow_provider_partnercenter.client.protocol.commands import TransportError
from airflow_provider_partnercenter.client.transport import body
from airflow_provider_partnercenter.client.transport.body import Body
from airflow_provider_partnercenter.client.transport.http_rules import UnreadableAnswerError

ZIPPED = gzip.compress(b"[1, 2]", mtime=0)


def of(*pieces):
    made = Body()
    for piece in pieces:
        made.add(piece)
    return made


@pytest.mark.parametrize(
    ("pieces", "encoding", "decoded"),
    [
        ((b"[1,", b" 2]"), None, b"[1, 2]"),
        ((b"[1, 2]",), "identity", b"[1, 2]"),
        ((ZIPPED[:5], ZIPPED[5:]), "gzip", b"[1, 2]"),
        ((ZIPPED,), " X-GZip ", b"[1, 2]"),
        ((ZIPPED, ZIPPED), "gzip", b"[1, 2][1, 2]"),
        ((), "gzip", b""),
        ((b"\x0b",), "br", b"\x0b"),
    ],
)
def test_it_is_decoded_if_that_was_asked_for(pieces, encoding, decoded):
    assert of(*pieces).decoded(encoding) == decoded


@pytest.mark.parametrize("piece", [b"[1, 2]", ZIPPED[:-1], ZIPPED[:-8] + b"12345678", ZIPPED + b"x"])
def test_what_is_no_gzip_is_refused(piece):
    with pytest.raises(UnreadableAnswerError, match="its body is not valid gzip"):
        of(piece).decoded("gzip")


def test_it_is_bounded_before_and_after_it_is_decoded(monkeypatch):
    monkeypatch.setattr(body, "MAX_BODY", 2**20)
    of(b" " * 2**20).decoded(None)
    with pytest.raises(TransportError, match="the answer is larger than 1 MiB") as caught:
        of(b" " * 2**20, b" ")
    assert caught.value.permanent
    with pytest.raises(TransportError, match="the answer is larger than 1 MiB"):
        of(gzip.compress(b" " * 2**30)).decoded("gzip")
