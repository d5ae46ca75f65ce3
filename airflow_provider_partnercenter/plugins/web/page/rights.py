"""Who may ask what: Airflow's own rights, as dependencies of the routes."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import (
    GetUserDep,
    ReadableXComFilterDep,
    get_user,
    requires_access_asset,
    requires_access_connection,
    requires_access_dag,
)
from airflow.models.connection import Connection
from fastapi import Depends, Request


def lend_auth_manager(request: Request) -> None:
    """Airflow's filters look for the auth manager in the application that has the route, and that is ours."""
    request.app.state.auth_manager = get_auth_manager()


signed_in = Depends(get_user)
"""Whoever is signed in."""

reads_xcoms = Depends(requires_access_dag("GET", DagAccessEntity.XCOM))
"""Whoever may read the XComs of DAGs; if the query has a ``dag_id``, those of that DAG."""

reads_assets = Depends(requires_access_asset("GET"))
"""Whoever may read assets."""

reads_connections = Depends(requires_access_connection("GET"))
"""Whoever may read connections."""


def _dag_ids(readable: ReadableXComFilterDep) -> set[str]:
    return readable.value or set()


DagIds = Annotated[set[str], Depends(_dag_ids)]
"""The DAGs that the user may read."""


def readable_connections(ids: set[str], user: GetUserDep) -> set[str]:
    """
    Return those of these connections that a user may read.

    Airflow's own filter would leave out those that are defined outside of its database. They belong to no team.
    """
    teams = Connection.get_conn_id_to_team_name_mapping(sorted(ids))
    by_team: dict[str | None, set[str]] = defaultdict(set)
    for conn_id in ids:
        by_team[teams.get(conn_id)].add(conn_id)
    allowed = get_auth_manager().filter_authorized_connections
    return {
        conn_id
        for team, conn_ids in by_team.items()
        for conn_id in allowed(conn_ids=conn_ids, user=user, team_name=team)
    }
