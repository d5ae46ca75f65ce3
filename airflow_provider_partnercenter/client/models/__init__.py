"""The models of the API: qualifications and their vetting, validation codes, customers, audit records, webhooks."""

from __future__ import annotations

from airflow_provider_partnercenter.client.models.audit import AuditRecord
from airflow_provider_partnercenter.client.models.customers import Address, Customer, CustomerPage
from airflow_provider_partnercenter.client.models.pages import Page
from airflow_provider_partnercenter.client.models.qualifications import (
    CustomerQualification,
    EducationSegment,
    Qualification,
    VettingStatus,
    match_text,
)
from airflow_provider_partnercenter.client.models.validation_codes import ValidationCode
from airflow_provider_partnercenter.client.models.webhooks import (
    DeliveryAttempt,
    ValidationEvent,
    WebhookRegistration,
)

__all__ = [
    "Address",
    "AuditRecord",
    "Customer",
    "CustomerPage",
    "CustomerQualification",
    "DeliveryAttempt",
    "EducationSegment",
    "Page",
    "Qualification",
    "ValidationCode",
    "ValidationEvent",
    "VettingStatus",
    "WebhookRegistration",
    "match_text",
]
