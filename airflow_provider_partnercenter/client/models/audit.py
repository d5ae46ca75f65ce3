"""Audit records: what the partner's users and applications have done in Partner Center."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_partnercenter.client.wire import Members, format_date, key_of, read_date


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """
    One operation of a user or an application of the partner (page ``auditing-resources``).

    Microsoft's lists of operations, resources and statuses grow, so these are the strings as received; all that were
    seen are in snake_case. The old and the new value of the resource are left out: they are long, and contain names and
    addresses of people.

    :param operation_type: what was done, for example ``add_customer`` or ``update_customer_qualification``.
    :param operation_status: ``succeeded``, ``failed`` or ``progress``.
    :param operation_date: when it was done (UTC); the string as received if it cannot be read.
    :param resource_type: what it was done to, for example ``customer``.
    :param customer_id: the customer's tenant id; ``None`` if the operation was about no customer.
    :param customer_name: the name of the customer's company.
    :param user_principal_name: the user who did it.
    :param application_id: the application that did it: an id, or the name of a part of Partner Center.
    :param id: the id of the record.
    :param correlation_id: the ``MS-CorrelationId`` of the request that did it.
    """

    operation_type: str
    operation_status: str | None = None
    operation_date: datetime | str | None = None
    resource_type: str | None = None
    customer_id: str | None = None
    customer_name: str | None = None
    user_principal_name: str | None = None
    application_id: str | None = None
    id: str | None = None
    correlation_id: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the operation is over and has not failed."""
        return key_of(self.operation_status or "") == "succeeded"

    @property
    def adds_customer(self) -> bool:
        """Whether the record tells of a new customer: ``add_customer``, in any spelling, which succeeded."""
        return key_of(self.operation_type) == "addcustomer" and self.succeeded

    @classmethod
    def from_json(cls, document: object) -> AuditRecord:
        """
        Read one record.

        :raises ValueError: if the document does not say what was done.
        """
        members = Members(document)
        operation_type = members.text("operationType")
        if not operation_type:
            raise ValueError("an audit record has no member 'operationType'")
        return cls(
            operation_type=operation_type,
            operation_status=members.text("operationStatus"),
            operation_date=read_date(members.text("operationDate") or ""),
            resource_type=members.text("resourceType"),
            customer_id=members.text("customerId"),
            customer_name=members.text("customerName"),
            user_principal_name=members.text("userPrincipalName"),
            application_id=members.text("applicationId"),
            id=members.text("id"),
            correlation_id=members.text("originalCorrelationId"),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types, the form of every result in XCom."""
        date = self.operation_date
        return {
            "operation_type": self.operation_type,
            "operation_status": self.operation_status,
            "operation_date": format_date(date) if isinstance(date, datetime) else date,
            "resource_type": self.resource_type,
            "customer_id": self.customer_id,
            "customer_name": self.customer_name,
            "user_principal_name": self.user_principal_name,
            "application_id": self.application_id,
            "id": self.id,
            "correlation_id": self.correlation_id,
        }
