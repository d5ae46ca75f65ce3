"""The observer of clients in Airflow. It sends metrics and records spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.qualification.waiting.sighting import PollEnded
from airflow_provider_partnercenter.telemetry import waits
from airflow_provider_partnercenter.telemetry.measuring import measurements
from airflow_provider_partnercenter.telemetry.sending import metrics_are_on, send
from airflow_provider_partnercenter.telemetry.spans import record, span_of, traces_are_on

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.observer import Event


@dataclass(frozen=True, slots=True)
class AirflowObserver:
    """
    Hands on what a client tells. Two observers with the same contents are equal, so that clients can be shared.

    :param connection: the id of the client's connection.
    :param metrics: whether to send metrics.
    :param traces: whether to record spans.
    """

    connection: str
    metrics: bool
    traces: bool

    def __call__(self, event: Event) -> None:
        if self.metrics:
            for measurement in measurements(event, self.connection):
                send(measurement)
            if isinstance(event, PollEnded):
                waits.report_if_any()
        if self.traces and (span := span_of(event, self.connection)):
            record(span, event.began_at, event.seconds)


def observer_of(connection: str) -> AirflowObserver | None:
    """
    Return the observer of a connection's client, or ``None`` if this Airflow sends neither metrics nor traces.

    :param connection: the id of the connection.
    """
    metrics, traces = metrics_are_on(), traces_are_on()
    return AirflowObserver(connection, metrics, traces) if metrics or traces else None
