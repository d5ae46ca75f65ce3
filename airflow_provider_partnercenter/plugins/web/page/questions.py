"""What the queries of the routes mean. Pure but for the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AwareDatetime  # noqa: TC002  # FastAPI reads the annotations

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.database.page import OPEN_STATES, Filters, Sort, TaskKey

OPEN = "open"
"""Stands for all states in which something is still to be done."""

LONGEST_TEXT = 500
MOST_DAYS = 3650
OVERDUE_DAYS = 5.0
"""After how many days in review a customer is overdue, unless the user says otherwise."""

Days = Annotated[float, Query(ge=0, le=MOST_DAYS)]
Text = Annotated[str | None, Query(max_length=LONGEST_TEXT)]
Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]


def _filters(
    state: Annotated[list[str] | None, Query(max_length=20)] = None,
    who: Text = None,
    qualification: Text = None,
    dag_id: Text = None,
    overdue_days: Days | None = None,
    search: Text = None,
) -> Filters:
    states = {each for name in state or () for each in (OPEN_STATES if name == OPEN else (name,)) if each}
    return Filters(frozenset(states), who, qualification, dag_id, overdue_days, search or "")


FiltersDep = Annotated[Filters, Depends(_filters)]


def _order(sort: Sort = Sort.WAITING_SINCE, descending: bool = False) -> tuple[Sort, bool]:
    return sort, descending


OrderDep = Annotated[tuple[Sort, bool], Depends(_order)]


def _task(dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> TaskKey:
    return TaskKey(dag_id, run_id, task_id, map_index)


TaskDep = Annotated[TaskKey, Depends(_task)]


def present() -> datetime:
    """Return the present."""
    return datetime.fromtimestamp(clock.now(), UTC)


def _today(today: AwareDatetime | None = None) -> datetime:
    """Return when today began: where the user is, if the browser says it, else in UTC."""
    return today or present().replace(hour=0, minute=0, second=0, microsecond=0)


TodayDep = Annotated[datetime, Depends(_today)]
