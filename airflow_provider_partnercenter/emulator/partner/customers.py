"""The record of a customer: its company data, its requests, and what reads show of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.emulator.scenario.behaviour import Behaviour, Company, Held, Step, Verdict

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.scenario.faults import Fault


@dataclass(slots=True)
class HeldQualification:
    """
    One qualification of a customer, requested or held.

    :param first: the verdict until the first of the later ones applies; ``None`` for a qualification without vetting.
    :param created: the date that answers show.
    :param since: the time from which the seconds of ``course`` count.
    :param visible_from: the time from which reads show the qualification.
    :param course: the later verdicts, in order, each with the time after which it applies.
    :param dated: whether answers show the date; ``None`` for what Microsoft's samples do.
    :param reads: the number of reads that have shown the qualification.
    """

    qualification: Qualification
    first: Verdict | None
    created: datetime
    since: datetime
    visible_from: datetime
    course: tuple[Step, ...] = ()
    dated: bool | None = None
    reads: int = 0

    def verdict(self, now: datetime) -> Verdict | None:
        """Return the verdict at the time ``now``; ``None`` for a qualification without vetting."""
        return next((step.verdict for step in reversed(self.course) if self._due(step, now)), self.first)

    def _due(self, step: Step, now: datetime) -> bool:
        if step.after.reads is not None:
            return self.reads >= step.after.reads
        return now >= self.since + timedelta(seconds=step.after.seconds or 0)

    @property
    def exclusive(self) -> bool:
        """Whether this is one of the two qualifications that exclude each other."""
        return self.qualification in EXCLUSIVE

    @classmethod
    def of(cls, held: Held, now: datetime) -> HeldQualification:
        """Return a record of a qualification that the customer has from ``now`` on."""
        first = None if held.status is None else Verdict(held.status, held.reason)
        return cls(held.qualification, first, held.created or now, now, now, held.course, held.dated)


EXCLUSIVE = frozenset({Qualification.EDUCATION, Qualification.GOVERNMENT_COMMUNITY_CLOUD})
"""A customer has at most one of these; only these are vetted."""


@dataclass(slots=True)
class CustomerRecord:
    """
    One customer.

    :param customer_id: the GUID, in lower case.
    :param name: the name of a magic customer; ``None`` for other customers.
    :param company: the company data.
    :param behaviour: the customer's behaviour.
    :param entries: the qualifications, requested or held, oldest first.
    :param attempts: the number of submissions received, whether refused or not.
    :param education_attempts: the number of attempts for Education, which Microsoft limits. Refused submissions are
        among them only if the settings say so.
    :param used_code: the validation code that was used for the customer's GCC request.
    :param reads: the number of reads made since the latest submitted request became visible to them.
    :param faults_done: how often each fault has struck, by its index in the behaviour and the HTTP method.
    """

    customer_id: str
    name: str | None
    company: Company
    behaviour: Behaviour
    entries: list[HeldQualification] = field(default_factory=list)
    attempts: int = 0
    education_attempts: int = 0
    used_code: str | None = None
    reads: int = 0
    faults_done: Counter[tuple[int, str]] = field(default_factory=Counter)

    @classmethod
    def create(
        cls, customer_id: str, name: str | None, company: Company, behaviour: Behaviour, now: datetime
    ) -> CustomerRecord:
        """Return a customer in its initial state."""
        record = cls(customer_id, name, replace(company, **dict(behaviour.company)), behaviour)
        record.entries = [HeldQualification.of(held, now) for held in behaviour.held]
        record.education_attempts = behaviour.spent_attempts
        return record

    @property
    def of_partner(self) -> bool:
        """Whether this is a customer of the partner."""
        return self.behaviour.exists and self.behaviour.has_relationship

    def latest(self, qualification: Qualification) -> HeldQualification | None:
        """Return the newest entry of a qualification, whether reads show it yet or not."""
        return next((entry for entry in reversed(self.entries) if entry.qualification is qualification), None)

    def in_force(self, now: datetime) -> list[HeldQualification]:
        """Return the newest entry of each qualification, visible to reads or not, unless that entry is denied."""
        latest = [entry for q in Qualification if (entry := self.latest(q))]
        return [e for e in latest if (verdict := e.verdict(now)) is None or verdict.status != "Denied"]

    def visible(self, now: datetime) -> list[HeldQualification]:
        """Return the entries that a read shows at the time ``now``."""
        shown = [entry for entry in self.entries if entry.visible_from <= now]
        if self.behaviour.keep_old_entries:
            return shown
        return list({entry.qualification: entry for entry in shown}.values())

    def next_read_is_empty(self, now: datetime) -> bool:
        """Count a read, and return whether it shows nothing although there is something."""
        if not (self.attempts and self.entries and self.entries[-1] in self.visible(now)):
            return False
        self.reads += 1
        return self.reads in self.behaviour.empty_reads

    def add(
        self, qualification: Qualification, course: tuple[Step, ...] | None, now: datetime, delay: float = 0
    ) -> HeldQualification:
        """
        Add a qualification.

        :param course: the verdicts, in order; ``None`` for a qualification without vetting.
        :param delay: the seconds after which reads show it, unless the customer's own delay is longer.
        """
        entry = HeldQualification(
            qualification,
            first=None if course is None else Verdict("InReview"),
            created=now,
            since=now,
            visible_from=now + timedelta(seconds=max(delay, self.behaviour.propagation)),
            course=course or (),
        )
        self.entries.append(entry)
        self.reads = 0
        return entry

    def next_fault(self, method: str) -> Fault | None:
        """Return the fault that the next request of this method meets, and count it; ``None`` without a fault."""
        for index, fault in enumerate(self.behaviour.faults):
            if method in fault.methods and (fault.times is None or self.faults_done[index, method] < fault.times):
                self.faults_done[index, method] += 1
                return fault
        return None
