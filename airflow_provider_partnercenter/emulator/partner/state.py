"""The emulated Partner Center without HTTP: its customers, codes and rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.errors import refused
from airflow_provider_partnercenter.emulator.partner import chances, rules
from airflow_provider_partnercenter.emulator.partner.audit import AuditLog
from airflow_provider_partnercenter.emulator.partner.codes import initial_codes
from airflow_provider_partnercenter.emulator.partner.customers import EXCLUSIVE, CustomerRecord, HeldQualification
from airflow_provider_partnercenter.emulator.partner.override import new_behaviour
from airflow_provider_partnercenter.emulator.scenario.behaviour import Behaviour, Company, Step, Verdict, course
from airflow_provider_partnercenter.emulator.scenario.ids import GUID, ordinary_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_partnercenter.emulator.mix import Mix
    from airflow_provider_partnercenter.emulator.partner.clock import Clock
    from airflow_provider_partnercenter.emulator.scenario.customer_list import ListFault
    from airflow_provider_partnercenter.emulator.scenario.faults import Fault
    from airflow_provider_partnercenter.emulator.settings import Settings

_QUALIFICATION_PATH = re.compile(r"/v1/customers/([^/]+)/qualifications?")

Shown = list[tuple[HeldQualification, Verdict | None]]
"""The result of a read: the visible entries, with their verdicts at that moment."""


class State:
    """
    The customers and codes of the partner, and the operations of the API on them.

    This class is not thread-safe; only the server's event loop uses it.

    :param settings: the settings of the emulator.
    :param clock: the emulator's clock.
    :param mix: returns the current mix of faults, which affects submissions too.
    :param joined: called with the id of each customer who accepts the partner.
    """

    def __init__(
        self, settings: Settings, clock: Clock, mix: Callable[[], Mix], joined: Callable[[str], None] = lambda _: None
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._mix = mix
        self._joined = joined
        self.reset()

    def reset(self) -> None:
        """Restore the initial state of the clock, the customers, the codes and the audit records."""
        self.clock.reset()
        self.codes = initial_codes(self.clock.now())
        self.list_fault: ListFault | None = None
        self.first_answers: dict[tuple[str, str], tuple[int, Any]] = {}
        self.audit = AuditLog()
        self._customers: dict[str, CustomerRecord] = {}
        for row in magic.TABLE:
            self._create(row.customer_id, row)
        for number in range(1, self.settings.customers + 1):
            self._create(ordinary_id(number))

    def _create(self, customer_id: str, row: magic.MagicCustomer | None = None) -> CustomerRecord:
        if row:
            *_, family, digits = customer_id.split("-")
            number, kind = digits.lstrip("0") or "0", "Contoso School"
            if family != "8000":
                number = f"{family[-1]}-{number}"
        else:
            number, kind = str(len(self._customers) - len(magic.TABLE) + 1).zfill(4), "Fabrikam School"
        domain = f"school{number}.{kind.split()[0].lower()}.example"
        company = Company(f"{kind} {number.zfill(2)}", domain, f"office@{domain}")
        record = CustomerRecord.create(
            customer_id, row.name if row else None, company, row.behaviour if row else Behaviour(), self.clock.now()
        )
        self._put(record)
        return record

    def _put(self, record: CustomerRecord) -> None:
        self._customers[record.customer_id] = record
        self._listed: list[CustomerRecord] | None = None

    def find(self, customer_id: str) -> CustomerRecord | None:
        """Return a customer by its id, in any letter case; create it if it belongs to a magic family."""
        key = customer_id.lower()
        if (record := self._customers.get(key)) is None and (row := magic.find(key)):
            record = self._create(key, row)
        return record

    def customer(self, customer_id: str) -> CustomerRecord:
        """Return a customer of the partner, or refuse the request as Microsoft does."""
        if not GUID.fullmatch(customer_id.lower()):
            raise refused(400, 900118, "Invalid customer id.")
        record = self.find(customer_id)
        if record is None or not record.behaviour.exists:
            raise refused(404, 1000, f"Not found: there is no customer {customer_id}.")
        if not record.behaviour.has_relationship:
            raise refused(403, 20002, "No relationship between caller and account.")
        return record

    def listed(self) -> list[CustomerRecord]:
        """
        Return the customers that the partner's list contains, by their ids.

        Microsoft says nothing of an order. By its id, a new customer may appear anywhere.
        """
        # A list of fifty thousand customers has a hundred pages.
        if self._listed is None:
            everybody = self.settings.list_all
            in_order = [record for _, record in sorted(self._customers.items())]
            self._listed = [r for r in in_order if r.of_partner and (everybody or r.behaviour.listed)]
        return self._listed

    def override(self, customer_id: str, changes: Mapping[str, Any]) -> CustomerRecord:
        """
        Change a customer's behaviour, or add a new customer, of which the audit records tell.

        A new customer, or one whose relationship with the partner begins again, has accepted the partner.

        :param changes: the changes; :mod:`.override` describes them.
        :raises ValueError: if the id is not a GUID, or a change is unknown or invalid. Nothing is changed then.
        """
        if not GUID.fullmatch(key := customer_id.lower()):
            raise ValueError(f"the customer id must be a GUID, not {customer_id!r}")
        found = self.find(key)
        behaviour = new_behaviour(found.behaviour if found else Behaviour(), changes, self.settings)
        old = found or self._create(key)
        record = CustomerRecord.create(key, old.name, old.company, behaviour, self.clock.now())
        if "qualifications" not in changes:
            record.entries = old.entries
        if "spent_attempts" not in changes:
            record.education_attempts = old.education_attempts
        record.attempts, record.used_code, record.reads = old.attempts, old.used_code, old.reads
        if "faults" not in changes:
            record.faults_done = old.faults_done
        self._put(record)
        if found is None and record.of_partner:
            self.audit.add("add_customer", record, self.clock.now())
        if record.of_partner and not (found and found.of_partner):
            self._joined(key)
        return record

    def next_fault(self, method: str, path: str) -> Fault | None:
        """Return the customer's fault for this request, if any. It applies only to requests for qualifications."""
        match = _QUALIFICATION_PATH.fullmatch(path)
        record = self.find(match[1]) if match else None
        return record.next_fault(method) if record else None

    def read(self, customer: CustomerRecord) -> Shown:
        """Read a customer's qualifications; the read is counted, because verdicts can depend on the number of reads."""
        now = self.clock.now()
        if customer.next_read_is_empty(now):
            return []
        shown = [(entry, entry.verdict(now)) for entry in customer.visible(now)]
        for entry, _ in shown:
            entry.reads += 1
        return shown

    def submit(self, customer: CustomerRecord, body: bytes, query_code: str | None) -> HeldQualification:
        """
        Submit a request for a qualification (``POST /qualifications``).

        Microsoft allows three *verification requests* for Education. A refused request is never verified, so it is not
        one of them, unless :attr:`.Settings.count_refused_attempts` says so.

        :param query_code: the validation code in the query.
        :raises ApiError: if the request is refused.
        """
        customer.attempts += 1
        wanted, members = rules.read_submission(body)
        now, spent = self.clock.now(), customer.education_attempts
        if wanted is Qualification.EDUCATION:
            customer.education_attempts += self.settings.count_refused_attempts
            rules.check_segment(members, required=self.settings.require_segment)
            rules.check_attempts(spent)
        rules.check_combination(customer, wanted, now)
        if wanted is Qualification.GOVERNMENT_COMMUNITY_CLOUD:
            code = rules.check_code(self.codes, query_code, members.text("validationCode"))
            code.use(now)
            customer.used_code = code.validation_id
        if wanted is Qualification.EDUCATION:
            customer.education_attempts = spent + 1
        name, number = customer.customer_id, customer.attempts
        mix = self._mix()
        steps = chances.course(mix, self._course(customer), name, number) if wanted in EXCLUSIVE else None
        self.audit.add("update_customer_qualification", customer, now)
        return customer.add(wanted, steps, now, chances.delay(mix, name, number))

    def _course(self, customer: CustomerRecord) -> tuple[Step, ...]:
        if customer.behaviour.course is not None:
            return customer.behaviour.course
        return course(self.settings.vetting, self.settings.verdict)

    def read_legacy(self, customer: CustomerRecord) -> Qualification:
        """Return the one qualification that the legacy endpoint shows; the endpoint has no vetting statuses."""
        granted = [entry.qualification for entry, verdict in self.read(customer) if _granted(verdict)]
        # Microsoft does not document which of two it shows. The vetted one decides what may be sold.
        granted.sort(key=lambda qualification: qualification not in EXCLUSIVE)
        return granted[0] if granted else Qualification.NONE

    def set_legacy(self, customer: CustomerRecord, body: bytes, query_code: str | None) -> Qualification:
        """Set the qualification of a customer that has none, without vetting (``PUT /qualification``)."""
        wanted = rules.read_legacy(body)
        now = self.clock.now()
        if customer.in_force(now):
            raise refused(400, rules.INVALID_PROPERTY, "The customer's qualification is set and cannot be overridden.")
        if wanted is Qualification.GOVERNMENT_COMMUNITY_CLOUD:
            code = rules.check_code(self.codes, query_code)
            code.use(now)
            customer.used_code = code.validation_id
        self.audit.add("update_customer_qualification", customer, now)
        customer.add(wanted, (), now).first = Verdict()
        return wanted


def _granted(verdict: Verdict | None) -> bool:
    return verdict is None or verdict.status == "Approved"
