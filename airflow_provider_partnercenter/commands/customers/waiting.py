"""Which tasks of this Airflow wait for a customer, as far as this machine can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.commands.customers.telling_of_tasks import (
    about_no_database,
    about_unknown_customers,
    refusal_of_waiting_tasks,
    refusal_without_database,
)
from airflow_provider_partnercenter.commands.output import say
from airflow_provider_partnercenter.database.waits import Awaited, among
from airflow_provider_partnercenter.qualification.bulk.report import Result

if TYPE_CHECKING:
    from airflow_provider_partnercenter.database.waits import WaitingTask


def tasks_of_this_airflow(*, tell: bool = True) -> list[WaitingTask] | None:
    """
    Return the tasks that wait or are at work; ``None`` if the database cannot be read here.

    :param tell: whether to say so then.
    """
    # It imports Airflow's models.
    from airflow_provider_partnercenter.database.reading import NoDatabaseError
    from airflow_provider_partnercenter.database.waiting_tasks import waiting_tasks

    try:
        return waiting_tasks()
    except NoDatabaseError as problem:
        if tell:
            say(*about_no_database(str(problem)))
        return None


def refuse_if_waited_for(awaited: Awaited, *, asks: bool, tell: bool = True) -> None:
    """
    Refuse to request what a task of this Airflow waits for, requests or asks a person about.

    :param asks: whether a person is asked afterwards, who may decide without knowing the tasks.
    :param tell: whether to say what this machine cannot tell.
    :raises PartnerCenterInvalidRequestError: if there is such a task, which the message names; or if the tasks cannot
        be read and nobody is asked.
    """
    if (tasks := tasks_of_this_airflow(tell=tell)) is None:
        if asks:
            return
        message, hint = refusal_without_database(awaited)
        raise PartnerCenterInvalidRequestError(message, hint=hint)
    waiting, unknown = among(tasks, awaited), []
    for task in tasks:
        if task.customers.path:
            try:
                waiting += [task] if _is_in_files(awaited, task) else []
            except PartnerCenterError:
                unknown.append(task)
        elif not task.customers.awaited and task.customers.count != 0:
            unknown.append(task)
    if waiting:
        message, hint = refusal_of_waiting_tasks(awaited, waiting)
        raise PartnerCenterInvalidRequestError(message, hint=hint)
    if tell:
        say(*about_unknown_customers(unknown))


def _is_in_files(awaited: Awaited, task: WaitingTask) -> bool:
    from airflow_provider_partnercenter.storage.entries import EntryFolder

    customers = task.customers
    entries = EntryFolder(customers.path or "", customers.deferral_id).read(customers.total)
    return any(
        Awaited(entry.customer_id, entry.qualification) == awaited and entry.outcome == Result.IN_REVIEW
        for entry in entries
    )
