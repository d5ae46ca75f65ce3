"""The REST operations. One function for each says what to send and how to read the answer, for both clients. No I/O."""

from __future__ import annotations

from airflow_provider_partnercenter.client.protocol.endpoints.audit import get_audit_records_page
from airflow_provider_partnercenter.client.protocol.endpoints.customers import (
    get_customer,
    get_customers_page,
    is_mfa_compliant,
)
from airflow_provider_partnercenter.client.protocol.endpoints.endpoint import Endpoint
from airflow_provider_partnercenter.client.protocol.endpoints.qualifications import (
    create_qualification,
    get_qualification,
    get_qualifications,
    get_validation_codes,
    read_qualifications,
    read_single_qualification,
    update_qualification,
)
from airflow_provider_partnercenter.client.protocol.endpoints.webhooks import (
    create_webhook_registration,
    get_validation_event,
    get_webhook_events,
    get_webhook_registration,
    replace_webhook_registration,
    send_validation_event,
)

__all__ = [
    "Endpoint",
    "create_qualification",
    "create_webhook_registration",
    "get_audit_records_page",
    "get_customer",
    "get_customers_page",
    "get_qualification",
    "get_qualifications",
    "get_validation_codes",
    "get_validation_event",
    "get_webhook_events",
    "get_webhook_registration",
    "is_mfa_compliant",
    "read_qualifications",
    "read_single_qualification",
    "replace_webhook_registration",
    "send_validation_event",
    "update_qualification",
]
