"""All pages: those of the errors that the source makes, those of the tables, and one for each public class."""

from __future__ import annotations

import inspect
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from _ext.troubleshooting.calls import FINDINGS, GAP, TIME_OUT, find_made
from _ext.troubleshooting.page import NO_ANSWER, Page, Subject
from _ext.troubleshooting.tables import pages_of_tables
from airflow_provider_partnercenter import exceptions
from airflow_provider_partnercenter.client import errors
from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.protocol.commands import TransportError
from airflow_provider_partnercenter.compat import AirflowFailException, AirflowSensorTimeout
from airflow_provider_partnercenter.plugins.web.asset_events import NotStoredError
from airflow_provider_partnercenter.plugins.web.signing_certificates import CertificateUnavailableError
from airflow_provider_partnercenter.qualification.asking.answer import MeaninglessAnswerError
from airflow_provider_partnercenter.qualification.webhooks.refusal import WebhookRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _ext.troubleshooting.calls import Made

# Modules by what their errors are about; the first that an error's module begins with.
_SUBJECTS = (
    ("client.auth.certificates", Subject.CONNECTION),
    ("client.auth.proofs.token_file", Subject.CONNECTION),
    ("client.auth", Subject.SIGN_IN),
    ("client.aio", Subject.SIGN_IN),
    ("client.transport.loopback", Subject.COMMANDS),
    ("client.transport", Subject.CONNECTING),
    ("client.protocol.arguments", Subject.ARGUMENTS),
    ("client.protocol.endpoints", Subject.ARGUMENTS),
    ("client.protocol", Subject.CONNECTING),
    ("hooks.sign_in", Subject.SIGN_IN),
    ("hooks", Subject.CONNECTION),
    ("storage.refresh_tokens", Subject.SIGN_IN),
    ("storage", Subject.STORAGE),
    ("commands.doctor", Subject.DOCTOR),
    ("commands", Subject.COMMANDS),
    ("plugins", Subject.EVENTS),
    ("onboarding", Subject.EVENTS),
    ("qualification.webhooks", Subject.EVENTS),
    ("qualification.asking", Subject.DENIALS),
    ("qualification.submission", Subject.REFUSALS),
    ("qualification.outcome", Subject.REFUSALS),
    ("qualification.preparation", Subject.REFUSALS),
    ("qualification.bulk.watching", Subject.WAITING),
    ("qualification", Subject.ARGUMENTS),
    ("assets", Subject.ARGUMENTS),
    ("operators.asking", Subject.DENIALS),
    ("operators.denial", Subject.DENIALS),
    ("operators.validation_code", Subject.DENIALS),
    ("operators", Subject.WAITING),
    ("sensors", Subject.WAITING),
    ("triggers", Subject.WAITING),
    ("tasks.arguments", Subject.ARGUMENTS),
    ("tasks.batches", Subject.ARGUMENTS),
    ("tasks.verdicts", Subject.ARGUMENTS),
    ("tasks.queues", Subject.EVENTS),
    ("tasks.starting", Subject.EVENTS),
    ("tasks", Subject.WAITING),
)
#: Of an error that no retry can cure.
FOR_GOOD = "The task fails without a retry."
# Not exported, but what they say is read in a log.
_OTHERS = (
    AirflowSensorTimeout,
    CertificateUnavailableError,
    MeaninglessAnswerError,
    NotStoredError,
    TransportError,
    ValueError,
    WebhookRefusedError,
)


def public_classes() -> dict[str, type[Exception]]:
    """Return the classes of errors that users can name, by their names."""
    members = chain(vars(errors).items(), vars(exceptions).items())
    ours = (errors.__name__, exceptions.__name__)
    return {
        name: member
        for name, member in members
        if inspect.isclass(member) and issubclass(member, Exception) and member.__module__ in ours
    }


def classes() -> dict[str, type[Exception]]:
    """Return all classes of errors whose texts are read by users, by their names."""
    return public_classes() | {cls.__name__: cls for cls in _OTHERS}


def catalogue() -> list[Page]:
    """
    Return all pages, ordered by subject and, within each, by title. Several with one text are one page.

    :raises ValueError: if two different texts would have the same page.
    """
    found: dict[str, Page] = {}
    for page in chain(pages_of_tables(), _pages_of_calls(find_made(frozenset(classes()))), _pages_of_classes()):
        known = found.setdefault(page.slug, page)
        if known.words != page.words:
            raise ValueError(f"{known.title!r} and {page.title!r} would both be the page {page.slug!r}")
        found[page.slug] = replace(known, hints=tuple(dict.fromkeys((*known.hints, *page.hints))))
    order = list(Subject)
    return sorted(found.values(), key=lambda page: (order.index(page.subject), page.title.lower().lstrip(f"{GAP} '-:")))


def _pages_of_calls(made: Iterable[Made]) -> Iterator[Page]:
    for each in made:
        error = "AirflowSensorTimeout" if each.error == TIME_OUT else "" if each.error in FINDINGS else each.error
        subject = next(subject for start, subject in _SUBJECTS if f"{each.module}.".startswith(f"{start}."))
        for text in each.texts:
            before = NO_ANSWER if error == TransportError.__name__ else ""
            yield Page(subject, before + text.removeprefix(f"{GAP} ").rstrip("."), error, each.hints, each.retryable)


def _pages_of_classes() -> Iterator[Page]:
    for name in public_classes():
        yield Page(Subject.CLASSES, name, name)


def retries(page: Page) -> str:
    """Return whether Airflow tries again."""
    cls = classes().get(page.error)
    if page.subject in (Subject.DOCTOR, Subject.COMMANDS) or cls in (
        WebhookRefusedError,
        CertificateUnavailableError,
        NotStoredError,
    ):
        return ""
    if cls is ValueError:
        return "Airflow cannot import the DAG until it is corrected. If the argument is a template, the task fails."
    if cls is MeaninglessAnswerError:
        return "The task asks again."
    if cls is not None and issubclass(cls, PartnerCenterError | TransportError):
        retryable = page.retryable
        if retryable is None:
            retryable = getattr(cls, "retryable", True)
        if retryable:
            return "A wait goes on. Any other task fails, and Airflow retries it if it has `retries`."
        return FOR_GOOD
    if cls is not None and issubclass(cls, AirflowFailException | AirflowSensorTimeout):
        return FOR_GOOD
    return "The task fails, and Airflow retries it if it has `retries`."
