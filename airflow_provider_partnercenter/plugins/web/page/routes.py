"""
The routes of the page. Each one answers a question (GET), has a check of its own, and shows what the user may read.

Each part of the page is a request with a session of its own, so that one that fails leaves the others alone.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from airflow.api_fastapi.core_api.security import GetUserDep  # noqa: TC002  # FastAPI reads the annotations
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from airflow_provider_partnercenter.database import bulk_tasks, customers, sign_ins, stories
from airflow_provider_partnercenter.database.reading import NoDatabaseError, reading
from airflow_provider_partnercenter.plugins.web.page import rows
from airflow_provider_partnercenter.plugins.web.page.questions import (
    OVERDUE_DAYS,
    Days,
    FiltersDep,
    Limit,
    Offset,
    OrderDep,
    TaskDep,
    Text,
    TodayDep,
    present,
)
from airflow_provider_partnercenter.plugins.web.page.rights import (
    DagIds,
    lend_auth_manager,
    readable_connections,
    reads_assets,
    reads_connections,
    reads_xcoms,
    signed_in,
)
from airflow_provider_partnercenter.plugins.web.page.spreadsheet import csv_lines
from airflow_provider_partnercenter.plugins.web.page.static_files import static_files

if TYPE_CHECKING:
    from fastapi import FastAPI

log = logging.getLogger(__name__)

MOST_ROWS = 10_000
"""How many customers a file contains at most."""


def _keep_nothing(response: Response) -> None:
    """What one user may read stays in no cache, where another one might find it."""
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(dependencies=[Depends(lend_auth_manager), Depends(_keep_nothing)])


def add_page(app: FastAPI) -> None:
    """Give an application the routes of the page."""
    app.include_router(router)
    app.add_exception_handler(NoDatabaseError, _not_read)


def _not_read(request: Request, problem: Exception) -> Response:
    log.warning("The page of Partner Center: %s cannot be read: %s.", request.url.path, problem)
    told = f"Airflow's database cannot be read now ({problem}). What to do: look into the log of the API server."
    return JSONResponse({"detail": told}, status_code=503)


@router.get("/api/counts", dependencies=[reads_xcoms])
def counts(dag_ids: DagIds, today: TodayDep, overdue_days: Days = OVERDUE_DAYS) -> dict[str, Any]:
    """Answer the numbers at the top of the page."""
    with reading() as session:
        return asdict(
            customers.count_customers(session, dag_ids, overdue_days=overdue_days, today=today, now=present())
        )


@router.get("/api/customers", dependencies=[reads_xcoms])
def some_customers(
    dag_ids: DagIds, filters: FiltersDep, order: OrderDep, limit: Limit = 50, offset: Offset = 0
) -> dict[str, Any]:
    """Answer some of the customers that match."""
    sort, descending = order
    with reading() as session:
        page = customers.page_of_customers(
            session, dag_ids, filters, now=present(), sort=sort, descending=descending, limit=limit, offset=offset
        )
    return rows.customers(page, offset)


@router.get("/customers.csv", dependencies=[reads_xcoms])
def all_customers(dag_ids: DagIds, filters: FiltersDep, order: OrderDep) -> Response:
    """Answer a file with the customers that match."""
    sort, descending = order
    with reading() as session:
        page = customers.page_of_customers(
            session, dag_ids, filters, now=present(), sort=sort, descending=descending, limit=MOST_ROWS
        )
    return Response(
        "".join(csv_lines(rows.HEAD, map(rows.cells, page.rows))),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="partner-center-customers.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get("/api/choices", dependencies=[reads_xcoms])
def choices(dag_ids: DagIds) -> dict[str, Any]:
    """Answer what there is to filter by."""
    with reading() as session:
        return asdict(customers.choices(session, dag_ids))


@router.get("/api/stories", dependencies=[reads_xcoms])
def stories_of_tasks(
    dag_ids: DagIds, dag_id: str, run_id: str, task_id: Text = None, map_index: int | None = None
) -> dict[str, Any]:
    """Answer what happened to the customers of a run or a task."""
    with reading() as session:
        return rows.stories(
            stories.stories_of(session, dag_ids, dag_id, run_id, task_id or None, map_index, now=present())
        )


@router.get("/api/history", dependencies=[reads_xcoms, reads_assets])
def history(dag_ids: DagIds, customer_id: Text = None, limit: Limit = 50, offset: Offset = 0) -> dict[str, Any]:
    """Answer the verdicts of the past."""
    with reading() as session:
        return rows.history(
            stories.history(session, dag_ids, customer_id=customer_id or None, limit=limit, offset=offset)
        )


@router.get("/api/bulk", dependencies=[reads_xcoms])
def bulk(dag_ids: DagIds, limit: Limit = 50, offset: Offset = 0) -> dict[str, Any]:
    """Answer some of the tasks for many customers."""
    with reading() as session:
        found, total = bulk_tasks.bulk_rows(session, dag_ids, limit=limit, offset=offset)
    return {"rows": [rows.bulk(row) for row in found], "total": total}


@router.get("/api/bulk/customers", dependencies=[reads_xcoms])
def customers_of_bulk(dag_ids: DagIds, task: TaskDep, limit: Limit = 500) -> dict[str, Any]:
    """Answer the customers of a task for many."""
    with reading() as session:
        row = bulk_tasks.bulk_row(session, dag_ids, task)
    if row is None:
        raise HTTPException(404, "There is no such task for many customers.")
    # Object storage may take a while, for which the database need not wait.
    return asdict(bulk_tasks.customers_of(row, limit=limit))


@router.get("/api/sign-ins", dependencies=[reads_connections])
def signed_in_connections(user: GetUserDep) -> dict[str, Any]:
    """Answer the last sign-in of each connection that the user may read."""
    with reading() as session:
        found = sign_ins.sign_ins(session, lambda ids: readable_connections(ids, user))
    return {"rows": [asdict(row) for row in found]}


@router.get("/static/{version}/{name}", dependencies=[signed_in])
def static_file(version: str, name: str, request: Request) -> Response:
    """Answer a file that the page consists of. The version is there for browsers, which keep files by their address."""
    file = static_files().get(name)
    if file is None:
        raise HTTPException(404, "There is no such file.")
    headers = {"Cache-Control": "private, no-cache", "ETag": file.etag, "X-Content-Type-Options": "nosniff"}
    if request.headers.get("If-None-Match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)
