"""
The models of the API: qualifications, vetting, validation codes, customers.

Enumerations keep the names and numbers of Microsoft's contract. A value that this version does not know is kept as the
string that was received and never mapped to another one: the official .NET converter turns an unknown qualification
into ``None``, and a customer that looks unqualified is submitted again.
"""

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_partnercenter.client.wire import Members, format_date, key_of, printable, read_date

if TYPE_CHECKING:
    from collections.abc import Mapping

E = TypeVar("E", bound=enum.Enum)

# Entries are part of trigger arguments, events and XComs, which must stay small. Microsoft's own texts are far shorter.
_MAX_REASON = 500
_MAX_TEXT = 100


class Qualification(enum.Enum):
    """
    A customer qualification, with the number that the legacy endpoint uses (``CustomerQualification`` enumeration).

    ``str()`` and :attr:`api_name` give Microsoft's name (``"GovernmentCommunityCloud"``); calling the class accepts the
    number, any spelling of the name, or a member: ``Qualification("government_community_cloud")``.
    """

    NONE = 0
    EDUCATION = 1
    NONPROFIT = 2
    GOVERNMENT_COMMUNITY_CLOUD = 3
    STATE_OWNED_ENTITY = 4

    @property
    def api_name(self) -> str:
        """The name as the API spells it, for example ``"StateOwnedEntity"``."""
        return self.name.title().replace("_", "")

    def __str__(self) -> str:
        return self.api_name

    @classmethod
    def _missing_(cls, value: object) -> Qualification | None:
        if isinstance(value, str):
            text = key_of(value)
            return next((q for q in cls if text in (key_of(q.name), str(q.value))), None)
        return None

    @staticmethod
    @functools.lru_cache(maxsize=256, typed=True)
    def read(value: str | int) -> Qualification | str:
        """
        Read a qualification from an answer.

        :param value: a name in any spelling, or the number.
        :return: the member, or the string as received if the qualification is unknown.
        """
        try:
            return Qualification(value)
        except ValueError:
            return str(value)


class VettingStatus(enum.StrEnum):
    """The status of Microsoft's review. Microsoft's list is open: other values are kept as strings."""

    IN_REVIEW = "InReview"
    APPROVED = "Approved"
    DENIED = "Denied"


class EducationSegment(enum.StrEnum):
    """The kind of school; required for an ``Education`` request."""

    K12 = "K12"
    HIGHER_EDUCATION = "HigherEducation"


@functools.lru_cache(maxsize=256)
def match_text(members: type[E], text: str) -> E | None:
    """Return the member of a string enumeration for any spelling of its value (``"higher_education"``), or ``None``."""
    wanted = key_of(text)
    return next((member for member in members if key_of(str(member.value)) == wanted), None)


@dataclass(frozen=True, slots=True)
class CustomerQualification:
    """
    One qualification of a customer (V2 contract of the page ``get-customer-qualification-asynchronous``).

    :param qualification: the qualification; the string as received if it is unknown to this version.
    :param vetting_status: Microsoft's status; ``None`` if there is none, as for ``StateOwnedEntity``.
    :param vetting_reason: Microsoft's reason for a denial.
    :param vetting_created_date: when the request was created (UTC); the string as received if it cannot be read.
    """

    qualification: Qualification | str
    vetting_status: VettingStatus | str | None = None
    vetting_reason: str | None = None
    vetting_created_date: datetime | str | None = None

    @classmethod
    def from_json(cls, document: object) -> CustomerQualification:
        """
        Read one entry: an object in any letter case, or a bare name or number of the legacy endpoints.

        :raises ValueError: if the document names no qualification.
        """
        members = Members({"qualification": document} if isinstance(document, (str, int)) else document)
        qualification = members.text("qualification")
        if qualification is None:
            raise ValueError("an entry has no member 'qualification'")
        if (
            isinstance(document, str)
            and " " in document.strip()
            and not isinstance(Qualification.read(document), Qualification)
        ):
            # For example "Customer tagging denied.".
            raise ValueError("a sentence is not a qualification")
        # Cut the strings before reading them: from_dict must read what is left of a long string as the same value.
        status = (members.text("vettingStatus") or "")[:_MAX_TEXT]
        date = (members.text("vettingCreatedDate", "vettingCreateDate") or "")[:_MAX_TEXT]
        return cls(
            qualification=Qualification.read(qualification[:_MAX_TEXT]),
            vetting_status=match_text(VettingStatus, status) or status or None,
            vetting_reason=(members.text("vettingReason") or "")[:_MAX_REASON] or None,
            vetting_created_date=read_date(date),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types, the form of every result in XCom; :meth:`from_dict` reads it back."""
        date = self.vetting_created_date
        return {
            "qualification": str(self.qualification),
            "vetting_status": None if self.vetting_status is None else str(self.vetting_status),
            "vetting_reason": self.vetting_reason,
            "vetting_created_date": format_date(date) if isinstance(date, datetime) else date,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CustomerQualification:
        """Read back what :meth:`to_dict` wrote."""
        return cls.from_json(
            {
                "qualification": data["qualification"],
                "vettingStatus": data.get("vetting_status"),
                "vettingReason": data.get("vetting_reason"),
                "vettingCreatedDate": data.get("vetting_created_date"),
            }
        )


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


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """
    One page of the customer list.

    :param customers: the customers of this page.
    :param continuation: the token to request the next page with; ``None`` on the last page.
    :param unreadable: how many items of the page have no id.
    """

    customers: tuple[Customer, ...]
    continuation: str | None = None
    unreadable: int = 0
