"""Whatever a caller gives: a clear refusal before anything is sent, or a request that says just that and no more."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from airflow.sdk import Connection
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterConfigurationError,
    PartnerCenterInvalidRequestError,
)
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.client.protocol import arguments, endpoints
from airflow_provider_partnercenter.client.protocol.commands import GetToken, Request, Response, Send, advance
from airflow_provider_partnercenter.client.protocol.endpoints.audit import ranges
from airflow_provider_partnercenter.hooks.connection import client_settings
from airflow_provider_partnercenter.qualification.request import SubmissionRequest, plan
from airflow_provider_partnercenter.qualification.waiting.intervals import interval
from airflow_provider_partnercenter.tasks import arguments as task_arguments
from tests.support import generated
from tests.support.bench import BASE_URL, CUSTOMER, EPOCH, Bench
from tests.support.generated import TALLY, examples
from tests.support.invariants import attempt, check_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PATHS = re.compile(
    rf"/v1/(auditrecords|customers(/{GUID}(/qualifications?)?|/all/validations)?)"
    rf"|/webhooks/v1/registration(/validationEvents/{GUID})?"
)

spoilt = st.sampled_from(
    ["{}\r\nX: 1", "{}/..", "../{}", "{}?x=1", "{}#", "{}%2f", "{}\x00", "{{{}}}", " {} ", "urn:uuid:{}"]
)
anything = (
    generated.documents
    | st.text(max_size=30)
    | st.binary(max_size=8)
    | st.timedeltas()
    | st.uuids()
    | st.sampled_from(
        ["a\r\nX-Injected: 1", "\ud800", "nul\x00", "a&b=c#d?e/f", "é", "x" * 5000, "None", object, 10**5000]
    )
)
customer_ids = (
    st.uuids().map(str)
    | st.uuids()
    | st.builds(lambda spoil, guid: spoil.format(guid), spoilt, st.uuids())
    | st.builds(lambda guid: str(guid).replace("-", "").upper(), st.uuids())
    | anything
)
names = st.sampled_from([str(q) for q in Qualification] + [q.name.lower() for q in Qualification]) | anything
segments = st.sampled_from([None, "K12", "k-12", "HigherEducation", "higher education"]) | anything
texts = st.none() | st.text(max_size=12) | anything


def valid(request: Request, base: str = BASE_URL) -> Mapping[str, list[str]]:
    """Check a request for what an argument may not change; return its query."""
    url, origin = urlsplit(request.url), urlsplit(base)
    assert (url.scheme, url.netloc) == ("https", origin.netloc)
    assert url.path.startswith(origin.path)
    assert PATHS.fullmatch(url.path.removeprefix(origin.path)), url.path
    assert not url.fragment
    assert request.url.isascii()
    assert request.url.isprintable()
    assert " " not in request.url
    for name, value in request.headers.items():
        assert re.fullmatch(r"[A-Za-z-]+", name)
        assert arguments.fits_header(value), (name, value)
    if request.body is not None:
        assert isinstance(json.loads(request.body), dict | int)
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(url.query, keep_blank_values=True, strict_parsing=True) if url.query else []:
        query.setdefault(name, []).append(value)
    return query


def sent(make: Callable[[], endpoints.Endpoint[Any]]) -> tuple[Request, Mapping[str, list[str]]] | None:
    """Return the request that a call sends, checked; ``None`` if its arguments are refused."""
    TALLY["arguments"] += 1
    endpoint, refusal = attempt(make, PartnerCenterInvalidRequestError)
    if refusal:
        assert len(str(refusal)) < 600
        assert "What to do: " in str(refusal)
        return None
    bench = Bench(lambda request: Response(400, {}, b""))
    attempt(lambda: bench.send(endpoint))
    (request,) = bench.sent
    return request, valid(request)


@examples(600)
@given(st.sampled_from(["get_qualifications", "get_qualification", "get_customer"]), customer_ids)
def test_customer_ids(name: str, customer_id: Any) -> None:
    sent(lambda: getattr(endpoints, name)(customer_id))


@examples(800)
@given(st.uuids().map(str) | customer_ids, names, segments, texts, texts, texts)
def test_requests(customer_id: Any, name: Any, segment: Any, website: Any, code: Any, request_id: Any) -> None:
    found = sent(
        lambda: endpoints.create_qualification(
            customer_id, name, education_segment=segment, website=website, validation_code=code, request_id=request_id
        )
    )
    if found:
        request, query = found
        body = json.loads(request.body or b"")
        assert query == ({"code": [body["validationCode"]]} if "validationCode" in body else {})
        assert body["qualification"] in [str(q) for q in Qualification]
    found = sent(lambda: endpoints.update_qualification(customer_id, name, validation_code=code))
    if found:
        assert json.loads(found[0].body or b"") in range(5)


@examples(600)
@given(st.integers() | anything, st.none() | st.dictionaries(st.text(max_size=9), texts, max_size=2) | anything, texts)
def test_pages(page_size: Any, starts_with: Any, continuation: Any) -> None:
    found = sent(
        lambda: endpoints.get_customers_page(page_size=page_size, starts_with=starts_with, continuation=continuation)
    )
    if found:
        request, query = found
        if continuation is not None:
            assert query == {"seekOperation": ["Next"]}
            assert request.headers["MS-ContinuationToken"] == continuation
        else:
            assert query["size"] == [str(page_size)]
            if starts_with:
                ((field, text),) = starts_with.items()
                assert json.loads(query["filter"][0]) == {"Field": field, "Value": text, "Operator": "starts_with"}


days = st.dates() | st.datetimes(timezones=st.none() | st.timezones()) | anything


@examples(600)
@given(days, st.none() | days, st.sampled_from(["resource_type", "customer_id", "company_name"]), texts, texts)
def test_audit_records(start: Any, end: Any, field: str, wanted: Any, continuation: Any) -> None:
    options = {"start_date": start, "end_date": end, field: wanted, "continuation": continuation}
    found = sent(lambda: endpoints.get_audit_records_page(**options))
    if found:
        request, query = found
        assert date.fromisoformat(query["startDate"][0])
        assert ("endDate" in query) == (end is not None)
        assert ("seekOperation" in query) == (continuation is not None)
        assert request.headers.get("MS-ContinuationToken") == continuation
        if "filter" in query:
            assert json.loads(query["filter"][0]).keys() == {"Field", "Value", "Operator"}


@examples(300)
@given(days, st.none() | days)
def test_the_days_of_audit_records(start: Any, end: Any) -> None:
    found, refusal = attempt(lambda: ranges(start, end), PartnerCenterInvalidRequestError)
    assert refusal or all(last is None or 0 <= (last - first).days < 30 for first, last in found)
    assert refusal or len(found) <= 4


addresses = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["https", "http", "HTTPS", "ftp", ""]),
    st.sampled_from(["airflow.example", "localhost", "127.0.0.1:8080", "[::1]", "u:p@airflow.example", "a b", ""]),
    st.sampled_from(["", "/webhook", "/\\\\", "/\n"]),
    st.text(max_size=12).map(lambda text: f"?{text}"),
)


@examples(600)
@given(addresses | texts, st.lists(texts, max_size=3) | anything, st.booleans() | anything)
def test_webhook_registrations(address: Any, events: Any, in_ms_header: Any) -> None:
    options = {"signature_token_to_ms_signature_header": in_ms_header}
    found = sent(lambda: endpoints.create_webhook_registration(address, events, **options))
    replaced = sent(lambda: endpoints.replace_webhook_registration(address, events, **options))
    assert (found and found[0].body) == (replaced and replaced[0].body)
    if found:
        body = json.loads(found[0].body or b"")
        assert body["WebhookUrl"] == address.strip()
        host = urlsplit(body["WebhookUrl"]).hostname
        assert body["WebhookUrl"].lower().startswith("https://") or host in ("localhost", "127.0.0.1", "::1")
        assert body["WebhookEvents"]
        assert all(isinstance(name, str) and name for name in body["WebhookEvents"])


@examples(300)
@given(customer_ids)
def test_the_ids_of_validation_events(correlation_id: Any) -> None:
    sent(lambda: endpoints.get_validation_event(correlation_id))


DENIED = CustomerQualification(Qualification.EDUCATION, VettingStatus.DENIED, "Not an Education Customer")


@examples(800)
@given(names, segments, texts, texts, st.just("not an education customer") | texts, st.booleans())
def test_submissions(name: Any, segment: Any, website: Any, code: Any, denial: Any, legacy: bool) -> None:
    TALLY["arguments"] += 1
    request, _ = attempt(
        lambda: SubmissionRequest.validated(
            CUSTOMER,
            name,
            education_segment=segment,
            website=website,
            validation_code=code,
            resubmit_denied_of=denial,
            legacy=legacy,
        ),
        PartnerCenterInvalidRequestError,
    )
    if request is None:
        return
    json.dumps(request.payload).encode()
    for value in request.payload.values():
        check_line((value or "")[:1000])
    if plan(request, [DENIED]) is None and request.qualification is Qualification.EDUCATION:
        assert re.sub(r"[\s_-]", "", denial).casefold() == "notaneducationcustomer"


@examples(500)
@given(st.floats() | st.integers() | st.timedeltas() | anything, st.booleans())
def test_durations(value: Any, positive: bool) -> None:
    TALLY["arguments"] += 1
    seconds, refusal = attempt(lambda: task_arguments.seconds("poke_interval", value, positive=positive), ValueError)
    if refusal:
        assert str(refusal).startswith("poke_interval must be ")
    else:
        assert 0 <= interval(EPOCH, seconds) <= 101 * 366 * 24 * 3600
        assert seconds or not positive


@examples(300)
@given(st.lists(texts, max_size=3) | st.frozensets(st.text(max_size=5), max_size=3) | anything)
def test_statuses(value: Any) -> None:
    TALLY["arguments"] += 1
    found, refusal = attempt(lambda: task_arguments.statuses("success_statuses", value), ValueError)
    if refusal:
        assert str(refusal).startswith("success_statuses must be ")
    else:
        assert all(isinstance(status, str) for status in found)


# -- connections ------------------------------------------------------------------------------------------------------

PASSWORD, REFRESH_TOKEN, KEY = "the-password-of-a-test", "the-token-of-a-test", "-----BEGIN PRIVATE KEY-----\nthekey\n"
hosts = st.sampled_from(
    [
        "https://api.partnercenter.microsoft.com",
        "localhost:8443",
        "https://localhost:8443/some/folder/",
        "http://localhost",
        "https://user:word@localhost",
        "https://good.test\\@evil.test",
        "https://good.test%00",
        "https://good.test/../x?y=z",
        "https://[::1]:8443",
        "https://[::1",
        "https://[v1.x]/",
        "https://[fe80::1%25eth0]/",
        "https://a:b",
        "https://localhost:99999",
        "https://bücher.test",
        "https://" + "a" * 64 + ".test",
        "https://a..b",
        "https://.",
        "https://%2e",
        "https://a b",
        "https://a/b c",
        "https://a/\r\nX: 1",
        "https://a/é",
        "https://a/%",
        "https:///x",
        "https://",
        "ftp://a",
        "javascript:alert(1)",
        "https://a/v1",
        "https://a;b",
        "https://a<b>",
        "https://１２７.0.0.1",
    ]
) | st.text(max_size=15)
fields = st.none() | st.text(max_size=10) | st.sampled_from(["\ud800", "nul\x00", "a\r\nb", " "])
extras = st.fixed_dictionaries(
    {},
    optional={
        "tenant_id": st.sampled_from(["contoso.onmicrosoft.com", CUSTOMER]) | anything,
        "refresh_token": st.just(REFRESH_TOKEN) | anything,
        "credential_variable": st.just("a_variable") | anything,
        "client_certificate": anything,
        "client_certificate_private_key": st.just(KEY) | anything,
        "federated_identity_file": st.sampled_from(["/run/token", "token", "$TOKEN"]) | anything,
        "managed_identity": st.sampled_from(["system", CUSTOMER]) | anything,
        "cloud": st.sampled_from(["public", "gcc_high", "china", "Public"]) | anything,
        "authority": hosts | anything,
        "ca_bundle": anything,
        "requests_per_minute": st.integers(-5, 600) | st.floats() | anything,
        "poll_share": st.floats(0, 1) | anything,
        "timeout": st.floats() | anything,
        "locale": st.sampled_from(["de-DE", "en"]) | anything,
    },
)
complete = st.builds(
    lambda extra, rest: {"tenant_id": CUSTOMER, **{name: extra[name] for name in list(extra)[:rest]}},
    extras,
    st.integers(0, 3),
)


def as_json(extra: Any) -> str | None:
    """Write an extra as a user would; what is no JSON stays out."""
    if isinstance(extra, dict):
        extra = {name: value for name, value in extra.items() if is_json(value)}
    return json.dumps(extra) if is_json(extra) else None


def is_json(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


@examples(1500)
@given(
    st.just("app") | fields,
    st.just(PASSWORD) | fields,
    st.none() | hosts,
    st.none() | st.integers(0, 65535),
    st.sampled_from([None, "https", "http", "ftp", "x\r\n"]),
    complete | complete | extras | generated.documents,
)
def test_connections(
    login: str | None, password: str | None, host: str | None, port: int | None, schema: str | None, extra: Any
) -> None:
    TALLY["connections"] += 1
    connection = Connection(
        conn_id="partner",
        conn_type="partnercenter",
        login=login,
        password=password,
        host=host,
        port=port,
        schema=schema,
        extra=as_json(extra),
    )
    settings, refusal = attempt(lambda: client_settings(connection), PartnerCenterConfigurationError)
    if settings is None:
        assert re.search(r"'[a-z_]+' ", str(refusal)), refusal
        for secret in (PASSWORD, REFRESH_TOKEN, "thekey", "BEGIN PRIVATE"):
            assert secret not in str(refusal)
        return
    for address in (settings.base_url, settings.credentials.authority):
        url = urlsplit(address)
        assert url.scheme == "https"
        assert url.hostname
        assert "@" not in url.netloc
        assert re.fullmatch(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]", url.netloc.rpartition(":")[0] if url.port else url.netloc)
        assert not url.query
        assert not url.fragment
        assert not address.endswith("/")
    assert 1 <= settings.timeout < float("inf")
    assert settings.requests_per_minute >= 0
    assert PASSWORD not in repr(settings)
    assert REFRESH_TOKEN not in repr(settings)
    assert "thekey" not in repr(settings)
    exchange = settings.exchange()
    call = exchange.send(endpoints.get_customer(CUSTOMER))
    command = advance(call, None)
    while not isinstance(command, Send):
        command = advance(call, "token" if isinstance(command, GetToken) else None)
    assert valid(command.request, settings.base_url) == {}
    assert 0 < command.timeout <= settings.timeout
    call.close()
    for value in (settings.credentials.client_id, *settings.credentials.secrets):
        value.encode()
        assert "\x00" not in value
