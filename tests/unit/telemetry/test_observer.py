from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.observer import SignInEnded
from airflow_provider_partnercenter.telemetry import observer
from airflow_provider_partnercenter.telemetry.observer import AirflowObserver, observer_of
from tests.airflow_versions import MINOR

EVENT = SignInEnded(began_at=1.0, seconds=2.0, mode="App-only")
WAYS = ("STATSD_ON", "STATSD_DATADOG_ENABLED", "OTEL_ON")


@pytest.mark.parametrize("way", WAYS)
def test_metrics_are_sent_if_airflow_sends_any(way, monkeypatch):
    assert observer_of("c") is None
    monkeypatch.setenv(f"AIRFLOW__METRICS__{way}", "True")
    assert observer_of("c") == AirflowObserver("c", metrics=True, traces=False)


def test_spans_are_recorded_if_airflow_records_any(monkeypatch):
    monkeypatch.setenv("AIRFLOW__TRACES__OTEL_ON", "True")
    expected = AirflowObserver("c", metrics=False, traces=True) if MINOR >= (3, 2) else None
    assert observer_of("c") == expected


def test_clients_of_one_connection_can_be_shared():
    one, same, other = (AirflowObserver(name, metrics=True, traces=False) for name in ("a", "a", "b"))
    assert one == same != other
    assert len({one, same, other}) == 2


@pytest.mark.parametrize("metrics", [True, False])
@pytest.mark.parametrize("traces", [True, False])
def test_only_what_is_switched_on_is_done(metrics, traces, monkeypatch):
    done = []
    monkeypatch.setattr(observer, "send", lambda measurement: done.append(measurement.metric.name))
    monkeypatch.setattr(observer, "record", lambda span, *when: done.append((span.name, *when)))
    AirflowObserver("c", metrics=metrics, traces=traces)(EVENT)
    assert done == ["partnercenter.sign_ins"] * metrics + [("partnercenter.sign_in", 1.0, 2.0)] * traces
