"""What a task waits for, as the arguments of its trigger, its question or its own arguments say. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, to_qualification
from airflow_provider_partnercenter.qualification.asking.question import ABOUT
from airflow_provider_partnercenter.qualification.bulk.report import Result

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_TRIGGERS = "airflow_provider_partnercenter.triggers"
ONE_CUSTOMER = f"{_TRIGGERS}.qualification.PartnerCenterQualificationTrigger"
MANY_CUSTOMERS = f"{_TRIGGERS}.bulk.PartnerCenterBulkQualificationTrigger"

SENSOR = "PartnerCenterQualificationSensor"
REQUESTING = "PartnerCenterUpdateQualificationOperator"
REQUESTING_MANY = "PartnerCenterQualifyCustomersOperator"
ASKING = ("PartnerCenterDenialOperator", "PartnerCenterValidationCodeOperator")
OPERATORS = (SENSOR, REQUESTING, REQUESTING_MANY, *ASKING)
"""The names of the classes whose tasks wait for a verdict on a customer, or request one."""

WAITING = ("deferred", "up_for_reschedule", "awaiting_input")
"""The states in which a task waits without a worker. The last one is Airflow's from 3.3 on."""
AT_WORK = ("scheduled", "queued", "running", "restarting", "up_for_retry")
"""The states in which a task may be about to read or to request, or waits on a worker."""


class Awaited(NamedTuple):
    """A customer and the qualification that a task waits for."""

    customer_id: str
    qualification: str


@dataclass(frozen=True, slots=True)
class Customers:
    """
    The customers of a task.

    :param awaited: those that are known.
    :param count: how many the task waits for; ``None`` if that is not known.
    :param path: the folder that contains them (:class:`.entries.EntryFolder`), if they are too many for the database.
    :param deferral_id: the id of the deferral whose files in the folder are meant; only with ``path``.
    :param total: how many customers the folder contains; only with ``path``.
    """

    awaited: tuple[Awaited, ...] = ()
    count: int | None = None
    path: str | None = None
    deferral_id: str = ""
    total: int = 0


UNKNOWN = Customers()


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """
    A task instance that waits for verdicts, or for a person to decide about one.

    :param dag_id: its DAG.
    :param run_id: its run.
    :param task_id: its task.
    :param map_index: its number, if the task is mapped; else -1.
    :param operator: the name of its class.
    :param state: Airflow's state, for example ``"deferred"``.
    :param customers: for whom it waits.
    :param since: when it began to wait, as far as the database shows: the last deferral, or the start of the try.
    :param until: when the wait ends, if the database shows it.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    operator: str
    state: str
    customers: Customers = UNKNOWN
    since: datetime | None = None
    until: datetime | None = None

    @property
    def waits(self) -> bool:
        """Whether it waits without a worker; else it is at work, or about to be."""
        return self.state in WAITING

    @property
    def asks(self) -> bool:
        """Whether it waits for a person, and not for Microsoft."""
        return self.waits and self.operator in ASKING

    @property
    def name(self) -> str:
        """The DAG, the run and the task, for people."""
        mapped = "" if self.map_index < 0 else f"[{self.map_index}]"
        return f"task {self.task_id}{mapped} of run {self.run_id} of DAG {self.dag_id}"


def customers_of_trigger(arguments: Mapping[str, Any]) -> Customers:
    """Return for whom a trigger of this package waits, by its arguments."""
    if isinstance(wait := arguments.get("wait"), Mapping):
        return _one(wait)
    if isinstance(entries := arguments.get("entries"), list | tuple):
        open_ones = [entry for entry in entries if isinstance(entry, Mapping) and _undecided(entry.get("outcome"))]
        return _many(open_ones)
    if path := arguments.get("path"):
        total = arguments.get("total")
        found = total if isinstance(total, int) else 0
        return Customers(count=found, path=str(path), deferral_id=str(arguments.get("deferral_id") or ""), total=found)
    return UNKNOWN


def customers_of_question(form: Mapping[str, Any]) -> Customers:
    """Return whom a question to a person is about, by the form that Airflow shows."""
    field = form.get(ABOUT)
    about = field.get("value") if isinstance(field, Mapping) else field
    customer_id, _, qualification = str(about or "").partition(" ")
    return _one({"customer_id": customer_id, "qualification": qualification})


def customers_of_arguments(arguments: Mapping[str, Any]) -> Customers:
    """Return for whom a task waits, by its own arguments as Airflow has rendered them."""
    if isinstance(rows := arguments.get("customers"), list | tuple):
        return _many(row for row in rows if isinstance(row, Mapping))
    return _one(arguments)


def among(tasks: Iterable[WaitingTask], awaited: Awaited) -> list[WaitingTask]:
    """Return the tasks that are known to wait for this customer and this qualification."""
    return [task for task in tasks if awaited in task.customers.awaited]


def _one(members: Mapping[str, Any]) -> Customers:
    found = _awaited(members)
    return Customers((found,), 1) if found else UNKNOWN


def _many(rows: Iterable[Mapping[str, Any]]) -> Customers:
    rows = list(rows)
    return Customers(tuple(found for row in rows if (found := _awaited(row))), len(rows))


def _undecided(outcome: object) -> bool:
    return outcome == Result.IN_REVIEW


def _awaited(members: Mapping[str, Any]) -> Awaited | None:
    try:
        customer, wanted = customer_guid(members.get("customer_id")), to_qualification(members.get("qualification", ""))
    except PartnerCenterInvalidRequestError:
        return None
    return Awaited(customer, str(wanted))
