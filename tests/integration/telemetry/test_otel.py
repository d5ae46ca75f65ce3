"""What OpenTelemetry gets of the metrics, by Airflow's own sender."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from airflow_provider_partnercenter.telemetry.measuring import Measurement
from airflow_provider_partnercenter.telemetry.metrics import ALL, Kind, Metric
from airflow_provider_partnercenter.telemetry.sending import send
from tests.airflow_versions import otel_logger, start_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator


class Reader:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        start_metrics(otel_logger(MeterProvider(metric_readers=[self._reader])))

    def points(self) -> dict[str, Any]:
        """Return the last value of each metric, by its name."""
        data = self._reader.get_metrics_data()
        found = [metric for each in data.resource_metrics for scope in each.scope_metrics for metric in scope.metrics]
        return {metric.name: next(iter(metric.data.data_points)) for metric in found}


@pytest.fixture
def reader() -> Iterator[Reader]:
    yield Reader()
    start_metrics()


def tags_of(metric: Metric) -> dict[str, str]:
    return {name: f"a {name}" for name in metric.tags}


def test_every_metric_arrives_with_its_tags(reader: Reader) -> None:
    for metric in ALL:
        send(Measurement(metric, 3, tags_of(metric)))
        send(Measurement(metric, 4, tags_of(metric)))
    points = reader.points()
    for metric in ALL:
        point = points[f"airflow.{metric.name}"]
        assert dict(point.attributes or {}) == {name: f"a_{name}" for name in metric.tags}
        match metric.kind:
            case Kind.COUNTER:
                assert point.value == 7
            case Kind.GAUGE:
                assert point.value == 4
            case Kind.TIMER:
                # A histogram; before Airflow 3.3, a gauge.
                assert getattr(point, "max", getattr(point, "value", None)) == 4000
