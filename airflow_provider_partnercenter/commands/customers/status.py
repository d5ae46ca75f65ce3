"""``airflow partnercenter status``: what customers' qualifications are, and which tasks wait for them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.protocol.arguments import to_qualification
from airflow_provider_partnercenter.commands.customers.finding import customer_id_of
from airflow_provider_partnercenter.commands.customers.telling import (
    TABLE,
    about_denials,
    about_nobody,
    about_unread,
    row_of_status,
    row_of_task,
)
from airflow_provider_partnercenter.commands.customers.waiting import tasks_of_this_airflow
from airflow_provider_partnercenter.commands.output import print_rows, say, say_error
from airflow_provider_partnercenter.commands.running import FAILED, command
from airflow_provider_partnercenter.database.waits import Awaited, among
from airflow_provider_partnercenter.qualification.bulk.concurrency import CONNECTION_WIDE
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome, judge

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from airflow_provider_partnercenter.client.models import CustomerQualification
    from airflow_provider_partnercenter.client.sync import PartnerCenterClient
    from airflow_provider_partnercenter.database.waits import WaitingTask

T = TypeVar("T")

# Customers that are read if none is named: about as many as the request budget allows in a quarter of a minute.
MOST = 100


@command
def status(client: PartnerCenterClient, arguments: Namespace) -> int:
    """Show the customers that are named, or those that a task of this Airflow waits for."""
    if arguments.customers:
        return _of_named(client, arguments)
    return _of_waited_for(client, arguments)


def _of_named(client: PartnerCenterClient, arguments: Namespace) -> int:
    tasks, reader = tasks_of_this_airflow() or [], _Reader()
    rows: list[dict[str, Any]] = []
    for given in dict.fromkeys(arguments.customers):
        customer_id = reader.attempt(partial(customer_id_of, client, given))
        if customer_id is None:
            continue
        entries = reader.attempt(partial(client.get_qualifications, customer_id))
        if entries is not None:
            rows += rows_of(customer_id, entries, [task for task in tasks if task.waits])
    _show(rows, arguments.output)
    return FAILED if reader.failed else 0


def rows_of(
    customer_id: str, entries: Sequence[CustomerQualification], tasks: Sequence[WaitingTask]
) -> list[dict[str, Any]]:
    """
    Return a row for each qualification that a customer has or a task waits for; one without any if there is none.

    :param entries: the customer's entries.
    :param tasks: the tasks that wait.
    """
    wanted: dict[Any, None] = dict.fromkeys(entry.qualification for entry in entries)
    awaited = (found for task in tasks for found in task.customers.awaited if found.customer_id == customer_id)
    wanted |= dict.fromkeys(to_qualification(found.qualification) for found in awaited)
    return [
        row_of_status(
            customer_id,
            each,
            judge(entries, each),
            among(tasks, Awaited(customer_id, str(each))),
        )
        for each in wanted
    ] or [row_of_status(customer_id, None, Judgement(Outcome.ABSENT), [])]


def _of_waited_for(client: PartnerCenterClient, arguments: Namespace) -> int:
    found = tasks_of_this_airflow()
    if found is None:
        print_rows([], arguments.output)
        return FAILED
    tasks, reader = [task for task in found if task.waits], _Reader()
    # One row for each customer and qualification, and one for each task with many of them.
    single = [task for task in tasks if len(task.customers.awaited) == 1]
    awaited = list(dict.fromkeys(task.customers.awaited[0] for task in single))
    to_read = list(dict.fromkeys(each.customer_id for each in awaited))
    read = {each: reader.attempt(partial(client.get_qualifications, each)) for each in to_read[:MOST]}
    rows = []
    for each in awaited:
        entries, wanted = read.get(each.customer_id), to_qualification(each.qualification)
        verdict = None if entries is None else judge(entries, wanted)
        rows.append({**row_of_status(each.customer_id, wanted, verdict, among(single, each)), "customers": 1})
    rows += [row_of_task(task) for task in tasks if task not in single]
    _show(rows, arguments.output)
    if not rows:
        say(*about_nobody())
    if unread := to_read[MOST:]:
        say(*about_unread(len(unread)))
    return FAILED if reader.failed else 0


def _show(rows: list[dict[str, Any]], output: str) -> None:
    print_rows(rows, output, table=TABLE)
    if output == "table":
        say(*about_denials(rows))


class _Reader:
    """
    Reads one customer after the other.

    :ivar failed: whether a customer could not be read.
    """

    def __init__(self) -> None:
        self.failed = False

    def attempt(self, read: Callable[[], T]) -> T | None:
        """Return what a function reads. If it cannot, say why and return ``None``, unless no customer can be read."""
        try:
            return read()
        except CONNECTION_WIDE:
            raise
        except PartnerCenterError as error:
            say_error(error)
            self.failed = True
            return None
