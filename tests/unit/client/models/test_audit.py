from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_partnercenter.client.models import AuditRecord

CUSTOMER = "5f0c1d2e-3b4a-4c5d-8e6f-7a8b9c0d1e2f"
ADDED: dict[str, Any] = {
    "id": f"11111111-1111-4111-8111-111111111111_{CUSTOMER}_{CUSTOMER}_addcustomer_637346648528069005",
    "partnerId": "11111111-1111-4111-8111-111111111111",
    "participants": ["11111111-1111-4111-8111-111111111111"],
    "customerId": CUSTOMER,
    "customerName": "Elm School",
    "userPrincipalName": "admin@partner.example",
    "applicationId": "22222222-2222-4222-8222-222222222222",
    "resourceType": "customer",
    "resourceNewValue": '{"BillingProfile":{"Email":"head@elm.example"},"UserCredentials":{"userName":"admin"}}',
    "operationType": "add_customer",
    "originalCorrelationId": "7550d9ea-e64a-416f-e49b-3670c516cf69",
    "operationDate": "2024-03-05T06:07:08.8069005Z",
    "operationStatus": "succeeded",
    "customizedData": [{"key": "Relationship", "value": "Reseller"}, {"key": "PartnerOnRecord-0", "value": None}],
    "attributes": {"objectType": "AuditRecord"},
}
MARCH = datetime(2024, 3, 5, 6, 7, 8, 806900, tzinfo=UTC)
READ = AuditRecord(
    "add_customer",
    "succeeded",
    MARCH,
    "customer",
    CUSTOMER,
    "Elm School",
    "admin@partner.example",
    "22222222-2222-4222-8222-222222222222",
    ADDED["id"],
    "7550d9ea-e64a-416f-e49b-3670c516cf69",
)


@pytest.mark.parametrize(
    ("document", "record"),
    [
        pytest.param(ADDED, READ, id="as-documented"),
        pytest.param({name[0].upper() + name[1:]: value for name, value in ADDED.items()}, READ, id="pascal-case"),
        pytest.param({"operationType": "create_order"}, AuditRecord("create_order"), id="nothing-else"),
        pytest.param(
            {"operationType": "create_order", **dict.fromkeys(("id", "customerId", "operationDate", "resourceType"))},
            AuditRecord("create_order"),
            id="nulls",
        ),
        pytest.param(
            {
                "operationType": "grow_wings",
                "operationStatus": "Decline",
                "operationDate": "soon",
                "resourceType": "bird",
                "applicationId": "Partner Center Native App",
            },
            AuditRecord("grow_wings", "Decline", "soon", "bird", application_id="Partner Center Native App"),
            id="unknown-texts-are-kept",
        ),
        pytest.param(
            {"operationType": "a\r\nb", "operationDate": "0001-01-01T00:00:00", "customerName": "\ud800"},
            AuditRecord("a b", customer_name="\ufffd"),
            id="what-cannot-be-stored",
        ),
    ],
)
def test_from_json(document, record):
    assert AuditRecord.from_json(document) == record


@pytest.mark.parametrize("document", [{}, [], None, "add_customer", {"operationType": ""}, {"operationType": []}])
def test_a_record_that_does_not_say_what_was_done_is_refused(document):
    with pytest.raises(ValueError, match="operationType"):
        AuditRecord.from_json(document)


def test_results_are_plain():
    data = READ.to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data == {
        "operation_type": "add_customer",
        "operation_status": "succeeded",
        "operation_date": "2024-03-05T06:07:08.806900+00:00",
        "resource_type": "customer",
        "customer_id": CUSTOMER,
        "customer_name": "Elm School",
        "user_principal_name": "admin@partner.example",
        "application_id": "22222222-2222-4222-8222-222222222222",
        "id": ADDED["id"],
        "correlation_id": "7550d9ea-e64a-416f-e49b-3670c516cf69",
    }
    assert AuditRecord("x", operation_date="soon").to_dict()["operation_date"] == "soon"


@pytest.mark.parametrize(
    ("operation", "status", "adds"),
    [
        ("add_customer", "succeeded", True),
        ("AddCustomer", "Succeeded", True),
        ("addcustomer", "SUCCEEDED", True),
        ("Add Customer", "succeeded", True),
        ("add_customer", "failed", False),
        ("add_customer", "progress", False),
        ("add_customer", "decline", False),
        ("add_customer", None, False),
        ("add_customer", "not_succeeded", False),
        ("add_customer_user", "succeeded", False),
        ("create_customer_user", "succeeded", False),
        ("update_customer_qualification", "succeeded", False),
        ("delete_customer", "succeeded", False),
    ],
)
def test_which_record_tells_of_a_new_customer(operation, status, adds):
    assert AuditRecord(operation, status).adds_customer is adds
