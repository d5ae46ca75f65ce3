"""Customers of the partner, and the pages of their list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_provider_partnercenter.client.models.pages import Page
from airflow_provider_partnercenter.client.wire import Members, printable


@dataclass(frozen=True, slots=True)
class Address:
    """A customer's postal address, which Microsoft checks when it reviews an Education request."""

    address_line1: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country: str | None = None

    @classmethod
    def from_json(cls, document: object) -> Address:
        """Read an address; members that are missing stay ``None``."""
        members = Members(document)
        return cls(
            address_line1=members.text("addressLine1"),
            city=members.text("city"),
            postal_code=members.text("postalCode"),
            country=members.text("country"),
        )


@dataclass(frozen=True, slots=True)
class Customer:
    """
    A customer of the partner (pages ``get-a-customer-by-id`` and ``get-a-list-of-customers``).

    The list gives only ``id``, ``company_name``, ``domain`` and ``relationship_to_partner``. Without delegated access,
    a single customer has no address, e-mail or custom domains either. A member that is not given is ``None`` or empty.

    :param id: the customer's tenant id, a GUID ("Microsoft ID").
    :param company_name: the name of the company.
    :param domain: the domain name in the company profile.
    :param relationship_to_partner: Microsoft's name for the relationship, for example ``reseller``.
    :param allow_delegated_access: whether the partner administers the tenant; ``None`` in a list.
    :param email: the e-mail address of the company.
    :param address: the postal address.
    :param custom_domains: the customer's own domains.
    """

    id: str
    company_name: str | None = None
    domain: str | None = None
    relationship_to_partner: str | None = None
    allow_delegated_access: bool | None = None
    email: str | None = None
    address: Address = Address()
    custom_domains: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, document: object) -> Customer:
        """
        Read one customer.

        :raises ValueError: if the document has no ``id``.
        """
        members = Members(document)
        company, billing = members.members("companyProfile"), members.members("billingProfile")
        customer_id = members.text("id") or company.text("tenantId")
        if customer_id is None:
            raise ValueError("a customer has no member 'id'")
        domains = members.get("customDomains")
        return cls(
            id=customer_id,
            company_name=company.text("companyName") or billing.text("companyName"),
            domain=company.text("domain"),
            relationship_to_partner=members.text("relationshipToPartner"),
            allow_delegated_access=members.boolean("allowDelegatedAccess"),
            email=company.text("email") or billing.text("email"),
            address=Address.from_json(billing.get("defaultAddress") or company.get("address")),
            custom_domains=tuple(printable(domain) for domain in domains if isinstance(domain, str))
            if isinstance(domains, list)
            else (),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the members of the list and ``allow_delegated_access`` as plain JSON types."""
        return {
            "id": self.id,
            "company_name": self.company_name,
            "domain": self.domain,
            "relationship_to_partner": self.relationship_to_partner,
            "allow_delegated_access": self.allow_delegated_access,
        }


class CustomerPage(Page[Customer]):
    """One page of the customer list. Items without an id could not be read."""

    __slots__ = ()

    @property
    def customers(self) -> tuple[Customer, ...]:
        """The customers of this page."""
        return self.items
