"""The bodies of answers: the documented shapes of qualifications, and customers with their links and attributes."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.emulator.scenario.behaviour import Behaviour, Dates, Shape, Verdict, WhenEmpty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_partnercenter.emulator.partner.audit import Deed
    from airflow_provider_partnercenter.emulator.partner.customers import CustomerRecord, HeldQualification
    from airflow_provider_partnercenter.emulator.settings import Settings

_NEVER_SET = datetime.min.replace(tzinfo=UTC)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _date(entry: HeldQualification, verdict: Verdict | None, dates: Dates) -> datetime | None:
    """Return the date that a read shows; in Microsoft's samples, an approved Education entry has none."""
    if dates is not Dates.SAMPLES:
        return _NEVER_SET if dates is Dates.YEAR_ONE else None
    if entry.dated is not None:
        return entry.created if entry.dated else None
    if verdict is None or (entry.qualification is Qualification.EDUCATION and verdict.status == "Approved"):
        return None
    return entry.created


def _text(date: datetime, qualification: Qualification) -> str:
    if date == _NEVER_SET:
        return "0001-01-01T00:00:00"
    if qualification is Qualification.GOVERNMENT_COMMUNITY_CLOUD:
        return f"{date:%Y-%m-%dT%H:%M:%S.%f}0+00:00"
    return f"{date:%Y-%m-%dT%H:%M:%S}.{date.microsecond // 1000:03d}Z"


def _entry(entry: HeldQualification, verdict: Verdict | None, dates: Dates) -> dict[str, Any]:
    document = {"qualification": str(entry.qualification)}
    if verdict is not None:
        document["vettingStatus"] = verdict.status
        if verdict.reason:
            document["vettingReason"] = verdict.reason
    if date := _date(entry, verdict, dates):
        document["vettingCreatedDate"] = _text(date, entry.qualification)
    return document


def _pascal(entry: HeldQualification, verdict: Verdict | None, dates: Dates) -> dict[str, Any]:
    """Return the object of the change log of December 2020; in PascalCase, the service writes nulls too."""
    date = _date(entry, verdict, dates)
    return {
        "Qualification": str(entry.qualification),
        "VettingStatus": verdict and verdict.status,
        "VettingReason": verdict and verdict.reason,
        "VettingCreatedDate": date and f"{date:%m/%d/%Y: %H:%M:%S}",
    }


def qualifications(
    behaviour: Behaviour, shown: Sequence[tuple[HeldQualification, Verdict | None]]
) -> tuple[int, bytes]:
    """
    Return the answer of ``GET /qualifications``.

    :param behaviour: the customer's behaviour, which decides the shape.
    :param shown: the entries that the read shows, with their verdicts.
    :return: the status and the body.
    """
    document: Any
    if shown and behaviour.shape is Shape.PASCAL_OBJECT:
        document = _pascal(*max(shown, key=lambda pair: pair[0].created), behaviour.dates)
    elif shown or behaviour.when_empty is WhenEmpty.LIST:
        document = [_entry(*pair, behaviour.dates) for pair in shown]
    elif behaviour.when_empty is WhenEmpty.NONE_ENTRY:
        document = [{"qualification": "None"}]
    else:
        return 204, b""
    return 200, _shaped(behaviour.shape, document)


def created(behaviour: Behaviour, entry: HeldQualification) -> tuple[int, bytes]:
    """
    Return the answer of ``POST /qualifications``: one object, whose date is called ``vettingCreateDate``.

    :return: the status and the body.
    """
    if behaviour.shape is Shape.PASCAL_OBJECT:
        return 201, _shaped(behaviour.shape, _pascal(entry, entry.first, behaviour.dates))
    document = {"qualification": str(entry.qualification)}
    if entry.first is not None:
        document["vettingStatus"] = entry.first.status
        document["vettingCreateDate"] = f"{entry.created:%Y-%m-%dT%H:%M:%SZ}"
    if behaviour.shape is Shape.WRAPPER:
        return 200, _shaped(behaviour.shape, [document])
    return 201, _shaped(behaviour.shape, document)


def _shaped(shape: Shape, document: Any) -> bytes:
    if shape is Shape.WRAPPER:
        document = {"qualifications": document}
    if shape is Shape.COLLECTION and isinstance(document, list):
        document = collection(document, "/customers", None)
    body = json.dumps(document).encode()
    return BYTE_ORDER_MARK + body if shape is Shape.BYTE_ORDER_MARK else body


def squashed(qualification: Qualification) -> str:
    """Return the name of a qualification as the legacy endpoint writes it: ``governmentcommunitycloud``."""
    return qualification.api_name.lower()


def _links(path: str) -> dict[str, Any]:
    return {"self": {"uri": path, "method": "GET", "headers": []}}


def listed_customer(record: CustomerRecord) -> dict[str, Any]:
    """Return an item of ``GET /customers``, which contains little more than names."""
    path = f"/customers/{record.customer_id}"
    return {
        "id": record.customer_id,
        "companyProfile": {
            "tenantId": record.customer_id,
            "domain": record.company.domain,
            "companyName": record.company.company_name,
            "links": _links(f"{path}/profiles/company"),
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": record.company.relationship,
        "links": _links(path),
        "attributes": {"objectType": "Customer"},
    }


def customer(record: CustomerRecord) -> dict[str, Any]:
    """Return the answer of ``GET /customers/{id}``; without delegated access, it has no address, e-mail or domains."""
    company, path = record.company, f"/customers/{record.customer_id}"
    document = listed_customer(record)
    commerce_id = str(uuid.uuid5(uuid.NAMESPACE_URL, path))
    billing: dict[str, Any] = {
        "id": commerce_id,
        "firstName": "Robin",
        "lastName": "Doe",
        "culture": "en-US",
        "language": "en",
        "companyName": company.company_name,
    }
    if company.allow_delegated_access:
        document["customDomains"] = [company.domain]
        document["companyProfile"]["email"] = billing["email"] = company.email
        if company.address_line1:
            address = {
                "country": company.country,
                "city": company.city,
                "addressLine1": company.address_line1,
                "postalCode": company.postal_code,
                "phoneNumber": "2175550100",
            }
            document["companyProfile"]["address"] = {**address, "region": company.state}
            billing["defaultAddress"] = {**address, "state": company.state, "firstName": "Robin", "lastName": "Doe"}
    billing["links"] = _links(f"{path}/profiles/billing")
    billing["attributes"] = {"etag": commerce_id, "objectType": "CustomerBillingProfile"}
    return {
        **document,
        "commerceId": commerce_id,
        "billingProfile": billing,
        "allowDelegatedAccess": company.allow_delegated_access,
    }


def audit_record(deed: Deed, settings: Settings) -> dict[str, Any]:
    """Return an item of ``GET /auditrecords``. The values of the resource, which are long, are left out."""
    squashed_operation = deed.operation.replace("_", "")
    ticks = (deed.moment - _NEVER_SET) // timedelta(microseconds=1) * 10 + deed.number
    return {
        "id": f"{settings.tenant_id}_{deed.customer_id}_{squashed_operation}_{ticks}",
        "partnerId": settings.tenant_id,
        "customerId": deed.customer_id,
        "customerName": deed.customer_name,
        "userPrincipalName": "admin@partner.example",
        "applicationId": settings.client_id,
        "resourceType": "customer",
        "operationType": deed.operation,
        "operationDate": f"{deed.moment:%Y-%m-%dT%H:%M:%S.%f}0Z",
        "operationStatus": "succeeded",
        "customizedData": [],
        "attributes": {"objectType": "AuditRecord"},
    }


def collection(items: list[dict[str, Any]], uri: str, following: tuple[str, str] | None) -> dict[str, Any]:
    """
    Return one page of a collection.

    :param items: the items of the page.
    :param uri: the path and query of the request.
    :param following: the path and query of the next page, and its token; ``None`` on the last page.
    """
    links: dict[str, Any] = _links(uri)
    if following is not None:
        next_uri, token = following
        links["next"] = {
            "uri": next_uri,
            "method": "GET",
            "headers": [{"key": "MS-ContinuationToken", "value": token}],
        }
    return {"totalCount": len(items), "items": items, "links": links, "attributes": {"objectType": "Collection"}}
