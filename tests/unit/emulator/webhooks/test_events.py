"""The documents that are sent for events, against the examples on Microsoft's page."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.emulator.settings import TENANT_ID
from airflow_provider_partnercenter.emulator.webhooks.events import ACCEPTED, EVENTS, TEST_EVENT, make_event

CUSTOMER = "4b2a6e33-8791-4386-bd2b-0d55baf25039"
BASE = "https://api.partnercenter.microsoft.com"
ID = "c0bfd694-3075-4ec5-9a3c-733d3a890a1f"
# The moment of Microsoft's example; the ticks in its AuditUri are those of this time.
MOMENT = datetime(2023, 10, 18, 0, 26, 24, 15908, UTC)


def event_of(name: str, customer_id: str | None = CUSTOMER, base: str = BASE):
    return make_event(name, base, TENANT_ID, customer_id, MOMENT, lambda: ID)


def test_the_acceptance_of_a_customer_is_as_in_microsofts_example():
    assert json.loads(event_of(ACCEPTED).body()) == {
        "EventName": "reseller-relationship-accepted-by-customer",
        "ResourceUri": f"{BASE}/v1/customers/{CUSTOMER}",
        "ResourceName": "Customer",
        "AuditUri": f"{BASE}/auditactivity/v1/auditrecords/"
        f"{TENANT_ID}_{CUSTOMER}_resellerrelationshipacceptedbycustomer_638331855840159080",
        "ResourceChangeUtcDate": "2023-10-18T00:26:24.0159080+00:00",
    }


def test_the_test_is_as_in_microsofts_example():
    assert event_of(TEST_EVENT).body() == (
        b'{"EventName":"test-created",'
        b'"ResourceUri":"http://api.partnercenter.microsoft.com/webhooks/v1/registration/validationEvents/'
        b'c0bfd694-3075-4ec5-9a3c-733d3a890a1f",'
        b'"ResourceName":"test","AuditUri":null,"ResourceChangeUtcDate":"2023-10-18T00:26:24.0159080+00:00"}'
    )


@pytest.mark.parametrize(
    ("name", "resource_name", "uri"),
    [
        ("granular-admin-relationship-approved", "GranularAdminRelationship", f"https://partner.microsoft.com/granularAdminRelationships/{ID}"),
        ("dap-admin-relationship-approved", "PartnerCustomerDap", None),
        ("subscription-updated", "subscription", f"{BASE}/webhooks/v1/customers/{CUSTOMER}/subscriptions/{ID}"),
        ("usagerecords-thresholdExceeded", "usagerecords", f"{BASE}/v1/customers/usagerecords"),
        ("invoice-ready", "invoice", f"{BASE}/v1/invoices/{ID}"),
        ("referral-created", "referral", f"{BASE}/engagements/v1/referrals/{ID}"),
    ],
)  # fmt: skip
def test_each_event_names_its_resource_as_the_page_says(name, resource_name, uri):
    document = json.loads(event_of(name).body())
    assert (document["ResourceName"], document["ResourceUri"]) == (resource_name, uri)


def test_a_fraud_event_has_no_name_of_a_resource():
    assert "ResourceName" not in json.loads(event_of("azure-fraud-event-detected").body())


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_names_the_customer_only_if_its_resource_does(name):
    event = event_of(name)
    assert event.customer_id == (CUSTOMER if CUSTOMER in (event.resource_uri or "") else None)
    assert EVENTS[name].of_customer is (event.customer_id is not None)
    assert list(json.loads(event.body()))[-2:] == ["AuditUri", "ResourceChangeUtcDate"]


def test_each_event_has_a_resource_of_its_own():
    first, second = (make_event("invoice-ready", BASE, TENANT_ID, None, MOMENT) for _ in range(2))
    assert first.resource_uri != second.resource_uri


def test_an_event_can_be_moved_in_time():
    assert event_of(ACCEPTED).moved(-86400).changed_at == datetime(2023, 10, 17, 0, 26, 24, 15908, UTC)
