"""
Which verdicts a task hands out, when it ends to do so, and what it leaves to the next run. No I/O.

Airflow makes a task's events in one transaction with its success, and a DAG has no loops. So a task that hands out what
it has seen ends, and another run goes on with the rest: a chain of runs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.plain import from_plain
from airflow_provider_partnercenter.client.protocol.arguments import for_message
from airflow_provider_partnercenter.qualification.bulk.report import Entry, Result
from airflow_provider_partnercenter.qualification.verdicts import batch_of, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

REST_VERSION = 1
_VERDICTS = (Result.APPROVED.value, Result.DENIED.value)
_LEFT = (*_VERDICTS, Result.IN_REVIEW.value)
_GIVE_REST = (
    "give what the result of the run before has as 'rest', unchanged; to begin again, start a run without 'rest' and "
    "with all customers: it requests nothing twice"
)


@dataclass(frozen=True, slots=True)
class Rest:
    """
    What a run of a chain leaves to the next one. Every member is a plain JSON type.

    :param run_id: the id of the next run.
    :param chain: what the ids of all runs of the chain are made of.
    :param number: the number of the next run in the chain; that of the first run is 1.
    :param started_at: when the chain's wait began, in seconds since the epoch.
    :param deadline: when it ends without all verdicts, in seconds since the epoch.
    :param total: how many entries there are.
    :param entries: the entries, as dictionaries of :class:`.report.Entry`; ``None`` if they are in a folder.
    :param path: the folder with the entries (see :class:`.entries.EntryFolder`), if they are too large for Airflow's
        database.
    :param deferral_id: distinguishes the file with the entries from others in the folder.
    :param version: the version of this format.
    """

    run_id: str
    chain: str
    number: int
    started_at: float
    deadline: float
    total: int
    entries: tuple[dict[str, Any], ...] | None = None
    path: str | None = None
    deferral_id: str = ""
    version: int = REST_VERSION

    def inline(self) -> list[Entry]:
        """Return the entries, if they are not in a folder."""
        return [from_plain(Entry, entry) for entry in self.entries or ()]


@dataclass(frozen=True, slots=True)
class Batch:
    """
    How a task ends.

    :param verdicts: the verdicts that it hands out, by customer.
    :param reported: the entries of its report, in the order of the caller's rows.
    :param left: the entries that it leaves to the next run; those with a verdict come first.
    """

    verdicts: dict[str, dict[str, Any]]
    reported: list[Entry]
    left: list[Entry]


def first_seen(entries: Iterable[Entry], since: float | None, now: float) -> float | None:
    """
    Return when the first verdict was seen that is not handed out yet; ``None`` if there is none.

    :param since: what this returned the last time.
    """
    if since is None and any(entry.outcome in _VERDICTS for entry in entries):
        return now
    return since


def is_complete(entries: Sequence[Entry]) -> bool:
    """Return whether a batch need not wait for more verdicts: nobody is in review, or it cannot take all it has."""
    batch = _batch(entries)
    fits = all(entry.customer_id in batch for entry in entries if entry.outcome in _VERDICTS)
    return not fits or all(entry.outcome != Result.IN_REVIEW for entry in entries)


def closes_at(entries: Sequence[Entry], since: float | None, after: float) -> float:
    """
    Return when a task ends to hand out its batch, in seconds since the epoch.

    :param entries: all entries that are not handed out.
    :param since: when the first verdict among them was seen.
    :param after: how old that verdict may become, in seconds.
    :return: the time: ``0`` for at once, infinity for not before there is a verdict.
    """
    if is_complete(entries):
        return 0.0
    return math.inf if since is None else since + after


def split(entries: Sequence[Entry], *, over: bool) -> Batch:
    """
    Say what a task that ends now hands out, what it reports, and what it leaves to the next run.

    A batch has one verdict for each customer, as many as fit. What is refused or failed is reported at once, because
    nobody waits for it any more.

    :param over: whether nobody waits any longer for those in review, so that they are reported as such.
    """
    batch = _batch(entries)
    reported: list[Entry] = []
    decided: list[Entry] = []
    waiting: list[Entry] = []
    taken: set[str] = set()
    for entry in entries:
        if entry.outcome in _VERDICTS:
            mine = entry.customer_id in batch and entry.customer_id not in taken
            taken.add(entry.customer_id)
            (reported if mine else decided).append(entry)
        else:
            (waiting if entry.outcome == Result.IN_REVIEW and not over else reported).append(entry)
    return Batch(batch, sorted(reported, key=lambda entry: entry.rows), decided + waiting)


def read_rest(document: object) -> Rest | None:
    """
    Read what an earlier run handed on.

    :param document: the dictionary; ``None`` or an empty one in the first run of a chain.
    :raises PartnerCenterInvalidRequestError: if it is something else, of another version, or damaged.
    """
    if document is None or document == {}:
        return None
    if not isinstance(document, Mapping):
        raise PartnerCenterInvalidRequestError(
            f"rest must be a dictionary, not {for_message(document)}", hint=_GIVE_REST
        )
    version = document.get("version")
    if isinstance(version, int) and version != REST_VERSION:
        raise PartnerCenterInvalidRequestError(
            f"rest has version {version}, but this worker reads version {REST_VERSION}",
            hint="let all workers run the same version of airflow-provider-partnercenter, then clear the task",
        )
    rest = _read(document)
    if rest is None:
        raise PartnerCenterInvalidRequestError(
            f"rest is not what an earlier run handed on: {for_message(document)}", hint=_GIVE_REST
        )
    return rest


def deadline_of(rest: Rest, *, now: float, cleared: bool, timeout: float) -> float:
    """
    Return the deadline of a run that goes on with a rest, in seconds since the epoch: that of the chain.

    Whoever clears a task that has ended at the deadline wants it to wait on, so it waits anew after that. A retry does
    not.

    :param timeout: how long it waits then, in seconds.
    """
    return now + timeout if cleared and now >= rest.deadline else rest.deadline


def _batch(entries: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    # One after the other, so that of many only those are looked at that fit.
    decided = (verdict_of(entry.reported()) for entry in entries if entry.outcome in _VERDICTS)
    return batch_of(verdict for verdict in decided if verdict)


def _read(document: Mapping[str, Any]) -> Rest | None:
    """Return the rest, or ``None`` if it is damaged."""
    try:
        rest = from_plain(Rest, document)
        entries = rest.inline()
    except (TypeError, AttributeError):
        return None
    numbers = (rest.started_at, rest.deadline)
    sound = (
        all(isinstance(text, str) for text in (rest.run_id, rest.chain, rest.deferral_id))
        and isinstance(rest.path, str | None)
        and all(type(number) is int for number in (rest.number, rest.total, rest.version))
        and all(type(number) in (int, float) and math.isfinite(number) for number in numbers)
        and (bool(rest.path) if rest.entries is None else len(entries) == rest.total)
        and all(entry.outcome in _LEFT for entry in entries)
    )
    return rest if sound else None
