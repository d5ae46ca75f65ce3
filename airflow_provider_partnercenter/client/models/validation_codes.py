"""Validation codes for the Government Community Cloud."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_partnercenter.client.wire import Members


@dataclass(frozen=True, slots=True)
class ValidationCode:
    """
    A code that lets a partner create Government Community Cloud customers (page ``get-a-partner-s-validation-codes``).

    :param validation_id: the code itself; a string, although the page calls it a number.
    :param organization_name: the organization that the code was issued to.
    :param partner_id: the id of the partner.
    :param max_creates: how many customers the code was issued for; ``None`` if not stated.
    :param remaining_creates: how many customers are left; ``None`` if not stated.
    :param etag: the version of the resource.
    """

    validation_id: str
    organization_name: str | None = None
    partner_id: str | None = None
    max_creates: int | None = None
    remaining_creates: int | None = None
    etag: str | None = None

    @classmethod
    def from_json(cls, document: object) -> ValidationCode:
        """
        Read one code.

        :raises ValueError: if the document has no ``validationId``.
        """
        members = Members(document)
        validation_id = members.text("validationId")
        if validation_id is None:
            raise ValueError("a validation code has no member 'validationId'")
        return cls(
            validation_id=validation_id,
            organization_name=members.text("organizationName"),
            partner_id=members.text("partnerId"),
            max_creates=members.integer("maxCreates"),
            remaining_creates=members.integer("remainingCreates"),
            etag=members.text("eTag"),
        )
