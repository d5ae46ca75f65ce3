"""Read from Airflow's database which tasks of this package wait for verdicts, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.models.hitl import HITLDetail
from airflow.models.renderedtifields import RenderedTaskInstanceFields
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import Trigger
from cryptography.fernet import InvalidToken
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import lazyload

from airflow_provider_partnercenter.database.reading import reading
from airflow_provider_partnercenter.database.waits import (
    AT_WORK,
    MANY_CUSTOMERS,
    ONE_CUSTOMER,
    OPERATORS,
    UNKNOWN,
    WAITING,
    Customers,
    WaitingTask,
    customers_of_arguments,
    customers_of_question,
    customers_of_trigger,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_OUR_TRIGGERS = (ONE_CUSTOMER, MANY_CUSTOMERS)


def waiting_tasks() -> list[WaitingTask]:
    """
    Return the tasks that wait, and those at work on a customer, oldest first.

    A deferred task is recognized by its trigger, so that subclasses of the operators are found too; all others by the
    name of their class. The customer is read from the trigger or from the question to a person. A task in another state
    has only its rendered arguments, which Airflow keeps of the latest runs (``[core]
    num_dag_runs_to_retain_rendered_fields``), so its customer may be unknown.

    :raises NoDatabaseError: if the database cannot be read.
    """
    with reading() as session:
        return read_waiting_tasks(session)


def read_waiting_tasks(session: Session) -> list[WaitingTask]:
    """Return what :func:`waiting_tasks` returns, read in one query of this session."""
    ours = TaskInstance.operator.in_(OPERATORS)
    query: Any = (
        select(TaskInstance, Trigger, HITLDetail.params, RenderedTaskInstanceFields.rendered_fields)
        .outerjoin(Trigger, TaskInstance.trigger_id == Trigger.id)
        .outerjoin(HITLDetail, and_(HITLDetail.ti_id == TaskInstance.id, HITLDetail.responded_at.is_(None)))
        .outerjoin(
            RenderedTaskInstanceFields,
            and_(
                *(
                    getattr(RenderedTaskInstanceFields, name) == getattr(TaskInstance, name)
                    for name in ("dag_id", "task_id", "run_id", "map_index")
                )
            ),
        )
        .where(
            or_(
                and_(TaskInstance.state.in_(WAITING), or_(ours, Trigger.classpath.in_(_OUR_TRIGGERS))),
                and_(TaskInstance.state.in_(AT_WORK), ours),
            )
        )
        # Without the run of each task and the task of each trigger, which Airflow would read too.
        .options(lazyload("*"))
        .order_by(TaskInstance.start_date, TaskInstance.dag_id, TaskInstance.run_id, TaskInstance.task_id)
    )
    found = []
    for ti, trigger, form, arguments in session.execute(query):
        customers = _customers(trigger, form, arguments)
        state = str(getattr(ti.state, "value", ti.state))
        # Of a task that has not begun yet, nothing is known, and nothing has happened.
        if state in AT_WORK and customers is UNKNOWN:
            continue
        found.append(
            WaitingTask(
                ti.dag_id,
                ti.run_id,
                ti.task_id,
                ti.map_index,
                ti.operator or "",
                state,
                customers,
                since=trigger.created_date if trigger else ti.start_date,
                until=ti.trigger_timeout if state == "deferred" else None,
            )
        )
    return found


def _customers(trigger: Trigger | None, form: Any, arguments: Any) -> Customers:
    if trigger is not None and trigger.classpath in _OUR_TRIGGERS:
        try:
            return customers_of_trigger(trigger.kwargs)
        except (InvalidToken, ValueError):  # this machine has another Fernet key
            return UNKNOWN
    if isinstance(form, dict) and (customers := customers_of_question(form)) is not UNKNOWN:
        return customers
    return customers_of_arguments(arguments) if isinstance(arguments, dict) else UNKNOWN
