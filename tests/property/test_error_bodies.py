"""Errors in all shapes: the words of the service reach the message, bounded, without secrets, alike in both clients."""

from __future__ import annotations

import html
import json
from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.commands import Response
from tests.support.bench import CUSTOMER, Bench
from tests.support.generated import examples
from tests.support.invariants import check_error

EXAMPLES = 6_000
LONGEST = 1_500
TOKEN = "t0p-s3cret-access-token"
SECRETS = (
    TOKEN,
    "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJodHRwczovL2FwaSJ9.c2lnbmF0dXJlc2lnbmF0dXJl",
    "0.AXoAb1c2d3e4f5g6h7i8j9k0-l1m2n3o4p5",
    "abc8Q~0123456789abcdefghijklmnopqrstuvwx",
)
WORDS = ("Customer tagging denied", "It's not allowed", "The value is < 5 & wrong", "Der Kunde fehlt für Größe", "nope")

codes = st.sampled_from([1, 3000, "900308", 900308, 20002, "BadRequest", 0])


def quoted(secret: str) -> dict[str, Any]:
    return {"request": {"access_token": secret, "password": secret}}


def xml(code: Any, words: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>{html.escape(words)}</Message></Error>".encode()


shapes = st.sampled_from(
    [
        lambda code, words: {"code": code, "description": words},
        lambda code, words: {"Code": code, "Description": words, "Data": None, "Source": "PartnerFD"},
        lambda code, words: {"error": {"code": code, "message": words}},
        lambda code, words: {"error": json.dumps({"code": code, "message": words})},
        lambda code, words: {"error": {"code": "Outer", "innererror": {"code": code, "message": words}}},
        lambda code, words: {"odata.error": {"code": code, "message": {"lang": "en", "value": words}}},
        lambda code, words: {"errorCode": code, "errorMessage": words},
        lambda code, words: {"code": code, "description": json.dumps({"message": words})},
        lambda code, words: {"code": code, "description": html.escape(words)},
        lambda code, words: {"code": code, "data": [words]},
        lambda code, words: {"title": words, "status": 400, "type": "https://tools.example"},
        lambda code, words: {"title": "Bad", "errors": {"website": [words]}},
        lambda code, words: {"Message": "The request is invalid.", "ModelState": {"request.code": [words]}},
        lambda code, words: [{"code": code, "message": words}],
        lambda code, words: [words],
        lambda code, words: {"unknown": {"names": words}},
        lambda code, words: words,
        xml,
        lambda code, words: words.encode(),
    ]
)


@st.composite
def error_bodies(draw: st.DrawFn) -> tuple[bytes, str]:
    """A body in one of the shapes, perhaps nested, truncated after the words or with a secret, and its words."""
    words = draw(st.sampled_from(WORDS))
    text = f"{words} {draw(st.sampled_from(['', *SECRETS]))}".strip()
    document = draw(shapes)(draw(codes), text)
    if isinstance(document, bytes):
        return document, words
    for _ in range(draw(st.integers(0, 2))):
        document = {draw(st.sampled_from(["error", "Error", "errors", "data", "details", "fault"])): document}
    if draw(st.booleans()) and isinstance(document, dict):
        document |= quoted(draw(st.sampled_from(SECRETS)))
    body = json.dumps(document, ensure_ascii=draw(st.booleans())).encode()
    if draw(st.booleans()):
        # The connection broke after the words.
        marker = json.dumps(words, ensure_ascii=False)[1:-1].encode()
        if body.count(marker) == 1 and (end := body.find(marker) + len(marker)) < len(body):
            body = body[: draw(st.integers(end, len(body)))]
    return body, words


@examples(EXAMPLES)
@given(error_bodies(), st.sampled_from([200, 400, 403, 404, 409, 422, 501]), st.booleans())
def test_the_words_reach_the_message(drawn: tuple[bytes, str], status: int, write: bool) -> None:
    body, words = drawn
    note(f"{status} {body!r}")
    call: Any = endpoints.get_customer(CUSTOMER)
    if write:
        call = endpoints.create_qualification(CUSTOMER, "Education", education_segment="K12")
    bench = Bench(lambda _: Response(status, {}, body, "Bad Request"), tokens=[TOKEN] * 50)
    try:
        result = bench.send(call)
    except PartnerCenterError as error:
        check_error(error)
        message = str(error)
    else:
        assert status == 200, result
        return
    assert len(message) <= LONGEST
    for secret in SECRETS:
        assert secret not in message
        assert secret[:25] not in message
    # What is cut off under HTTP 200 is no answer at all.
    if status != 200 or "cannot be read" not in message:
        assert words in message
