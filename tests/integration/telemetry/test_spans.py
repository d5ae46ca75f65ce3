"""The spans that tasks and triggers record, in the trace of whoever runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from tests.support.task_modes import Ending, run

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.testing.clock import Clock

CUSTOMER = ordinary_id(1)
TASK = "worker.qualify"


class Tracer:
    """Stands in for the tracer that Airflow sets up, and keeps the spans."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        # The global one can be set only once in a process.
        monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
        self._tracer = provider.get_tracer("airflow")

    def run(self, clock: Clock, customer: str = CUSTOMER, **arguments: Any) -> Ending:
        """Run a task that submits, in a span as Airflow's."""

        def make() -> PartnerCenterUpdateQualificationOperator:
            return PartnerCenterUpdateQualificationOperator(
                task_id="qualify",
                customer_id=magic.id_of(customer),
                qualification="Education",
                education_segment="K12",
                preflight="off",
                **arguments,
            )

        with self._tracer.start_as_current_span(TASK):
            return run(make, clock)

    @property
    def spans(self) -> list[ReadableSpan]:
        return [span for span in self._exporter.get_finished_spans() if span.name != TASK]

    @property
    def task(self) -> ReadableSpan:
        [span] = [span for span in self._exporter.get_finished_spans() if span.name == TASK]
        return span


@pytest.fixture
def tracer(monkeypatch: pytest.MonkeyPatch) -> Tracer:
    monkeypatch.setenv("AIRFLOW__TRACES__OTEL_ON", "True")
    return Tracer(monkeypatch)


def named(spans: list[ReadableSpan], name: str) -> list[ReadableSpan]:
    return [span for span in spans if span.name == f"partnercenter.{name}"]


def seconds(span: ReadableSpan) -> float:
    return (span.end_time - span.start_time) / 1e9


@pytest.mark.since_airflow("3.2", "before, Airflow's spans are not those of OpenTelemetry's global tracer")
def test_submission_looks_and_sign_ins_are_in_the_trace_of_the_task(
    tracer: Tracer, clock: Clock, emulator: Emulator
) -> None:
    emulator.configure(CUSTOMER, vetting="seconds:600")
    ending = tracer.run(clock, wait_for_approval=True, deferrable=True)
    assert ending.result["outcome"] == "approved"

    assert sorted(span.name for span in tracer.spans) == [
        "partnercenter.look",
        "partnercenter.look",
        "partnercenter.look",
        "partnercenter.sign_in",
        "partnercenter.sign_in",
        "partnercenter.submit",
    ]
    task = tracer.task.get_span_context()
    for span in tracer.spans:
        assert (span.context.trace_id, span.parent.span_id) == (task.trace_id, task.span_id)
        assert span.status.status_code is trace.StatusCode.UNSET

    [submit] = named(tracer.spans, "submit")
    assert dict(submit.attributes) == {
        "partnercenter.connection": "partnercenter_default",
        "partnercenter.customer_id": CUSTOMER,
        "partnercenter.qualification": "Education",
        "partnercenter.outcome": "in_review",
        "partnercenter.sent": True,
        "partnercenter.request_id": ending.result["request_id"],
        "partnercenter.correlation_id": ending.result["correlation_id"],
    }
    *before, last = named(tracer.spans, "look")
    assert [look.attributes.get("partnercenter.verdict") for look in (*before, last)] == [None, None, "approved"]
    journal = {call["correlation_id"] for call in emulator.journal(CUSTOMER)}
    assert {span.attributes["partnercenter.correlation_id"] for span in (submit, *before, last)} == journal
    # Each has the time at which it happened, by the clock of the client.
    assert last.start_time / 1e9 == pytest.approx(clock.now, abs=30)
    assert last.start_time - submit.start_time > 600e9


@pytest.mark.since_airflow("3.2", "before, Airflow's spans are not those of OpenTelemetry's global tracer")
def test_what_fails_is_marked(tracer: Tracer, clock: Clock, emulator: Emulator) -> None:
    tracer.run(clock, "reset-before-every-write")
    [submit] = named(tracer.spans, "submit")
    assert submit.status.status_code is trace.StatusCode.ERROR
    assert submit.status.description == "PartnerCenterUnknownOutcomeError"
    assert submit.attributes["partnercenter.error"] == "PartnerCenterUnknownOutcomeError"
    # It read for two minutes, twice.
    assert seconds(submit) >= 240


@pytest.mark.since_airflow("3.2", "before, Airflow's spans are not those of OpenTelemetry's global tracer")
def test_no_span_contains_a_secret(tracer: Tracer, clock: Clock, emulator: Emulator) -> None:
    tracer.run(clock)
    emulator.revoke_refresh_tokens()
    tracer.run(clock, ordinary_id(2))
    assert [span.attributes.get("partnercenter.error") for span in named(tracer.spans, "sign_in")] == [
        None,
        "PartnerCenterRefreshTokenError",
    ]
    text = "".join(span.to_json() for span in tracer.spans)
    assert CUSTOMER in text
    for secret in (emulator.client_secret, emulator.refresh_token, "eyJ", "Bearer"):
        assert secret not in text
        assert json.dumps(secret)[1:-1] not in text


def test_without_traces_there_is_no_span(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    tracer = Tracer(monkeypatch)
    assert tracer.run(clock).state == "succeeded"
    assert tracer.spans == []
    assert PartnerCenterHook().get_conn().settings.observer is None


@pytest.mark.before_airflow("3.2", "since then, others can add to Airflow's traces")
def test_an_older_airflow_has_no_trace_to_add_to(tracer: Tracer, clock: Clock) -> None:
    assert tracer.run(clock).state == "succeeded"
    assert tracer.spans == []
