"""
The spans of submissions, looks and sign-ins, in the trace of the task.

A span is made when its work has ended, with the times of the event. So nothing has to be open while a procedure waits,
and a span belongs to the task or trigger that waited for the work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.observer import SignInEnded
from airflow_provider_partnercenter.compat import SPANS_ARE_GLOBAL, conf
from airflow_provider_partnercenter.qualification.records import SubmissionEnded
from airflow_provider_partnercenter.qualification.waiting.sighting import PollEnded

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.observer import Event

_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """
    What a span says.

    :param name: its name.
    :param attributes: its attributes; without a secret.
    :param error: the name of an error's class; ``None`` without an error.
    """

    name: str
    attributes: dict[str, str | bool] = field(default_factory=dict)
    error: str | None = None


def traces_are_on() -> bool:
    """Return whether this Airflow records spans (``[traces] otel_on``) to which others can be added."""
    return SPANS_ARE_GLOBAL and conf.getboolean("traces", "otel_on", fallback=False)


def span_of(event: Event, connection: str) -> Span | None:
    """
    Return the span of an event, or ``None`` if it has none.

    :param connection: the id of the connection.
    """
    match event:
        case SubmissionEnded():
            about = {
                "customer_id": event.customer_id,
                "qualification": event.qualification,
                "outcome": event.outcome,
                "sent": event.sent,
                "request_id": event.request_id,
                "correlation_id": event.correlation_id,
            }
            return _span("submit", connection, about, event.error)
        case PollEnded():
            about = {
                "customer_id": event.customer_id,
                "qualification": event.qualification,
                "verdict": event.verdict,
                "failed": event.failed,
                "correlation_id": event.correlation_id,
            }
            return _span("look", connection, about, event.error)
        case SignInEnded():
            about = {"mode": event.mode, "correlation_id": event.correlation_id}
            return _span("sign_in", connection, about, event.error)
    return None


def _span(name: str, connection: str, about: dict[str, str | bool | None], error: str | None) -> Span:
    known = {"connection": connection, **about, "error": error}
    attributes = {f"partnercenter.{key}": value for key, value in known.items() if value is not None}
    return Span(f"partnercenter.{name}", attributes, error)


def record(span: Span, began_at: float, seconds: float) -> None:
    """
    Record a span that has ended.

    :param began_at: when it began, in seconds since the epoch.
    :param seconds: how long it took.
    """
    from opentelemetry import trace

    began = int(began_at * _NANOSECONDS)
    tracer = trace.get_tracer("airflow_provider_partnercenter")
    recorded = tracer.start_span(span.name, attributes=span.attributes, start_time=began)
    if span.error:
        recorded.set_status(trace.Status(trace.StatusCode.ERROR, span.error))
    recorded.end(end_time=began + int(seconds * _NANOSECONDS))
