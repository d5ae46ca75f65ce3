"""
Qualifications and their vetting.

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

from airflow_provider_partnercenter.client.wire import Members, format_date, key_of, read_date

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
