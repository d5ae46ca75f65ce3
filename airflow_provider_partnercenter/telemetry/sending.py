"""Send metrics the way Airflow sends its own, if it sends any."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.compat import conf, stats
from airflow_provider_partnercenter.telemetry.metrics import Kind

if TYPE_CHECKING:
    from airflow_provider_partnercenter.telemetry.measuring import Measurement

_WAYS = ("statsd_on", "statsd_datadog_enabled", "otel_on")


def metrics_are_on() -> bool:
    """Return whether this Airflow sends metrics (``[metrics]``). If not, nothing is measured."""
    return any(conf.getboolean("metrics", way, fallback=False) for way in _WAYS)


def send(measurement: Measurement) -> None:
    """Send a value of a metric."""
    metric, value, tags = measurement.metric, measurement.value, measurement.safe_tags
    match metric.kind:
        case Kind.COUNTER:
            stats().incr(metric.name, int(value), tags=tags)
        case Kind.GAUGE:
            stats().gauge(metric.name, value, tags=tags)
        case Kind.TIMER:
            stats().timing(metric.name, timedelta(seconds=value), tags=tags)
