"""What becomes of requests that are no use: refused in the service's form, journaled, and without effect."""

from __future__ import annotations

import base64
import json
import logging
import time
from urllib.parse import urlencode

import pytest

from airflow_provider_partnercenter.emulator.gateway.admission import MAX_DEPTH
from airflow_provider_partnercenter.emulator.gateway.faults_by_rate import FaultsByRate
from airflow_provider_partnercenter.emulator.gateway.request import MAX_BODY
from airflow_provider_partnercenter.emulator.gateway.traffic import Traffic
from airflow_provider_partnercenter.emulator.login.service import LoginService
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.partner.state import State
from airflow_provider_partnercenter.emulator.settings import CLIENT_ID, TENANT_ID
from tests.support.asgi import InProcess

CUSTOMER = ordinary_id(1)
PATH = f"/v1/customers/{CUSTOMER}/qualifications"
TOKEN_PATH = f"/{TENANT_ID}/oauth2/v2.0/token"
API_FORM = {"code", "description", "data", "source"}
DEEP = b"[" * 100_000


@pytest.fixture
def emulator() -> InProcess:
    return InProcess()


def nested(levels: int) -> bytes:
    return b'{"qualification":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


@pytest.mark.parametrize("path", [PATH, PATH.removesuffix("s")])
@pytest.mark.parametrize(
    "body", [DEEP, b'{"a":' * 100_000, nested(MAX_DEPTH + 1), nested(400), nested(900), nested(50_000)]
)
def test_deep_json_is_refused_and_counts_for_nothing(emulator: InProcess, path: str, body: bytes) -> None:
    answer = emulator.ask("POST" if path == PATH else "PUT", path, body)
    assert answer.status == 400
    assert set(answer.json()) == API_FORM
    assert "nested" in answer.json()["description"]
    (record,) = emulator.journal()
    assert (record["status"], record["carried_out"], record["body"]) == (400, False, body.decode()[:1000])
    assert emulator.application.state.find(CUSTOMER).attempts == 0
    assert emulator.ask("GET", "/emulator/journal").status == 200


def test_json_that_is_deep_but_not_too_deep_is_journaled_as_it_is(emulator: InProcess) -> None:
    assert emulator.ask("POST", PATH, nested(MAX_DEPTH)).json()["code"] == 900126
    assert list(emulator.ask("GET", "/emulator/journal").json()[0]["body"]) == ["qualification"]


@pytest.mark.parametrize("body", [b'{"qualification": NaN}', b'{"qualification": 1e999}', b"\xff", b'"\\ud800"'])
def test_the_journal_can_show_every_body(emulator: InProcess, body: bytes) -> None:
    assert emulator.ask("POST", PATH, body).status == 400
    answer = emulator.ask("GET", "/emulator/journal")
    assert answer.status == 200
    json.loads(answer.body, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("path", "members"),
    [(PATH, {"statusCode", "message"}), (TOKEN_PATH, {"statusCode", "message"}), ("/emulator/clock", {"error"})],
)
def test_a_body_that_is_too_long_is_refused(emulator: InProcess, path: str, members: set[str]) -> None:
    answer = emulator.ask("POST", path, [b" " * 65_536] * (MAX_BODY // 65_536 + 1))
    assert (answer.status, set(answer.json())) == (413, members)
    assert [record["status"] for record in emulator.journal()] == ([] if path.startswith("/emulator") else [413])
    assert emulator.application.state.find(CUSTOMER).attempts == 0


def test_a_body_in_many_pieces_is_read_in_linear_time(emulator: InProcess) -> None:
    began = time.process_time()
    assert emulator.ask("POST", PATH, [b"    "] * (MAX_BODY // 4)).status == 400
    assert time.process_time() - began < 5


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "x", "1e9"])
def test_a_page_of_no_sensible_size_is_refused(emulator: InProcess, number: str) -> None:
    answer = emulator.ask("GET", f"/v1/customers?size={number}")
    assert (answer.status, set(answer.json())) == (400, API_FORM)
    assert "size" in answer.json()["description"]
    assert [record["status"] for record in emulator.journal()] == [400]


@pytest.mark.parametrize(
    "query", ["filter=" + "[" * 10_000, 'filter={"Field":' + "[" * 5_000 + "]" * 5_000 + "}", "filter=[]", "filter=1"]
)
def test_a_filter_that_is_none_is_refused(emulator: InProcess, query: str) -> None:
    answer = emulator.ask("GET", f"/v1/customers?{query}")
    assert (answer.status, set(answer.json())) == (400, API_FORM)


@pytest.mark.parametrize(
    "page", ['[1e999, 1, ""]', "[-1, 1, null]", '[0, 0, ""]', "[" * 9_000, "[0]", "{}", "[[], 1, 1]"]
)
def test_a_continuation_token_that_is_none_is_refused(emulator: InProcess, page: str) -> None:
    token = f"token,{base64.urlsafe_b64encode(page.encode()).decode()},1"
    answer = emulator.ask("GET", "/v1/customers?seekOperation=Next", headers={"ms-continuationtoken": token})
    assert (answer.status, set(answer.json())) == (400, API_FORM)


def jwt_of(content: str, part: int) -> str:
    """A token with this content as its header (part 0) or as its claims (part 1)."""
    parts = ['{"alg":"RS256"}', "{}", "x"]
    parts[part] = content
    return ".".join(base64.urlsafe_b64encode(each.encode()).decode().rstrip("=") for each in parts)


CONTENTS = ["[" * 9_000, "[]", '"x"', '{"alg": []}', '{"alg": "HS256", "kid": 5}', '{"exp": 1e999}', ""]


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("content", CONTENTS)
def test_a_token_that_is_none_is_refused(emulator: InProcess, content: str, part: int) -> None:
    headers = {"authorization": f"Bearer {jwt_of(content, part)}", "validatemfa": "true"}
    answer = emulator.ask("GET", PATH, headers=headers)
    assert (answer.status, answer.json()["code"]) == (401, 400)
    assert [record["authorization"] for record in emulator.journal()] == [None]


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("content", CONTENTS)
def test_an_assertion_that_is_none_is_refused(emulator: InProcess, content: str, part: int) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt_of(content, part),
    }
    answer = emulator.ask("POST", TOKEN_PATH, urlencode(form).encode())
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")
    assert [record["status"] for record in emulator.journal()] == [401]


@pytest.mark.parametrize(
    ("method", "path", "broken", "member"),
    [
        ("GET", PATH, (State, "customer"), "description"),
        ("POST", TOKEN_PATH, (LoginService, "token"), "error_description"),
        ("GET", "/emulator/traffic", (Traffic, "to_json"), "error"),
        ("GET", PATH, (FaultsByRate, "__call__"), "description"),
    ],
)
def test_a_failure_of_the_emulator_is_answered_journaled_and_logged_in_one_line(
    emulator: InProcess,
    method: str,
    path: str,
    broken: tuple[type, str],
    member: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr(*broken, fail)
    answer = emulator.ask(method, path)
    assert answer.status == 500
    assert "emulator failed" in answer.json()[member]
    assert b"two" not in answer.body
    (line,) = (record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING)
    assert "\n" not in line
    assert f"{method} {path}" in line
    assert "ZeroDivisionError" in line
    assert "test_middleware.py" in line
    records = [(record["status"], record["carried_out"]) for record in emulator.journal()]
    assert records == ([] if path.startswith("/emulator") else [(500, False)])
