"""What a task for many tells about its customers. Apart, so that a DAG file for one of them does not import it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.qualification.bulk.report import counts_of
from airflow_provider_partnercenter.qualification.states.customer import Phase
from airflow_provider_partnercenter.qualification.states.many import ManyState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_partnercenter.qualification.bulk.report import Entry


def many(
    entries: Sequence[Entry],
    *,
    connection_id: str | None,
    path: str | None,
    deferral_id: str = "",
    waiting_since: float | None = None,
    until: float | None = None,
    waits: bool,
    counts: Mapping[str, int] | None = None,
) -> ManyState:
    """
    Return how the customers of a task for many stand.

    :param path: the folder or the report that has them; ``None`` if they are few.
    :param waiting_since: when the wait began, in seconds since the epoch.
    :param until: when it ends, in seconds since the epoch.
    :param counts: more numbers than those of the entries.
    """
    return ManyState(
        phase=Phase.WAITING if waits else Phase.ENDED,
        counts=dict(counts or counts_of(entries)),
        connection_id=connection_id,
        path=path,
        deferral_id=deferral_id,
        waiting_since=None if waiting_since is None else moment(waiting_since),
        until=None if until is None else moment(until),
        customers=() if path else tuple(entry.reported() for entry in entries),
    )
