"""What an onboarding event has to be, and what is said of one that is not."""

from __future__ import annotations

import json

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.onboarding.events import LONGEST, read_event

CUSTOMER = "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"
OTHER = "1b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"
EVENT = {"customer_id": CUSTOMER, "event_id": "4711", "qualification": "Education", "education_segment": "K12"}
CONF = {"customer_id": CUSTOMER, "qualification": "Education", "education_segment": "K12"}


@pytest.mark.parametrize(
    "body",
    [EVENT, json.dumps(EVENT), json.dumps(EVENT).encode(), b"\xef\xbb\xbf" + json.dumps(EVENT).encode()],
    ids=["parsed", "text", "bytes", "byte-order-mark"],
)
def test_an_event_names_its_run_and_gives_the_rest_to_it(body):
    event = read_event(body)
    assert event.customer_id == CUSTOMER
    assert event.run_id == f"onboard-{CUSTOMER}-4711"
    assert event.conf == CONF


@pytest.mark.parametrize("text", ["\\u0000", "\\b", "a\tb\nc", "💥", "\\\\u0001"])
def test_what_only_looks_like_a_control_character_is_none(text):
    assert read_event({"customer_id": CUSTOMER, "note": text}).conf["note"] == text


def test_what_json_does_not_know_becomes_what_it_knows():
    body = {"customer_id": CUSTOMER, "a": {1: (2,)}, None: 3}
    assert read_event(body).conf == {"customer_id": CUSTOMER, "a": {"1": [2]}, "null": 3}


def test_the_customer_may_come_beside_the_event():
    assert read_event({"event_id": 7}, CUSTOMER.upper()).run_id == f"onboard-{CUSTOMER}-7"
    assert read_event(None, CUSTOMER).conf == {"customer_id": CUSTOMER}
    assert read_event(EVENT, CUSTOMER).conf == CONF


def test_without_an_event_id_the_customer_decides():
    for body in ({"customer_id": CUSTOMER}, {"customer_id": CUSTOMER, "event_id": None}):
        assert read_event(body).run_id == f"onboard-{CUSTOMER}"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "names no customer"),
        ({}, "names no customer"),
        ({"event_id": "1"}, "names no customer"),
        ({"customer_id": "contoso.example"}, "'contoso.example' is not a GUID"),
        ({"customer_id": [CUSTOMER]}, "is not a GUID"),
        ({"customer_id": CUSTOMER, "event_id": {"id": 1}}, "event_id .* is of type dict"),
        (b"customer", "is not JSON .*b'customer'"),
        (b"\xff\xfe", "is not JSON"),
        ("{", "is not JSON"),
        ('{"customer_id": NaN}', "is not JSON"),
        ({"customer_id": CUSTOMER, "price": float("nan")}, "is not JSON"),
        ({"customer_id": CUSTOMER, "when": object()}, "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        (f'"{CUSTOMER}"', "is not a JSON object"),
        ([EVENT], "is not a JSON object"),
        (7, "is not a JSON object"),
        ({"customer_id": CUSTOMER, "website": "a\x00b"}, "contains a control character"),
        ({"customer_id": CUSTOMER, "a\x00b": 1}, "contains a control character"),
        ({"customer_id": CUSTOMER, "a": "\\\x08"}, "contains a control character"),
        ({"customer_id": CUSTOMER, "a": "\x7f"}, "contains a control character"),
        ({"customer_id": CUSTOMER, "list": ["\ud83c"]}, "contains a control character or an unpaired surrogate"),
        ({"customer_id": CUSTOMER, "note": "x" * LONGEST}, f"at most {LONGEST} are accepted"),
    ],
)
def test_what_is_no_event_is_refused(body, says):
    with pytest.raises(PartnerCenterInvalidRequestError, match=says) as refused:
        read_event(body)
    assert "What to do: " in str(refused.value)
    assert len(str(refused.value)) < 500


def test_two_customers_are_refused():
    with pytest.raises(PartnerCenterInvalidRequestError, match=f"names customer {CUSTOMER}, but it came with the key"):
        read_event(EVENT, OTHER)
