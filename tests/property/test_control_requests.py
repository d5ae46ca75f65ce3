"""Whatever the control API is told, it refuses and changes nothing, or all later answers are answers."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.scenario.behaviour import Behaviour, Company
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import GROUPS, KINDS
from airflow_provider_partnercenter.emulator.scenario.faults import Fault, FaultKind
from airflow_provider_partnercenter.emulator.settings import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TENANT_ID, Mix
from tests.support.asgi import InProcess
from tests.support.generated import examples

CUSTOMER = ordinary_id(1)
CONTROL = f"/emulator/customers/{CUSTOMER}"
PATH = f"/v1/customers/{CUSTOMER}"
TOKEN_FORM = {
    "grant_type": "refresh_token",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "refresh_token": REFRESH_TOKEN,
    "scope": "https://api.partnercenter.microsoft.com/.default",
}
SIGN_IN = {
    "client_id": CLIENT_ID,
    "redirect_uri": "http://localhost",
    "response_type": "code id_token",
    "nonce": "n",
    "scope": "https://api.partnercenter.microsoft.com/.default openid",
}
EDUCATION = {"qualification": "Education", "educationSegment": "K12"}
LATER: list[tuple[str, str, Any]] = [
    ("GET", "/emulator/faults", None),
    ("GET", "/emulator/traffic", None),
    ("GET", CONTROL, None),
    ("GET", "/v1/customers?size=3", None),
    ("GET", '/v1/customers?filter={"Field":"CompanyName","Value":"F","Operator":"starts_with"}', None),
    ("GET", '/v1/customers?filter={"Field":"Domain","Value":"F","Operator":"starts_with"}', None),
    ("GET", PATH, None),
    *[
        (method, f"{PATH}/qualifications", body)
        for method, body in (("GET", None), ("POST", EDUCATION), ("GET", None), ("HEAD", None), ("GET", None))
    ],
    ("GET", f"{PATH}/qualification", None),
    ("PUT", f"{PATH}/qualification", "Education"),
    ("GET", f"{PATH}/validationStatus?type=account", None),
    ("GET", "/emulator/journal", None),
    ("POST", "/emulator/consent", {}),
    ("POST", "/emulator/federated-token", {}),
    ("GET", f"/{TENANT_ID}/oauth2/v2.0/authorize?{urlencode(SIGN_IN)}", None),
    ("GET", "/emulator/health", None),
]


def state(emulator: InProcess) -> list[Any]:
    return [emulator.ask("GET", path).json() for path in (CONTROL, "/emulator/faults", "/emulator/traffic")]


def check(emulator: InProcess, method: str, path: str, document: Any) -> str | None:
    """Send a control request; return the reason of a refusal, or ``None`` if all later answers are answers."""
    emulator.application.reset()
    before = state(emulator)
    answer = emulator.ask(method, path, document=document)
    if answer.status == 400:
        assert state(emulator) == before
        assert list(answer.json()) == ["error"]
        return str(answer.json()["error"])
    assert answer.status in (200, 204)
    for each in LATER:
        later = emulator.ask(each[0], each[1], document=each[2])
        assert b"emulator failed" not in later.body, each
        if each[1].startswith("/emulator"):
            assert later.status == 200
            json.loads(later.body, parse_constant=pytest.fail)
    token = emulator.ask("POST", f"/{TENANT_ID}/oauth2/v2.0/token", urlencode(TOKEN_FORM).encode())
    assert b"emulator failed" not in token.body
    return None


VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 7, 599, 600, 0.5, -0.5, 10**9, 10**9 + 1, 10**30, 1e300, math.inf, -math.inf,
    "", " ", "x", "5", "NaN", "two\nlines", "nul\x00", "\ud800", "é", "\u2028", "x" * 5000, "9" * 5000, "0001-01-01",
    "9999-12-30T00:00:00Z", "2026-01-01", "Education", "GET", "seconds:5", "seconds:1e9", "reads:" + "9" * 30, "never",
    "deny:\ud800", "0.5:1", "0.5:1e999", "sliding:1/1", "bucket:1/1e-300", "fixed:1/1e300", f"sliding:{10**30}/1",
    "sliding:1/0.0000001", "bucket:1000000000/0.001",
    [], [None], ["x"], ["GET"], [1], [-1], [True], [{}], [[]], ["Education"], ["Education", "Education"], [EDUCATION],
    ["error-503=5e-324"], ["error-503=1e308", "error-500=1e308"], ["error-503=nan"], ["error-503=0"],
    {}, {"a": 1}, {"a": None}, {"a": "b"}, {"a b": "c"}, {"a": "b\r\nc: d"}, {"a": " "}, {"": ""},
    {"Content-Length": "5"}, {"Transfer-Encoding": "gzip"}, {"code": math.inf}, {"code": 1, "data": [{}]},
]  # fmt: skip


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def places() -> dict[str, tuple[str, str, Any]]:
    """The members of all control requests: the place that a refusal names, and the request without the value."""
    found: dict[str, tuple[str, str, Any]] = {
        "advance_seconds": ("POST", "/emulator/clock", lambda value: {"advance_seconds": value}),
        "limit": ("PUT", "/emulator/limit", lambda value: {"limit": value}),
        "fault": ("PUT", "/emulator/customer-list", lambda value: {"fault": value}),
        "mfa": ("POST", "/emulator/consent", lambda value: {"mfa": value}),
        "refresh_token": ("POST", "/emulator/revoke", lambda value: {"refresh_token": value}),
        "user": ("PUT", "/emulator/user", lambda value: {"user": value}),
        "refuse": ("PUT", "/emulator/login", lambda value: {"refuse": value}),
        "error": ("PUT", "/emulator/login", lambda value: {"refuse": 53003, "error": value}),
        "suberror": ("PUT", "/emulator/login", lambda value: {"refuse": 53003, "suberror": value}),
        "claims": ("PUT", "/emulator/login", lambda value: {"refuse": 53003, "claims": value}),
        "seconds": ("POST", "/emulator/federated-token", lambda value: {"seconds": value}),
        "subject": ("POST", "/emulator/federated-token", lambda value: {"subject": value}),
        "issuer": ("POST", "/emulator/federated-token", lambda value: {"issuer": value}),
    }

    def add(place: str, path: str, document: Any) -> None:
        found[place] = ("PUT", path, document)

    customer = set(Behaviour.__dataclass_fields__) - {"course", "held"} | {"vetting", "verdict", "qualifications"}
    for name in sorted(customer):
        add(name, CONTROL, lambda value, name=name: {name: value})
    for name in Company.__dataclass_fields__:
        add(f"company.{name}", CONTROL, lambda value, name=name: {"company": {name: value}})
    for name in Fault.__dataclass_fields__:
        add(f"faults[0].{name}", CONTROL, lambda value, name=name: {"faults": [{name: value}]})
    for name in ("vettingStatus", "vettingReason", "vettingCreatedDate", "vetting_created_date"):
        entry = {"qualification": "Education"}
        add(
            f"qualifications[0].{name}",
            CONTROL,
            lambda value, name=name, entry=entry: {"qualifications": [{**entry, name: value}]},
        )
    add("qualifications[0].qualification", CONTROL, lambda value: {"qualifications": [{"qualification": value}]})
    for name in Mix.__dataclass_fields__:
        add(f"faults.{name}", "/emulator/faults", lambda value, name=name: {"rate": 1, name: value})
    return found


PLACES = places()


@pytest.mark.parametrize("place", PLACES)
def test_each_member_with_every_wrong_value(place: str) -> None:
    method, path, document = PLACES[place]
    named = place.removeprefix("faults.")
    emulator = InProcess()
    refused = 0
    for value in [*VALUES, nested(30), nested(900)]:
        reason = check(emulator, method, path, document(value))
        if reason is not None:
            refused += 1
            assert named in reason or "nested" in reason or reason.startswith("qualifications[0]: "), reason
            assert len(reason) < 2000
    assert refused


LEAVES = st.sampled_from(VALUES) | st.text(max_size=5) | st.integers() | st.floats(allow_nan=False)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FAULTS = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(FaultKind),
        "methods": st.lists(st.sampled_from(["GET", "POST", "PUT", "HEAD"]), max_size=3),
        "times": st.none() | st.integers(0, 3),
        "status": st.sampled_from([200, 201, 204, 299, 304, 400, 401, 418, 429, 520, 599]),
        "content_type": st.sampled_from(["", "text/plain", "application/problem+json"]),
        "body": ANYTHING,
        "retry_after": st.none() | st.floats(0, 10**9),
        "retry_date": st.booleans(),
        "headers": st.dictionaries(st.sampled_from(["X-A", "Content-Type", "Location", "Connection"]), st.text("ab ;")),
        "elsewhere": st.booleans(),
        "seconds": st.floats(0, 10**9),
        "pieces": st.integers(1, 10**9),
        "hard": st.booleans(),
        "name": st.text(max_size=5),
    },
)
CUSTOMERS = st.fixed_dictionaries(
    {},
    optional={
        "faults": st.lists(FAULTS, max_size=2),
        "qualifications": st.lists(ANYTHING | st.sampled_from(["Education", 3, "None", EDUCATION]), max_size=3),
        "vetting": st.sampled_from(["never", "at-once", "seconds:1e9", "reads:1"]) | ANYTHING,
        "verdict": st.sampled_from(["approve", "deny:x"]) | ANYTHING,
        "propagation": st.floats(0, 10**9),
        "shape": st.sampled_from(["array", "wrapper", "pascal-object", "byte-order-mark"]),
        "dates": st.sampled_from(["samples", "none", "year-one"]),
        "when_empty": st.sampled_from(["empty-list", "none-entry", "no-content"]),
        "company": st.dictionaries(st.sampled_from(list(Company.__dataclass_fields__)), LEAVES, max_size=2),
        "empty_reads": st.lists(st.integers(0, 5), max_size=3),
    },
)
WEIGHTS = st.sampled_from(["", "=0", "=5e-324", "=1000000", "=0.5"])
MIXES = st.fixed_dictionaries(
    {"rate": st.sampled_from([0, 0.5, 1])},
    optional={
        "kinds": st.lists(st.builds(str.__add__, st.sampled_from([*GROUPS, *KINDS]), WEIGHTS), max_size=3),
        "seed": st.integers(0, 2**63),
        "slow": st.floats(0, 10**9),
        "retry_after": st.floats(0, 10**9),
        "late": st.sampled_from(["0:0", "1:1000000000"]),
        "withdrawn": st.sampled_from(["0:0", "1:1000000000"]),
    },
)
EMULATOR = InProcess()


@examples(100)
@given(changes=CUSTOMERS | ANYTHING)
def test_customers(changes: Any) -> None:
    check(EMULATOR, "PUT", CONTROL, changes)


@examples(100)
@given(mix=MIXES | ANYTHING)
def test_mixes(mix: Any) -> None:
    check(EMULATOR, "PUT", "/emulator/faults", mix)


@examples(20)
@given(name=st.sampled_from(["limit", "clock", "consent", "revoke"]), document=ANYTHING)
def test_the_other_requests(name: str, document: Any) -> None:
    check(EMULATOR, "PUT" if name == "limit" else "POST", f"/emulator/{name}", document)


WEBHOOK = {"WebhookUrl": "http://localhost:1/", "WebhookEvents": ["test-created", "invoice-ready"]}
EVENT = {"event": "invoice-ready", "kind": "genuine"}


@pytest.mark.parametrize("name", ["event", "customer_id", "kind", "attempts", "more"])
def test_each_member_of_an_event_with_every_wrong_value(name: str) -> None:
    emulator = InProcess()
    refused = 0
    for value in [*VALUES, nested(30), nested(900)]:
        emulator.application.reset()
        assert emulator.ask("PUT", "/emulator/webhooks/registration", document=WEBHOOK).status == 200
        answer = emulator.ask("POST", "/emulator/webhooks", document={**EVENT, name: value})
        sent = emulator.ask("GET", "/emulator/webhooks").json()
        assert (answer.status, len(sent)) in ((200, 1), (400, 0))
        if not sent:
            refused += 1
            reason = answer.json()["error"]
            assert name in reason or "nested" in reason
            assert len(reason) < 2000
    assert refused


@pytest.mark.parametrize("name", [*WEBHOOK, "SignatureTokenToMsSignatureHeader"])
def test_each_member_of_a_registration_with_every_wrong_value(name: str) -> None:
    emulator = InProcess()
    refused = 0
    for value in [*VALUES, nested(30), nested(900)]:
        emulator.application.reset()
        answers = [
            emulator.ask(method, path, document={**WEBHOOK, name: value})
            for method, path in (("PUT", "/emulator/webhooks/registration"), ("PUT", "/webhooks/v1/registration"))
        ]
        later = emulator.ask("GET", "/webhooks/v1/registration")
        # Without a registration there is nothing to replace.
        assert [answer.status for answer in answers] in ([200, 200], [400, 400])
        assert later.status == (200 if answers[0].status == 200 else 404)
        if answers[0].status == 400:
            refused += 1
            reasons = [answers[0].json()["error"], answers[1].json()["description"]]
            assert all(name in reason or "nested" in reason for reason in reasons)
            assert all(len(reason) < 2000 for reason in reasons)
    assert refused


@examples(50)
@given(document=ANYTHING, path=st.sampled_from(["/emulator/webhooks", "/emulator/webhooks/registration"]))
def test_webhooks(document: Any, path: str) -> None:
    check(EMULATOR, "PUT" if path.endswith("registration") else "POST", path, document)
