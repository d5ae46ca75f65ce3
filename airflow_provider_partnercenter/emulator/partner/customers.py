"""A customer as the emulator keeps it: who it is, what was requested for it, and what reads show of that."""

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

    :param first: the verdict before any step of the course is due.
    :param created: the date that answers show.
    :param since: from when the seconds of the course count.
    :param visible_from: from when reads show it.
    :param dated: whether answers show the date; ``None`` for the usual.
    :param reads: how many reads have shown it.
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
        """Return the verdict at a time; ``None`` for a qualification without vetting."""
        return next((step.verdict for step in reversed(self.course) if self._due(step, now)), self.first)

    def _due(self, step: Step, now: datetime) -> bool:
        if step.after.reads is not None:
            return self.reads >= step.after.reads
        return now >= self.since + timedelta(seconds=step.after.seconds or 0)

    @property
    def exclusive(self) -> bool:
        """Whether it is one of the two qualifications that exclude each other."""
        return self.qualification in EXCLUSIVE

    @classmethod
    def of(cls, held: Held, now: datetime) -> HeldQualification:
        """Return the entry of a qualification that is held from now on."""
        first = None if held.status is None else Verdict(held.status, held.reason)
        return cls(held.qualification, first, held.created or now, now, now, held.course, held.dated)


EXCLUSIVE = frozenset({Qualification.EDUCATION, Qualification.GOVERNMENT_COMMUNITY_CLOUD})
"""A customer has one of these at most; they are also the ones that are vetted."""


@dataclass(slots=True)
class CustomerRecord:
    """
    One customer.

    :param name: its name among the magic customers, if it is one.
    :param attempts: submissions received, whatever became of them.
    :param education_attempts: those for Education, the ones that Microsoft limits.
    :param used_code: the validation code that qualified it for GCC.
    """

    customer_id: str
    name: str | None
    company: Company
    behaviour: Behaviour
    entries: list[HeldQualification] = field(default_factory=list)
    attempts: int = 0
    education_attempts: int = 0
    used_code: str | None = None
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
    def listed(self) -> bool:
        """Whether the partner's list of customers has it."""
        return self.behaviour.exists and self.behaviour.has_relationship

    def latest(self, qualification: Qualification) -> HeldQualification | None:
        """Return what the service itself knows last about a qualification, visible or not."""
        return next((entry for entry in reversed(self.entries) if entry.qualification is qualification), None)

    def in_force(self, now: datetime) -> list[HeldQualification]:
        """Return what the service itself counts as held or in review: everything but denials."""
        latest = [entry for q in Qualification if (entry := self.latest(q))]
        return [e for e in latest if (verdict := e.verdict(now)) is None or verdict.status != "Denied"]

    def visible(self, now: datetime) -> list[HeldQualification]:
        """Return what a read shows."""
        shown = [entry for entry in self.entries if entry.visible_from <= now]
        if self.behaviour.keep_old_entries:
            return shown
        return list({entry.qualification: entry for entry in shown}.values())

    def add(
        self, qualification: Qualification, course: tuple[Step, ...] | None, now: datetime, delay: float = 0
    ) -> HeldQualification:
        """
        Add a qualification.

        :param course: how it is vetted; ``None`` if it holds at once without vetting.
        :param delay: seconds after which reads show it, if the customer's own propagation does not take longer.
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
        return entry

    def next_fault(self, method: str) -> Fault | None:
        """Return what goes wrong with a request of this method, counting it as done."""
        for index, fault in enumerate(self.behaviour.faults):
            if method in fault.methods and (fault.times is None or self.faults_done[index, method] < fault.times):
                self.faults_done[index, method] += 1
                return fault
        return None
