"""Whatever is sent as a webhook, it is an event or refused with one error; nothing else is raised."""

from __future__ import annotations

import functools
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.qualification.webhooks.certificates import (
    Roots,
    SigningCertificate,
    signing_certificate,
)
from airflow_provider_partnercenter.qualification.webhooks.delivery import Delivery
from airflow_provider_partnercenter.qualification.webhooks.event import BEGINNINGS, why_ignored
from airflow_provider_partnercenter.qualification.webhooks.headers import CERTIFICATE_HOSTS
from airflow_provider_partnercenter.qualification.webhooks.refusal import ANSWER, WebhookRefusedError
from tests.support.generated import examples
from tests.support.webhooks import signing
from tests.support.webhooks.in_process import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

CUSTOMER = "4b2a6e33-8791-4386-bd2b-0d55baf25039"

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
dates = st.floats(-8 * signing.DAY, 8 * signing.DAY).map(lambda age: moment(signing.NOW + age))
uris = st.sampled_from(["http", "https://host", ""]).flatmap(
    lambda begin: st.sampled_from([CUSTOMER, CUSTOMER.upper(), "usagerecords", "%00", "[", "//"]).map(
        lambda end: f"{begin}/v1/customers/{end}"
    )
)
objects = st.fixed_dictionaries(
    {},
    optional={
        "EventName": st.sampled_from(sorted({*BEGINNINGS, "test-created"})) | values,
        "ResourceUri": uris | values,
        "ResourceName": st.just("Customer") | values,
        "AuditUri": values,
        "ResourceChangeUtcDate": dates | values,
        "resourceuri": uris,
    },
)
documents = (objects | values).map(lambda document: json.dumps(document).encode())
bodies = (
    documents | st.binary(max_size=99) | documents.flatmap(lambda body: st.integers(0, 40).map(lambda cut: body[cut:]))
)

names = st.sampled_from(
    ["Authorization", "x-ms-signature", "X-MS-Certificate-Url", "X-MS-Signature-Algorithm", "Host"]
) | st.text(max_size=20)
urls = st.lists(
    st.sampled_from(
        [
            "https://",
            "http://",
            *CERTIFICATE_HOSTS,
            "evil.example",
            "@",
            ":",
            "443",
            "/",
            "//",
            ".",
            "?",
            "#",
            "\\",
            "%2e",
        ]
    ),
    max_size=6,
).map("".join)
texts = (
    urls | st.sampled_from(["Signature QUJD", "QUJD", "rsa-sha256", "Basic QUJD", signing.URL]) | st.text(max_size=99)
)


STORED, IGNORED = "The event is stored.", "The event is known, and nothing begins with it."


@pytest.fixture(autouse=True, scope="module")
def _the_time() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "source", SimpleNamespace(now=lambda: signing.NOW))
        yield


def header_can_be_sent(name: str, value: str) -> bool:
    """Return whether the server would read such a header at all."""
    return bool(name) and (name + value).isascii()


@functools.cache
def trusted() -> Roots:
    return signing.roots()


@functools.cache
def signer() -> SigningCertificate:
    return signing_certificate(signing.pem(signing.leaf()), trusted(), signing.NOW)


@functools.cache
def chain(encoding: Encoding) -> bytes:
    if encoding is Encoding.DER:
        return signing.leaf().public_bytes(Encoding.DER)
    return signing.pem(signing.leaf(), signing.authority())


def refused_properly(refusal: WebhookRefusedError) -> None:
    assert str(refusal) == ANSWER
    assert refusal.reason.isprintable()
    assert len(refusal.reason) < 2000


@examples(500)
@given(bodies)
def test_any_signed_body_is_an_event_or_refused(body: bytes) -> None:
    delivery = Delivery.from_http(signing.headers(signing.sign(body)), body)
    try:
        event = delivery.event(signer(), signing.NOW)
    except WebhookRefusedError as refusal:
        refused_properly(refusal)
        return
    assert event.customer_id in (None, CUSTOMER)
    assert event.name
    assert event.event_id.startswith(event.name)
    assert event.customer_id or why_ignored(event)


@examples(500)
@given(st.lists(st.tuples(names, texts), max_size=6), bodies)
def test_any_headers_lead_to_an_allowed_host_or_are_refused(headers: list[tuple[str, str]], body: bytes) -> None:
    try:
        delivery = Delivery.from_http(headers, body)
    except WebhookRefusedError as refusal:
        refused_properly(refusal)
        return
    assert delivery.certificate_url.split("/")[:3] == ["https:", "", *CERTIFICATE_HOSTS]


@examples(500)
@given(texts)
def test_any_address_is_on_an_allowed_host_or_refused(url: str) -> None:
    try:
        delivery = Delivery.from_http(signing.headers(b"signature", url), b"")
    except WebhookRefusedError as refusal:
        refused_properly(refusal)
        return
    assert delivery.certificate_url.split("/")[:3] == ["https:", "", *CERTIFICATE_HOSTS]


@examples(500)
@given(
    st.lists(st.tuples(names, texts).filter(lambda header: header_can_be_sent(*header)), max_size=6),
    bodies,
    st.booleans(),
)
def test_the_receiver_answers_anything_and_stores_only_what_was_verified(
    headers: list[tuple[str, str]], body: bytes, signed: bool
) -> None:
    signature = signing.headers(signing.sign(body)) if signed else []
    receiver = Receiver()
    status, answer = receiver.ask(body, signature + headers)
    assert (status, answer) in {(200, STORED), (200, IGNORED), (403, ANSWER)}
    assert len(receiver.stored) == (answer == STORED)
    assert set(receiver.fetched) <= {signing.URL}
    assert signed or status == 403


@examples(200)
@given(bodies, st.integers(0, 255), st.integers(0, 7))
def test_no_changed_signature_is_accepted(body: bytes, at: int, bit: int) -> None:
    signature = bytearray(signing.sign(body))
    signature[at] ^= 1 << bit
    delivery = Delivery.from_http(signing.headers(bytes(signature)), body)
    with pytest.raises(WebhookRefusedError) as refused:
        delivery.event(signer(), signing.NOW)
    assert "signature is not by" in refused.value.reason


@examples(500)
@given(
    st.sampled_from([Encoding.DER, Encoding.PEM]),
    st.integers(0, 4000),
    st.binary(min_size=1, max_size=4),
    st.booleans(),
)
def test_any_damaged_certificate_is_refused_or_still_the_same(
    encoding: Encoding, at: int, damage: bytes, insert: bool
) -> None:
    fetched = chain(encoding)
    at %= len(fetched)
    damaged = fetched[:at] + damage + fetched[at if insert else at + len(damage) :]
    try:
        found = signing_certificate(damaged, trusted(), signing.NOW)
    except WebhookRefusedError as refusal:
        refused_properly(refusal)
        return
    # What lies between the certificates may change, and the second one is among the trusted ones too.
    assert found.key.public_numbers() == signer().key.public_numbers()
    assert found.subject == signer().subject


@examples(200)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_no_certificate(fetched: bytes, as_pem: bool) -> None:
    sent = b"-----BEGIN CERTIFICATE-----\n" + fetched if as_pem else fetched
    with pytest.raises(WebhookRefusedError) as refused:
        signing_certificate(sent, trusted(), signing.NOW)
    refused_properly(refused.value)
