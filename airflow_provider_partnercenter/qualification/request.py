"""A partner's request for a qualification: its checks, and the decision whether to submit it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import CustomerQualification, EducationSegment, Qualification
from airflow_provider_partnercenter.client.protocol.arguments import (
    REQUESTABLE,
    customer_guid,
    for_message,
    optional_text,
    to_host,
    to_requestable,
    to_segment,
)
from airflow_provider_partnercenter.client.wire import key_of
from airflow_provider_partnercenter.qualification.checks.validation_codes import AUTO
from airflow_provider_partnercenter.qualification.denials import is_named_by, is_unmistakable, name_of
from airflow_provider_partnercenter.qualification.vetting import (
    EXCLUDES,
    VETTED,
    Judgement,
    Outcome,
    judge,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


@dataclass(frozen=True, slots=True)
class SubmissionRequest:
    """
    A partner's request for a qualification. Create it with :meth:`validated`.

    :param customer_id: the customer's tenant, a GUID.
    :param qualification: ``Education``, ``GovernmentCommunityCloud`` or ``StateOwnedEntity``.
    :param education_segment: required for ``Education``.
    :param website: the school's host name, optional for ``Education``.
    :param validation_code: required for ``GovernmentCommunityCloud``; ``"auto"`` chooses one of the organization's.
    :param resubmit_denied_of: the denial after which a new request may be sent: its ``vetting_created_date``, or its
        reason if it has no date.
    :param by_person: whether a person started this run. A scheduled run may only name a denial that cannot be mistaken
        for a later one.
    :param success_statuses: vetting statuses, unknown to this package, that mean approval.
    :param failure_statuses: vetting statuses, unknown to this package, that mean denial.
    :param organization: required for the code ``"auto"``.
    """

    customer_id: str
    qualification: Qualification
    education_segment: EducationSegment | None = None
    website: str | None = None
    validation_code: str | None = None
    resubmit_denied_of: str | None = None
    by_person: bool = True
    success_statuses: tuple[str, ...] = ()
    failure_statuses: tuple[str, ...] = ()
    organization: str | None = None

    @property
    def payload(self) -> dict[str, str | None]:
        """The request in plain JSON types. It does not depend on the code that is chosen for an organization."""
        return {
            "customer_id": self.customer_id,
            "qualification": str(self.qualification),
            "education_segment": self.education_segment,
            "website": self.website,
            "validation_code": self.validation_code,
            **({"organization": self.organization} if self.organization else {}),
        }

    def judge(
        self, entries: Sequence[CustomerQualification], baseline: Collection[CustomerQualification] | None = None
    ) -> Judgement:
        """Decide what the entries mean for this request; see :func:`judge`."""
        return judge(
            entries,
            self.qualification,
            baseline=baseline,
            success_statuses=self.success_statuses,
            failure_statuses=self.failure_statuses,
        )

    @classmethod
    def validated(
        cls,
        customer_id: object,
        qualification: Qualification | str | int,
        *,
        education_segment: EducationSegment | str | None = None,
        website: str | None = None,
        validation_code: object = None,
        organization: object = None,
        resubmit_denied_of: object = None,
        by_person: bool = True,
        success_statuses: Collection[str] = (),
        failure_statuses: Collection[str] = (),
        legacy: bool = False,
    ) -> SubmissionRequest:
        """
        Check a request before anything is sent. Arguments that do not belong to the qualification are dropped.

        The other parameters are those of the class.

        :param legacy: whether the request is for the legacy endpoint, which knows neither segments nor
            ``StateOwnedEntity``.
        :raises PartnerCenterInvalidRequestError: if an argument is wrong or missing. The message names it.
        """
        customer, how = customer_guid(customer_id), " by synchronous validation" if legacy else ""
        wanted = to_requestable(qualification, VETTED if legacy else REQUESTABLE, how)
        segment, code = to_segment(education_segment), optional_text(validation_code, "validation_code")
        education = wanted is Qualification.EDUCATION
        if education and segment is None and not legacy:
            raise PartnerCenterInvalidRequestError(
                "education_segment is missing: an Education request needs one",
                hint=f"give one of {', '.join(EducationSegment)}",
            )
        government = wanted is Qualification.GOVERNMENT_COMMUNITY_CLOUD
        if government and code is None:
            raise PartnerCenterInvalidRequestError(
                "validation_code is missing: a GovernmentCommunityCloud request needs one",
                hint=f"give the id of one of the partner's validation codes, or {AUTO!r} together with 'organization'",
            )
        chosen = optional_text(organization, "organization")
        automatic = government and code is not None and key_of(code) == AUTO
        if automatic and chosen is None:
            raise PartnerCenterInvalidRequestError(
                f"organization is missing: validation_code {AUTO!r} chooses one of the organization's codes",
                hint="give the organization's name as PartnerCenterHook.get_validation_codes shows it",
            )
        return cls(
            customer,
            wanted,
            segment if education else None,
            to_host(website) if education else None,
            AUTO if automatic else code if government else None,
            optional_text(resubmit_denied_of, "resubmit_denied_of"),
            by_person,
            tuple(success_statuses),
            tuple(failure_statuses),
            chosen if automatic else None,
        )


def plan(request: SubmissionRequest, entries: Sequence[CustomerQualification]) -> Judgement | None:
    """
    Decide whether to submit.

    :param request: the request.
    :param entries: the customer's qualifications, just read.
    :return: ``None`` to submit the request; otherwise the existing verdict, and nothing must be sent.
    :raises PartnerCenterInvalidRequestError: if another qualification of the customer excludes the requested one.
    """
    wanted = request.qualification
    verdict = request.judge(entries)
    if verdict.outcome in (Outcome.APPROVED, Outcome.IN_REVIEW):
        return verdict
    rival = EXCLUDES.get(wanted)
    if rival and judge(entries, rival).outcome in (Outcome.APPROVED, Outcome.IN_REVIEW):
        raise PartnerCenterInvalidRequestError(
            f"Customer {request.customer_id}: {rival} or a request for it in review excludes {wanted}",
            hint="nothing was submitted; decide with the customer which of the two it needs",
        )
    if verdict.entry is None:
        return None
    if not is_named_by(request.resubmit_denied_of, verdict.entry):
        remark = (
            f"resubmit_denied_of {for_message(request.resubmit_denied_of)} does not name the denial that is there, "
            f"which is {name_of(verdict.entry)!r}"
        )
        return replace(verdict, remark=remark) if request.resubmit_denied_of else verdict
    if request.by_person or is_unmistakable(verdict.entry):
        return None
    remark = (
        f"resubmit_denied_of {for_message(request.resubmit_denied_of)} could also name a later denial, so only a "
        "run started by a person may use it"
    )
    return replace(verdict, remark=remark)
