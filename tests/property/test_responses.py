"""Whatever the services answer: a correct model or an error of ours; never another exception, never a hang."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.client.operations import create_qualification
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.commands import Request, Response, TransportError
from airflow_provider_partnercenter.client.protocol.endpoints import Endpoint, read_qualifications
from airflow_provider_partnercenter.client.protocol.error_bodies import read_error_body
from airflow_provider_partnercenter.client.protocol.retry import read_retry_after
from airflow_provider_partnercenter.client.wire import loads
from airflow_provider_partnercenter.qualification.records import Submission, SubmissionNote
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.submission import submit
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome
from airflow_provider_partnercenter.qualification.waiting.polling import poll, wait_for_verdict
from airflow_provider_partnercenter.qualification.waiting.sighting import NOTHING_YET, Sighting
from airflow_provider_partnercenter.qualification.waiting.wait import Wait
from tests.support import generated
from tests.support.bench import CUSTOMER, EPOCH, Bench
from tests.support.generated import FACTOR, TALLY, examples
from tests.support.invariants import TOKEN, approved, check_entries, check_error, check_json, check_line, check_value

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

ENOUGH = 20_000
# What is counted, but is no whole answer of the API.
ELSEWHERE = ("headers", "arguments", "connections", "token answers")
# Four attempts, one more for a refused token, and as many refusals for too many requests as fit into five minutes.
MOST_SENDS = 40
# One call: its own time, five minutes that it is told to wait, and a little for jitter.
LONGEST = 100 + 300 + 60

CALLS: dict[str, tuple[Endpoint[Any], st.SearchStrategy[Any]]] = {
    "get_qualifications": (endpoints.get_qualifications(CUSTOMER), generated.qualifications),
    "create_qualification": (
        endpoints.create_qualification(CUSTOMER, "Education", education_segment="K12"),
        generated.qualifications,
    ),
    "get_qualification": (endpoints.get_qualification(CUSTOMER), generated.qualifications),
    "update_qualification": (endpoints.update_qualification(CUSTOMER, "Education"), generated.qualifications),
    "get_validation_codes": (endpoints.get_validation_codes(), generated.codes),
    "get_customer": (endpoints.get_customer(CUSTOMER), generated.customers),
    "get_customers_page": (endpoints.get_customers_page(), generated.pages),
    "get_audit_records_page": (endpoints.get_audit_records_page(start_date=date.max), generated.audits),
    "is_mfa_compliant": (endpoints.is_mfa_compliant(), generated.pages),
    "get_webhook_registration": (endpoints.get_webhook_registration(), generated.registrations),
    "create_webhook_registration": (
        endpoints.create_webhook_registration("https://airflow.example", ["test-created"]),
        generated.registrations,
    ),
    "replace_webhook_registration": (
        endpoints.replace_webhook_registration("https://airflow.example", ["test-created"]),
        generated.registrations,
    ),
    "get_webhook_events": (endpoints.get_webhook_events(), generated.event_names),
    "send_validation_event": (endpoints.send_validation_event(), generated.correlation_ids),
    "get_validation_event": (endpoints.get_validation_event(CUSTOMER), generated.event_states),
}


class Service:
    """Answers from a list, and with its last again and again; counts what it gives."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.answers = list(answers)
        self.given: list[Response | Exception] = []

    def __call__(self, request: Request) -> Response | Exception:
        assert len(self.given) < 2000, "no end of requests"
        self.given.append(self.answers[min(len(self.given), len(self.answers) - 1)])
        return self.given[-1]


def outcome_of(bench: Bench, procedure: Generator[Any, Any, Any]) -> Any:
    """Carry out a procedure; return its value or its error."""
    try:
        return bench.run(procedure)
    except PartnerCenterError as error:
        check_error(error)
        return error


def bench_of(service: Callable[[Request], Response | Exception], **options: Any) -> Bench:
    return Bench(service, tokens=[TOKEN] * 5000, **options)


def test_every_endpoint_is_tried() -> None:
    functions = {name: value for name, value in vars(endpoints).items() if inspect.isfunction(value)}
    assert set(CALLS) == {
        name for name, value in functions.items() if str(inspect.signature(value).return_annotation)[:9] == "Endpoint["
    }


@pytest.mark.parametrize("name", CALLS)
def test_one_answer(name: str) -> None:
    endpoint, written = CALLS[name]

    @examples(500)
    @given(generated.responses(written))
    def check(response: Response) -> None:
        # What comes with another status might as well have come with this one.
        for status in {response.status, 200}:
            TALLY["answers"] += 1
            check_answer(endpoint, replace(response, status=status))

    check()


def check_answer(endpoint: Endpoint[Any], response: Response) -> None:
    note(f"{response.status} {response.body!r}")
    bench = bench_of(Service(response))
    result = outcome_of(bench, bench.exchange.send(endpoint))
    assert len(bench.sent) <= MOST_SENDS
    assert bench.clock.passed <= LONGEST
    if isinstance(result, PartnerCenterError):
        assert endpoint.repeatable is False or not result.outcome_unknown
    else:
        assert 200 <= response.status < 300
        check_value(result)


@examples(1000)
@given(generated.documented, st.sampled_from(["array", "wrapper", "object"]))
def test_what_the_documentation_shows_is_read_as_it_is(entries: list[dict[str, str]], shape: str) -> None:
    TALLY["documented answers"] += 1
    entries = entries[:1] if shape == "object" else entries
    body = {"array": entries, "wrapper": {"qualifications": entries}, "object": entries[0]}[shape]
    bench = bench_of(Service(Response(200, {}, json.dumps(body).encode())))
    read = bench.send(endpoints.get_qualifications(CUSTOMER))
    assert [entry.to_dict() for entry in read] == [
        {
            "qualification": entry["qualification"],
            "vetting_status": entry.get("vettingStatus"),
            "vetting_reason": entry.get("vettingReason"),
            "vetting_created_date": entry.get("vettingCreatedDate") or entry.get("vettingCreateDate"),
        }
        for entry in entries
    ]


@examples(2000)
@given(generated.bodies(generated.faults), st.sampled_from(["", "Unauthorized", "MFA required", "\udcff\n"]))
def test_bodies_of_errors(body: bytes, reason: str) -> None:
    TALLY["bodies of errors"] += 1
    fault = read_error_body(body, reason)
    for text in (fault.code, fault.description):
        check_line(text or "")
    assert fault.retryable in (None, True, False)


@examples(1500)
@given(st.sampled_from(generated.RETRY_AFTERS) | st.text(max_size=40))
def test_retry_after(value: str) -> None:
    TALLY["headers"] += 1
    seconds = read_retry_after(value)
    assert seconds is None or 0 <= seconds < 10**6


refused_sign_ins = st.sampled_from(
    [PartnerCenterAuthenticationError("no"), PartnerCenterServiceUnavailableError("later", retry_after=3)]
)


@examples(900)
@given(
    st.sampled_from(sorted(CALLS)),
    st.lists(generated.responses(generated.qualifications) | generated.lost, min_size=2, max_size=6),
    st.lists(st.just(TOKEN) | st.just("another") | refused_sign_ins, max_size=3),
)
def test_one_answer_after_another(name: str, answers: list[Any], tokens: list[Any]) -> None:
    endpoint, _ = CALLS[name]
    service = Service(*answers)
    bench = Bench(service, tokens=tokens, latency=7.0, sign_in=2.0)
    result = outcome_of(bench, bench.exchange.send(endpoint))
    TALLY["answers one after another"] += len({id(a) for a in service.given if isinstance(a, Response)})
    assert len(bench.sent) <= MOST_SENDS
    assert bench.clock.passed <= LONGEST + 2.0 * len(bench.refused)
    assert len(set(bench.request_ids())) <= 1
    if not endpoint.repeatable:
        assert sum(map(may_have_been_carried_out, service.given)) <= 1
    if not isinstance(result, PartnerCenterError):
        check_value(result)


def may_have_been_carried_out(answer: Response | Exception) -> bool:
    if isinstance(answer, TransportError):
        return answer.sent
    assert isinstance(answer, Response)
    return answer.status < 300 or answer.status == 408 or (answer.status >= 500 and answer.status != 501)


class Notes:
    """Remembers the note of a submission, or forgets it at once, as below Airflow 3.3."""

    def __init__(self, note: SubmissionNote | None, keeps: bool) -> None:
        self.note, self.keeps, self.lasting = note, keeps, keeps

    def load(self) -> SubmissionNote | None:
        return self.note

    def save(self, note: SubmissionNote) -> None:
        self.note = note if self.keeps else self.note

    def forget(self) -> None:
        self.note = None


plausible = st.builds(
    lambda status, document: Response(status, {}, json.dumps(document).encode()),
    st.sampled_from([200, 200, 200, 201, 204, 429, 500, 503, 401, 400, 404]),
    st.lists(
        st.fixed_dictionaries(
            {"qualification": st.sampled_from(["Education", "GovernmentCommunityCloud", "StateOwnedEntity"])},
            optional={
                "vettingStatus": st.sampled_from(["InReview", "Approved", "Denied", "Held"]),
                "vettingReason": st.sampled_from(["Not an Education Customer", "No longer an Education Customer"]),
                "vettingCreatedDate": st.sampled_from(generated.DATES),
            },
        ),
        max_size=2,
    ),
)
absent = st.just(Response(200, {}, b"[]"))
reads = st.lists(
    absent | absent | plausible | generated.responses(generated.qualifications) | generated.lost, max_size=6
)
writes = st.lists(
    plausible | generated.responses(generated.qualifications) | generated.lost | generated.lost, min_size=1, max_size=3
)


class Customer:
    """Answers reads and writes from a list each; a read without an answer finds nothing."""

    def __init__(self, reads: list[Any], writes: list[Any]) -> None:
        self.reads, self.writes = Service(*reads, Response(200, {}, b"[]")), Service(*writes)

    def __call__(self, request: Request) -> Response | Exception:
        return (self.reads if request.method == "GET" else self.writes)(request)

    def given(self) -> list[Any]:
        return self.reads.given + self.writes.given


@examples(900)
@given(
    reads,
    writes,
    st.builds(Notes, st.none() | st.just(SubmissionNote("earlier", 1, EPOCH - 30)), st.booleans()),
    st.sampled_from(
        [("Education", "K12", None), ("GovernmentCommunityCloud", None, "code"), ("StateOwnedEntity",) * 1]
    ),
    st.sampled_from(["warn", "fail", "off"]),
    st.booleans(),
)
def test_submissions(
    reads: list[Any], writes: list[Any], notes: Notes, wanted: tuple[Any, ...], mode: Any, legacy: bool
) -> None:
    qualification, segment, code = (*wanted, None, None)[:3]
    legacy = legacy and qualification != "StateOwnedEntity"
    request = SubmissionRequest.validated(
        CUSTOMER, qualification, education_segment=segment, validation_code=code, legacy=legacy
    )
    customer = Customer(reads, writes)
    bench = bench_of(customer, latency=0.2)
    result = outcome_of(
        bench, submit(bench.exchange, request, notes, tenant_id="tenant", preflight_mode=mode, legacy=legacy)
    )
    TALLY["answers to submissions"] += len({id(a) for a in customer.given() if isinstance(a, Response)})
    assert len([sent for sent in bench.sent if sent.method != "GET"]) <= 2 * MOST_SENDS
    assert sum(map(may_have_been_carried_out, customer.writes.given)) <= 2
    assert bench.clock.passed < 24 * 3600
    if isinstance(result, Submission):
        check_json(result.to_dict())
        assert result.verdict.outcome is not Outcome.ABSENT
    else:
        assert isinstance(result, PartnerCenterError)


@examples(1300)
@given(
    generated.responses(generated.qualifications) | plausible | generated.lost,
    st.sampled_from(["Education", "GovernmentCommunityCloud", "StateOwnedEntity"]),
    st.sampled_from([None, (), ({"qualification": "Education", "vetting_status": "Denied"},)]),
    st.sampled_from(["fail", "wait"]),
    st.booleans(),
)
def test_polls(answer: Any, wanted: str, baseline: Any, if_absent: Any, settled: bool) -> None:
    TALLY["answers to polls"] += 1
    wait = Wait(CUSTOMER, wanted, EPOCH, EPOCH + 1000, baseline=baseline, if_absent=if_absent)
    bench = bench_of(Service(answer))
    last = Sighting(Judgement(Outcome.ABSENT), ended=False, absent_since=EPOCH - 120) if settled else NOTHING_YET
    result = outcome_of(bench, poll(bench.exchange, wait, last))
    if isinstance(result, PartnerCenterError):
        return
    assert isinstance(result, Sighting)
    check_line(result.summary()[:1500])
    if result.verdict.outcome is Outcome.APPROVED:
        assert 200 <= answer.status < 300
        assert approved(read_qualifications(loads(answer.body)), Qualification(wanted))
        # And by a look with other eyes than the parser's.
        seen = re.sub(rb"[\s_-]+", b"", answer.body.lower())
        assert b"approved" in seen or wanted == "StateOwnedEntity"
    if result.ended:
        assert result.verdict.outcome is not Outcome.IN_REVIEW


@examples(150)
@given(st.lists(plausible | generated.responses(generated.qualifications) | generated.lost, min_size=1, max_size=8))
def test_waits(answers: list[Any]) -> None:
    service = Service(*answers)
    bench = bench_of(service, latency=0.2)
    wait = Wait(CUSTOMER, "Education", EPOCH, EPOCH + 24 * 3600, if_absent="wait")
    result = outcome_of(bench, wait_for_verdict(bench.exchange, wait))
    TALLY["answers to waits"] += len({id(a) for a in service.given if isinstance(a, Response)})
    assert bench.clock.passed <= 24 * 3600 + LONGEST
    if isinstance(result, Sighting) and result.ended:
        assert result.verdict.outcome in (Outcome.APPROVED, Outcome.DENIED)


@examples(300)
@given(st.lists(generated.responses(generated.qualifications), min_size=1, max_size=3))
def test_requests_of_several_calls(answers: list[Any]) -> None:
    service = Service(*answers)
    bench = bench_of(service)
    result = outcome_of(bench, create_qualification(CUSTOMER, "Education")(bench.exchange))
    TALLY["answers to requests"] += len({id(a) for a in service.given})
    if not isinstance(result, PartnerCenterError):
        check_entries([result])


def test_that_was_enough(request: pytest.FixtureRequest) -> None:
    """The last test of this module: were there as many cases as were promised?"""
    selected = [
        item.originalname
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.node.path
    ]
    functions = {name for name in globals() if name.startswith("test_")}
    if set(selected) != functions or selected.count("test_one_answer") < len(CALLS):
        pytest.skip("not all tests of this module were selected")
    number = sum(count for kind, count in TALLY.items() if kind not in ELSEWHERE)
    assert number >= ENOUGH * FACTOR
