from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.onboarding.run_ids import onboarding_run_id
from airflow_provider_partnercenter.qualification.webhooks.event import (
    LONGEST_BODY,
    Freshness,
    WebhookEvent,
    read_event,
    why_ignored,
)
from airflow_provider_partnercenter.qualification.webhooks.refusal import ANSWER, WebhookRefusedError

CUSTOMER = "4b2a6e33-8791-4386-bd2b-0d55baf25039"
OTHER = "5b2a6e33-8791-4386-bd2b-0d55baf25039"
CHANGED = datetime(2023, 10, 18, 0, 26, 24, 15908, tzinfo=UTC)
NOW = CHANGED.timestamp() + 30
HOUR, DAY = 3600.0, 86_400.0
ACCEPTED = {
    "EventName": "reseller-relationship-accepted-by-customer",
    "ResourceUri": f"https://api.partnercenter.microsoft.com/v1/customers/{CUSTOMER}",
    "ResourceName": "Customer",
    "AuditUri": "https://api.partnercenter.microsoft.com/auditactivity/v1/auditrecords/60d5c4bb_resellerrelationship",
    "ResourceChangeUtcDate": "2023-10-18T00:26:24.0159088+00:00",
}


def body(**changes):
    return json.dumps({**ACCEPTED, **changes}).encode()


def without(name):
    return json.dumps({key: value for key, value in ACCEPTED.items() if key != name}).encode()


def refusal(sent, now=NOW, freshness=None):
    with pytest.raises(WebhookRefusedError) as refused:
        read_event(sent, now, freshness)
    assert str(refused.value) == ANSWER
    assert "\n" not in refused.value.reason
    return refused.value.reason


def test_an_event_as_microsofts_page_shows_it():
    assert read_event(body(), NOW) == WebhookEvent(
        "reseller-relationship-accepted-by-customer",
        "Customer",
        ACCEPTED["ResourceUri"],
        CUSTOMER,
        CHANGED,
        ACCEPTED["AuditUri"],
    )


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\xef\xbb\xbf" + body(), id="byte-order mark"),
        pytest.param(json.dumps({key.lower(): value for key, value in ACCEPTED.items()}).encode(), id="lower case"),
        pytest.param(body(New={"a": [1]}), id="another member"),
        pytest.param(body(ResourceChangeUtcDate="2023-10-18T02:26:24.0159088+02:00"), id="an offset"),
        pytest.param(body(ResourceChangeUtcDate="2023-10-18T00:26:24.0159088Z"), id="Z"),
        pytest.param(body(ResourceChangeUtcDate="2023-10-18T00:26:24.0159088"), id="no offset"),
    ],
)
def test_the_same_event_in_another_spelling(sent):
    assert read_event(sent, NOW) == read_event(body(), NOW)


@pytest.mark.parametrize(
    ("uri", "customer"),
    [
        (f"http://api.partnercenter.microsoft.com/v1/customers/{CUSTOMER}", CUSTOMER),
        (f"https://api.partnercenter.microsoft.com/v1/Customers/{CUSTOMER.upper()}/", CUSTOMER),
        (f"https://api.partnercenter.microsoft.com/webhooks/v1/customers/{CUSTOMER}/subscriptions/{OTHER}", CUSTOMER),
        (f"https://api.partnercenter.microsoft.com/v1/customers/{CUSTOMER}?a=b#c", CUSTOMER),
        (f"/v1/customers/{CUSTOMER}", CUSTOMER),
        (f"https://partner.microsoft.com/granularAdminRelationships/{CUSTOMER}-{OTHER}", None),
        (f"https://api.partnercenter.microsoft.com/v1/invoices/{CUSTOMER}", None),
        ("https://api.partnercenter.microsoft.com/v1/customers/usagerecords", None),
        ("https://api.partnercenter.microsoft.com/v1/customers/{{CustomerId}}", None),
        ("https://api.partnercenter.microsoft.com/v1/customers/00000000-0000-0000-0000-000000000000", None),
        (f"https://api.partnercenter.microsoft.com/v1/customers/{CUSTOMER}%20", None),
        (f"https://api.partnercenter.microsoft.com/v1/customers/{CUSTOMER[:-1]}", None),
        (f"https://api.partnercenter.microsoft.com/v1/customers/../{CUSTOMER}", None),
        (f"https://api.partnercenter.microsoft.com/v1/customers/{CUSTOMER}/customers/{OTHER}", None),
        (f"https://api.partnercenter.microsoft.com/v1?next=/customers/{CUSTOMER}", None),
        (f"https://customers/{CUSTOMER}", None),
        (f"https://[customers/{CUSTOMER}", None),
        ("https://api.partnercenter.microsoft.com/v1/customers/", None),
        ("https://api.partnercenter.microsoft.com/v1/customers", None),
        ("", None),
        (None, None),
        ({"a": "b"}, None),
    ],
)
def test_the_customer_is_the_one_that_the_resource_belongs_to(uri, customer):
    assert read_event(body(ResourceUri=uri), NOW).customer_id == customer


@pytest.mark.parametrize("name", ["ResourceUri", "ResourceName", "AuditUri"])
def test_an_event_need_not_say_everything(name):
    attribute = {"ResourceUri": "resource_uri", "ResourceName": "resource_name", "AuditUri": "audit_uri"}[name]
    for sent in (without(name), body(**{name: None}), body(**{name: " "})):
        assert getattr(read_event(sent, NOW), attribute) is None


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "no EventName"),
        (b"{}", "no EventName"),
        (b"[]", "no EventName"),
        (b"null", "no EventName"),
        (b'"test-created"', "no EventName"),
        (without("EventName"), "no EventName"),
        (body(EventName=None), "no EventName"),
        (body(EventName=""), "no EventName"),
        (body(EventName=["test-created"]), "no EventName"),
        (body(EventName="a" * 129), "EventName has more than 128 characters"),
        (body(ResourceName="a" * 129), "ResourceName has more than 128 characters"),
        (body(ResourceUri="a" * 2049), "ResourceUri has more than 2048 characters"),
        (body(AuditUri="a" * 2049), "AuditUri has more than 2048 characters"),
        (without("ResourceChangeUtcDate"), "no ResourceChangeUtcDate"),
        (body(ResourceChangeUtcDate=None), "no ResourceChangeUtcDate"),
        (body(ResourceChangeUtcDate="yesterday"), "ResourceChangeUtcDate 'yesterday' is not a date"),
        (body(ResourceChangeUtcDate="0001-01-01T00:00:00"), "is not a date"),
        (body(ResourceChangeUtcDate="2023-13-18T00:26:24"), "is not a date"),
        (body(ResourceChangeUtcDate=1697588784), "is not a date"),
        (b"{", "not JSON"),
        (body()[:-1], "not JSON"),
        (b"\xff" + body(), "not JSON"),
        (body() + body(), "not JSON"),
        (b"[" * 30_000, "not JSON"),
        (b"1" * 5000, "not JSON"),
        (b'{"EventName": NaN}', "not JSON"),
        (body() + b" " * LONGEST_BODY, "more than 32768 bytes"),
    ],
)
def test_anything_else_is_refused(sent, reason):
    assert reason in refusal(sent)


def test_a_refusal_does_not_repeat_the_body():
    assert "secret" not in refusal(b'{"EventName": "secret", "ResourceUri": "secret"')


@pytest.mark.parametrize(
    ("age", "name", "freshness", "accepted"),
    [
        (0.0, "a-b", Freshness(), True),
        (7 * DAY, "a-b", Freshness(), True),
        (7 * DAY + 1, "a-b", Freshness(), False),
        (-600.0, "a-b", Freshness(), True),
        (-601.0, "a-b", Freshness(), False),
        (HOUR, "a-b", Freshness(back=HOUR), True),
        (HOUR + 1, "a-b", Freshness(back=HOUR), False),
        (-5.0, "a-b", Freshness(ahead=5), True),
        (-6.0, "a-b", Freshness(ahead=5), False),
        (48 * HOUR, "subscription-updated", Freshness(back=HOUR), True),
        (48 * HOUR, "Subscription-Updated", Freshness(back=HOUR), True),
        (48 * HOUR + 1, "subscription-updated", Freshness(back=HOUR), False),
        (7 * DAY, "subscription-updated", Freshness(), True),
        (7 * DAY + 1, "subscription-updated", Freshness(), False),
        (48 * HOUR, "subscriptions", Freshness(back=HOUR), False),
    ],
)
def test_an_event_must_be_fresh(age, name, freshness, accepted):
    now, sent = CHANGED.timestamp() + age, body(EventName=name)
    if accepted:
        assert read_event(sent, now, freshness).name == name
    else:
        assert "ResourceChangeUtcDate is 2023-10-18T00:26:24.015908+00:00" in refusal(sent, now, freshness)


def test_by_default_an_event_may_be_seven_days_old():
    read_event(body(), CHANGED.timestamp() + 7 * DAY)
    assert "604800 s back and 600 s ahead" in refusal(body(), CHANGED.timestamp() + 7 * DAY + 1)


def test_an_event_keeps_its_identity_when_it_is_repeated():
    first, again = read_event(body(), NOW), read_event(body(AuditUri=None), NOW + HOUR)
    assert first.event_id == again.event_id
    assert first.event_id.startswith("reseller-relationship-accepted-by-customer:2023-10-18T00:26:24.015908+00:00:")


@pytest.mark.parametrize(
    "changes",
    [
        {"EventName": "indirect-reseller-relationship-accepted-by-customer"},
        {"ResourceName": "Other"},
        {"ResourceUri": f"https://api.partnercenter.microsoft.com/v1/customers/{OTHER}"},
        {"ResourceUri": None},
        {"ResourceChangeUtcDate": "2023-10-18T00:26:24.0159098+00:00"},
    ],
)
def test_another_event_has_another_identity(changes):
    assert read_event(body(**changes), NOW).event_id != read_event(body(), NOW).event_id


def test_the_identity_can_be_read_in_a_run_id():
    event = read_event(body(), NOW)
    assert onboarding_run_id(event.customer_id, event.event_id) == f"onboard-{CUSTOMER}-{event.event_id}"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"EventName": "Indirect-Reseller-Relationship-Accepted-By-Customer"}, None),
        ({"EventName": "granular-admin-relationship-approved"}, None),
        ({"EventName": "dap-admin-relationship-approved"}, None),
        ({"EventName": "dap-admin-relationship-approved", "ResourceUri": None}, "names no customer"),
        ({"ResourceUri": "https://partner.microsoft.com/granularAdminRelationships/1"}, "names no customer"),
        ({"EventName": "test-created"}, "Microsoft's test"),
        ({"EventName": "Test-Created"}, "Microsoft's test"),
        ({"EventName": "granular-admin-relationship-terminated"}, "no onboarding begins with 'granular"),
        ({"EventName": "subscription-updated"}, "no onboarding begins with 'subscription-updated'"),
        ({"EventName": "something-new"}, "no onboarding begins with 'something-new'"),
        ({"EventName": "two\nlines"}, "no onboarding begins with 'two lines'"),
    ],
)
def test_an_onboarding_begins_with_few_events(changes, reason):
    ignored = why_ignored(read_event(body(**changes), NOW))
    assert ignored is None if reason is None else reason in ignored


@pytest.mark.parametrize(
    ("name", "names", "wanted"),
    [
        ("subscription-updated", {"Subscription-Updated"}, True),
        ("reseller-relationship-accepted-by-customer", {"subscription-updated"}, False),
        ("reseller-relationship-accepted-by-customer", set(), False),
        ("test-created", {"test-created"}, False),
    ],
)
def test_the_wanted_names_can_be_chosen(name, names, wanted):
    assert (why_ignored(read_event(body(EventName=name), NOW), names) is None) is wanted
