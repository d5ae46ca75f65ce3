"""Checks of the connection, and of the Variable that stores its refresh token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.commands.doctor.examination import (
    failed,
    finding_of,
    ok,
    sentence,
    skipped,
    warning,
)
from airflow_provider_partnercenter.commands.running import no_connection
from airflow_provider_partnercenter.compat import AirflowNotFoundException
from airflow_provider_partnercenter.hooks.certificates import certificate_notes
from airflow_provider_partnercenter.hooks.oddities import oddities
from airflow_provider_partnercenter.hooks.sign_in import NOT_RENEWED, no_token_yet
from airflow_provider_partnercenter.storage.credential_variable import NOT_STORED
from airflow_provider_partnercenter.storage.refresh_tokens import unshadow
from airflow_provider_partnercenter.storage.sources import Place, Source, sources_of_connection, sources_of_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.commands.doctor.examination import Finding
    from airflow_provider_partnercenter.commands.doctor.patient import Patient
    from airflow_provider_partnercenter.storage.stored_token import StoredToken

_UNREADABLE = (
    "Correct it: JSON as the page 'Go live' of the documentation shows it, or a URI with every value percent-encoded."
)


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """
    What is known of the connection.

    :param conn_id: its id.
    :param sources: where Airflow finds it.
    :param mode: ``"App-only"`` or ``"App+User"``; ``None`` if it cannot be used.
    :param error: why it cannot be used; ``None`` if it can, or is not there.
    :param oddities: sentences about what a person should check.
    """

    conn_id: str
    sources: tuple[Source, ...]
    mode: str | None = None
    error: PartnerCenterConfigurationError | None = None
    oddities: tuple[str, ...] = ()


def look_at_connection(patient: Patient) -> ConnectionFacts:
    """Read the connection, and make a client of it."""
    sources = tuple(sources_of_connection(patient.conn_id))
    try:
        connection = patient.connection
    except AirflowNotFoundException:
        return ConnectionFacts(patient.conn_id, sources)
    try:
        credentials = patient.client.settings.credentials
    except PartnerCenterConfigurationError as error:
        extra = connection.extra_dejson
        odd = tuple(oddities(connection.conn_type, extra if isinstance(extra, dict) else {}))
        return ConnectionFacts(patient.conn_id, sources, error=error, oddities=odd)
    odd = tuple(oddities(connection.conn_type, connection.extra_dejson))
    notes = certificate_notes(credentials, clock.now())
    return ConnectionFacts(patient.conn_id, sources, credentials.mode, oddities=(*odd, *notes))


def judge_connection(facts: ConnectionFacts) -> Iterator[Finding]:
    """Judge whether the connection is there, complete, and the one that a person has edited."""
    having = [source for source in facts.sources if source.problem is None]
    if facts.error:
        yield finding_of(facts.error)
    elif facts.mode is None:
        broken = [source for source in facts.sources if source.problem and source.place is not Place.DATABASE]
        for source in broken:
            yield failed(f"The connection in {source.name} cannot be read ({source.problem}).", _UNREADABLE)
        if not broken:
            unread = [f"{source.name} ({source.problem})" for source in facts.sources]
            found = finding_of(no_connection(facts.conn_id))
            why = f" What is in {', '.join(unread)} cannot be read." if unread else ""
            yield failed(found.text + why, found.remedy)
    else:
        can = "read, but not submit" if facts.mode == "App-only" else "read and submit"
        where = f" It comes from {having[0].name}." if having else ""
        yield ok(f"Connection {facts.conn_id!r} is complete: {facts.mode}, which can {can} qualifications.{where}")
    for oddity in facts.oddities:
        yield warning(f"Connection {facts.conn_id!r}: {oddity}", "The owner of the connection must correct it.")
    if len(having) > 1:
        others = ", ".join(source.name for source in having[1:])
        yield warning(
            f"Airflow takes the connection from {having[0].name}, so that in {others} has no effect.",
            "Remove one of them, so that nobody edits the one that is not used.",
        )


@dataclass(frozen=True, slots=True)
class VariableFacts:
    """
    What is known of the Variable of ``credential_variable``.

    :param app_only: whether the connection has no refresh token.
    :param name: the name of the Variable; ``None`` if the connection names none.
    :param sources: where Airflow finds it.
    :param stored: the stored token; ``None`` if the connection's own is used.
    :param warning: what is to be said about its age.
    :param now: the current time, in seconds since the epoch.
    """

    app_only: bool
    name: str | None = None
    sources: tuple[Source, ...] = ()
    stored: StoredToken | None = None
    warning: str | None = None
    now: float = 0.0


def look_at_variable(patient: Patient) -> VariableFacts:
    """Read the Variable, unless another place than the database has it."""
    settings, store = patient.settings, patient.store
    if store is None or settings.credential_variable is None:
        return VariableFacts(settings.credentials.app_only)
    name = settings.credential_variable
    sources = tuple(sources_of_variable(name))
    if _shadows(sources):
        return VariableFacts(False, name, sources)
    stored = store.look()
    return VariableFacts(False, name, sources, stored, store.warning(stored) if stored else None, clock.now())


def judge_variable(facts: VariableFacts) -> Iterator[Finding]:
    """Judge whether tasks can keep the refresh token fresh, and how long the stored one lives."""
    if facts.app_only:
        yield skipped("An App-only connection has no refresh token.")
        return
    if facts.name is None:
        yield warning(
            NOT_RENEWED, "The owner of the connection must do so, and switch 'keep_partnercenter_signed_in' on."
        )
        return
    if shadows := _shadows(facts.sources):
        yield failed(
            f"Variable {facts.name!r} ('credential_variable' of the connection) comes from "
            f"{', '.join(source.name for source in shadows)}, where tasks cannot store a renewed token.",
            sentence(unshadow(facts.name)),
        )
        return
    unread = next((source for source in facts.sources if source.problem), None)
    if unread:
        yield warning(
            f"On this machine, {unread.name} cannot be read ({unread.problem}), so the stored token is not known. What "
            "follows is tried with the connection's own.",
            "Run this command where the database can be read, for example where the scheduler runs.",
        )
    elif facts.warning and facts.stored and facts.now >= facts.stored.expires_at.timestamp():
        what, _, remedy = facts.warning.partition(": ")
        yield failed(f"{what}.", sentence(remedy))
    elif facts.warning:
        what, _, remedy = facts.warning.partition(". ")
        yield warning(f"{what}.", remedy)
    elif facts.stored:
        days = int((facts.now - facts.stored.issued_at.timestamp()) // 86400)
        yield ok(
            f"Variable {facts.name!r} has a token that was stored {_days_ago(days)} and lives until "
            f"{facts.stored.expires_at:%d %B %Y} if it is not used."
        )
    else:
        yield ok(no_token_yet(facts.name))
    if NOT_STORED:
        what, _, remedy = NOT_STORED.partition(" What to do: ")
        yield warning(what, sentence(remedy))


def _shadows(sources: tuple[Source, ...]) -> list[Source]:
    return [source for source in sources if source.place is not Place.DATABASE and source.problem is None]


def _days_ago(days: int) -> str:
    return "today" if days <= 0 else "a day ago" if days == 1 else f"{days} days ago"
