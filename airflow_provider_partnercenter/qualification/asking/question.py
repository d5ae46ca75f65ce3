"""What a person is asked. Texts are in Markdown, as Airflow shows them."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.models import EducationSegment, Qualification
from airflow_provider_partnercenter.client.wire import printable
from airflow_provider_partnercenter.qualification.denials import name_of, remedy
from airflow_provider_partnercenter.qualification.vetting import MAX_ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_partnercenter.client.models import CustomerQualification
    from airflow_provider_partnercenter.qualification.vetting import Judgement

ABOUT = "about"
"""The field that says whom and which qualification an answer is about."""
DENIAL = "resubmit_denied_of"
"""The field that says which denial an answer is about."""


class Option(enum.StrEnum):
    """What a person may choose."""

    RESUBMIT = "Resubmit"
    GO_ON = "Go on"
    GIVE_UP = "Give up"


@dataclass(frozen=True, slots=True)
class Field:
    """
    A field of the form, in which a string or nothing is written.

    :param name: the name that the answer has it by.
    :param title: what people see.
    :param description: what to write.
    :param choices: the only values, if not every string is one.
    :param value: what is in it before. With it the field must not be empty.
    """

    name: str
    title: str
    description: str
    choices: tuple[str, ...] = ()
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """
    A question to a person.

    :param subject: one line, which stands in Airflow's list of required actions.
    :param body: what has to be known to answer it, in Markdown.
    :param fields: the form, without the field that says whom it is about.
    :param about: what :func:`whom_and_what` returned.
    """

    subject: str
    body: str
    fields: tuple[Field, ...]
    about: str

    @property
    def form(self) -> tuple[Field, ...]:
        """Return the whole form."""
        about = Field(ABOUT, "Customer", "Whom this answer is about. Leave it as it is.", value=self.about)
        return (*self.fields, about)


def whom_and_what(customer_id: str, qualification: Qualification | str) -> str:
    """Return what a question is about. A mapped task may be about another customer once it is cleared."""
    return f"{customer_id} {qualification}"


_SEGMENT = Field("education_segment", "Education segment", "", tuple(EducationSegment))
_WEBSITE = Field("website", "Website", "The school's host name, for example contoso.edu.")
_CODE = Field(
    "validation_code",
    "Validation code",
    "The id of one of the partner's codes, or auto for the one of the organization that has the most uses left.",
)
CORRECTABLE: Mapping[Qualification | str, tuple[Field, ...]] = {
    Qualification.EDUCATION: (_SEGMENT, _WEBSITE),
    Qualification.GOVERNMENT_COMMUNITY_CLOUD: (_CODE,),
}
"""What of a request may be corrected before it is sent again."""


def about_denial(
    customer_id: str,
    verdict: Judgement,
    denial: CustomerQualification,
    *,
    requested: Mapping[str, str | None],
    company: str | None = None,
    page: str = "",
) -> Question:
    """
    Return the question what to do about a denial.

    :param verdict: what was read; it says how many attempts are left at most.
    :param denial: the entry that was denied.
    :param requested: what the request said that was denied, by the names of the fields.
    :param company: the customer's name, for people.
    :param page: the URL of the customer's page in Partner Center.
    """
    who, what, left = company or customer_id, denial.qualification, verdict.attempts_left
    facts = {
        "Customer": f"{_plain(who)} ({customer_id})" if company else customer_id,
        "Reason": _plain(denial.vetting_reason or "none given"),
        "Denied is the request of": _plain(str(denial.to_dict()["vetting_created_date"] or "an unknown date")),
        "What to do first": _plain(remedy(denial)),
        "Attempts left": f"at most {left} of {MAX_ATTEMPTS}",
    }
    # Without choices: Airflow keeps the form of the first question, and before 3.3 checks it by that of the last one.
    named = Field(DENIAL, "Denial", "Which denial this answer is about. Leave it as it is.", value=name_of(denial))
    fields = tuple(_as_before(field, requested.get(field.name)) for field in CORRECTABLE.get(what, ()))
    return Question(
        printable(f"{what} of {who} was denied. Resubmit?"),
        _body(
            f"Microsoft denied **{what}**.",
            facts,
            page,
            f"**{Option.RESUBMIT}** sends the request again, with what you correct below. It spends an attempt. "
            f"**{Option.GIVE_UP}** spends none: the run ends as failed.",
        ),
        (*fields, named),
        whom_and_what(customer_id, what),
    )


def about_code(customer_id: str, *, company: str | None = None, page: str = "") -> Question:
    """Return the question for the validation code without which nothing can be requested; see :func:`about_denial`."""
    who, what = company or customer_id, Qualification.GOVERNMENT_COMMUNITY_CLOUD
    return Question(
        printable(f"{what} of {who} needs a validation code"),
        _body(
            f"A request for **{what}** needs one of the partner's validation codes. Nothing was requested yet.",
            {"Customer": f"{_plain(who)} ({customer_id})" if company else customer_id},
            page,
            f"**{Option.GO_ON}** requests it with the code that you give below. "
            f"**{Option.GIVE_UP}** requests nothing: the run ends as failed.",
        ),
        (_CODE,),
        whom_and_what(customer_id, what),
    )


def _as_before(field: Field, before: str | None) -> Field:
    kept = f"Empty: as before, {before}." if before else "May be empty."
    return replace(field, description=f"{field.description} {kept}".strip())


def _body(head: str, facts: Mapping[str, str], page: str, options: str) -> str:
    link = [f"[The customer in Partner Center]({page})"] if page else []
    lines = "\n".join(f"* {name}: {text}" for name, text in facts.items())
    return "\n\n".join([head, lines, *link, options])


# Where Airflow's UI would see an address, and make a link of it.
_ADDRESS = re.compile(r"(?<=:/)(?=/)|(?<=www)(?=\.)|(?<=@)", re.IGNORECASE)
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~&-])")


def _plain(text: str) -> str:
    """Return a text of somebody else so that Markdown shows it as it is, on one line and without links."""
    return _ADDRESS.sub("\u2060", _MARKUP.sub(r"\\\1", printable(text)))
