"""What an event means as metrics. Pure decisions."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_partnercenter.client.observer import RequestEnded, SignInEnded, Throttled
from airflow_provider_partnercenter.qualification.records import SubmissionEnded
from airflow_provider_partnercenter.qualification.waiting.sighting import PollEnded
from airflow_provider_partnercenter.storage.refresh_tokens import RefreshTokenSeen
from airflow_provider_partnercenter.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.client.observer import Event
    from airflow_provider_partnercenter.telemetry.metrics import Metric

_VERDICTS = {
    "approved": metrics.VERDICTS_APPROVED,
    "denied": metrics.VERDICTS_DENIED,
    "absent": metrics.VERDICTS_ABSENT,
}
_DAY = 24 * 3600.0
# Airflow sends nothing if a tag has other characters (StatsD), or if name and tags are longer than 250.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST_TAG = 60


class Measurement(NamedTuple):
    """
    A value of a metric.

    :param metric: the metric.
    :param value: what to add to a counter, the value of a gauge, or the seconds of a timer.
    :param tags: its tags.
    """

    metric: Metric
    value: float
    tags: dict[str, str]

    @property
    def safe_tags(self) -> dict[str, str]:
        """The tags as every system takes them: at most sixty letters, digits, ``_``, ``-`` and ``.``, else ``_``."""
        return {name: _UNSAFE.sub("_", value)[:_LONGEST_TAG] for name, value in self.tags.items()}


def measurements(event: Event, connection: str) -> Iterator[Measurement]:
    """
    Return what to send about an event.

    :param event: the event. An unknown one has no metrics.
    :param connection: the id of the connection.
    """
    match event:
        case RequestEnded():
            yield from _of_request(event, connection)
        case Throttled():
            yield Measurement(metrics.THROTTLED, 1, {"kind": event.kind})
            if event.seconds > 0:
                yield Measurement(metrics.PAUSED_SECONDS, math.ceil(event.seconds), {})
        case SignInEnded():
            yield _of_sign_in(event, connection)
        case RefreshTokenSeen():
            left = (event.expires_at - event.began_at) / _DAY
            yield Measurement(metrics.REFRESH_TOKEN_DAYS, max(0.0, round(left, 1)), {"connection": connection})
            yield Measurement(metrics.REFRESH_TOKEN_EXPIRES, round(event.expires_at), {"connection": connection})
        case SubmissionEnded():
            yield from _of_submission(event)
        case PollEnded():
            yield Measurement(metrics.LOOKS_FAILED if event.failed else metrics.LOOKS, 1, {})
            if event.verdict is not None:
                yield from _of_verdict(event.verdict, event.qualification, event.waited)


def _of_request(event: RequestEnded, connection: str) -> Iterator[Measurement]:
    kind, status = {"kind": event.kind}, {"status": "none" if event.status is None else str(event.status)}
    yield Measurement(metrics.REQUESTS, 1, kind | status)
    if event.status is None or event.status >= 500:
        yield Measurement(metrics.REQUESTS_FAILED, 1, kind | status)
    yield Measurement(metrics.REQUEST_DURATION, event.seconds, kind)
    yield Measurement(metrics.BUDGET_WAIT, event.queued, kind)
    yield Measurement(metrics.BUDGET_LIMIT, event.limit, {"connection": connection})


def _of_sign_in(event: SignInEnded, connection: str) -> Measurement:
    tags = {"connection": connection, "mode": event.mode}
    if event.error is None:
        return Measurement(metrics.SIGN_INS, 1, tags)
    metric = metrics.SIGN_INS_FAILED if event.retryable else metrics.SIGN_INS_REFUSED
    return Measurement(metric, 1, tags | {"error": event.error})


def _of_submission(event: SubmissionEnded) -> Iterator[Measurement]:
    qualification = {"qualification": event.qualification}
    if event.unknown:
        yield Measurement(metrics.UNKNOWN_OUTCOMES, 1, qualification)
    if not event.sent:
        return
    yield Measurement(metrics.SUBMISSIONS, 1, qualification)
    if event.attempt:
        yield Measurement(metrics.ATTEMPTS_SPENT, 1, qualification)
    if event.outcome in ("approved", "denied"):
        yield from _of_verdict(event.outcome, event.qualification, event.seconds)


def _of_verdict(outcome: str, qualification: str, waited: float | None) -> Iterator[Measurement]:
    metric = _VERDICTS[outcome]
    yield Measurement(metric, 1, {"qualification": qualification})
    if waited is not None and metric is not metrics.VERDICTS_ABSENT:
        yield Measurement(metrics.TIME_TO_VERDICT, waited, {"outcome": outcome, "qualification": qualification})
