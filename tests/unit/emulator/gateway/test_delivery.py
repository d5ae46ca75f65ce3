"""What becomes of an answer before it is sent."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from airflow_provider_partnercenter.emulator.gateway.delivery import Answer, answer_of, pieces, schedule, spoil
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import KINDS
from airflow_provider_partnercenter.emulator.scenario.faults import Fault, FaultKind, throttled

PATH = "/v1/customers"


def made(body: bytes = b'[{"a":1}]', status: int = 200) -> Answer:
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")] if body else []
    return Answer(status, headers, body)


def headers(answer: Answer) -> dict[str, str]:
    result = {name.decode(): value.decode() for name, value in answer.headers}
    assert len(result) == len(answer.headers)
    return result


@pytest.mark.parametrize(
    ("data", "wanted", "expected"),
    [
        (b"abcdef", 3, [b"ab", b"cd", b"ef"]),
        (b"abcde", 2, [b"abc", b"de"]),
        (b"abc", 20, [b"a", b"b", b"c"]),
        (b"abc", 0, [b"abc"]),
        (b"", 5, []),
    ],
)
def test_pieces(data: bytes, wanted: int, expected: list[bytes]) -> None:
    assert pieces(data, wanted) == expected


@pytest.mark.parametrize(
    ("kind", "body", "status", "headers_of_it"),
    [
        ("cut-off-after", b'[{"', 200, {"content-length": "4", "content-type": "application/json"}),
        ("empty-after", b"", 200, {"content-length": "0", "content-type": "application/json"}),
        ("text", b'[{"a":1}]', 200, {"content-length": "9", "content-type": "text/plain"}),
        ("slow-body", b'[{"a":1}]', 200, {"content-length": "9", "content-type": "application/json"}),
    ],
)
def test_spoilt_answers(kind: str, body: bytes, status: int, headers_of_it: dict[str, str]) -> None:
    answer = made()
    spoil(answer, KINDS[kind].fault, lambda token, _: token)
    assert (answer.status, answer.body[:3] if kind == "cut-off-after" else answer.body) == (status, body)
    assert headers(answer) == headers_of_it


@pytest.mark.parametrize("kind", ["cut-off-after", "empty-after", "text", "login-early-expiry"])
def test_an_answer_without_content_stays_so(kind: str) -> None:
    answer = made(b"", 204)
    spoil(answer, KINDS[kind].fault, lambda token, _: token)
    assert answer == made(b"", 204)


def test_a_token_is_shortened() -> None:
    answer = made(json.dumps({"access_token": "abc", "expires_in": 3600}).encode())
    spoil(answer, replace(KINDS["login-early-expiry"].fault, seconds=3), lambda token, seconds: f"{token}/{seconds}")
    assert json.loads(answer.body) == {"access_token": "abc/3", "expires_in": 3600}
    assert headers(answer)["content-length"] == str(len(answer.body))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (throttled(2), {"retry-after": "2"}),
        (throttled(0.25), {"retry-after": "0.25"}),
        (throttled(1_000_000), {"retry-after": "1000000"}),
        (KINDS["redirect-302"].fault, {"location": "https://127.0.0.1:8443/redirected/v1/customers"}),
        (KINDS["mfa-required"].fault, {"www-authenticate": 'Bearer error="invalid_token"'}),
        (KINDS["html-200"].fault, {"content-type": "text/html; charset=utf-8"}),
        (Fault(FaultKind.ANSWER), {"content-length": "0"}),
    ],
)
def test_answers_of_their_own(fault: Fault, expected: dict[str, str]) -> None:
    answer = answer_of(fault, "localhost:8443", PATH)
    assert answer.status == fault.status
    assert expected.items() <= headers(answer).items()
    assert headers(answer)["content-length"] == str(len(answer.body))


@pytest.mark.parametrize(
    ("host", "path", "location"),
    [
        ("127.0.0.1", PATH, "https://localhost:443/redirected/v1/customers"),
        ("[::1]:8443", PATH, "https://127.0.0.1:8443/redirected/v1/customers"),
        ("[", PATH, "https://127.0.0.1:443/redirected/v1/customers"),
        ("localhost:x", PATH, "https://127.0.0.1:443/redirected/v1/customers"),
        ("[::1]", PATH, "https://127.0.0.1:443/redirected/v1/customers"),
        ("partnercenter:8443", PATH, "https://127.0.0.1:8443/redirected/v1/customers"),
        ("localhost", "/v1/\u20ac\r\nX: y", "https://127.0.0.1:443/redirected/v1/%E2%82%AC%0D%0AX%3A%20y"),
    ],
)
def test_the_other_host_is_another_one(host: str, path: str, location: str) -> None:
    assert headers(answer_of(KINDS["redirect-307"].fault, host, path))["location"] == location


def test_a_date_is_never_early() -> None:
    before = time.time()
    date = headers(answer_of(replace(throttled(1.5), retry_date=True), "localhost", PATH))["retry-after"]
    assert before + 1.5 <= parsedate_to_datetime(date).timestamp() <= time.time() + 2.5


def sent(fault: Fault, answer: Answer) -> tuple[list[float], bytes]:
    pauses, data = zip(*schedule(answer, fault), strict=True)
    return list(pauses), b"".join(data)


@pytest.mark.parametrize(
    ("kind", "body", "pauses"),
    [
        (FaultKind.SLOW_BODY, b"12345", [0.0, 1.0, 1.0, 1.0]),
        (FaultKind.SLOW_HEADERS, b"12345", [1.0, 1.0, 1.0, 0.0]),
        # Without a body it is the headers that are slow.
        (FaultKind.SLOW_BODY, b"", [1.0, 1.0, 1.0, 0.0]),
    ],
)
def test_slow_answers_are_complete(kind: FaultKind, body: bytes, pauses: list[float]) -> None:
    answer = made(body)
    told, data = sent(Fault(kind, seconds=3, pieces=3), answer)
    assert told == pauses
    assert data == answer.head() + body
    assert b"\r\nconnection: close\r\n\r\n" in data


@pytest.mark.parametrize(("body", "expected"), [(b"123456", b"123"), (b"", None)])
def test_truncated_answers(body: bytes, expected: bytes | None) -> None:
    answer = made(body)
    _, data = sent(Fault(FaultKind.TRUNCATED), answer)
    assert data == (answer.head() + expected if expected else answer.head()[: len(answer.head()) // 2])


@pytest.mark.parametrize(
    ("status", "line"), [(200, b"HTTP/1.1 200 OK\r\n"), (503, b"HTTP/1.1 503 Service Unavailable\r\n")]
)
def test_the_head(status: int, line: bytes) -> None:
    assert Answer(status, [(b"a", b"b")], b"").head() == line + b"a: b\r\nconnection: close\r\n\r\n"


def test_a_header_is_there_once() -> None:
    answer: Any = Answer(200, [(b"a", b"1"), (b"b", b"2")], b"")
    answer.set("A", "3")
    assert answer.headers == [(b"b", b"2"), (b"a", b"3")]
