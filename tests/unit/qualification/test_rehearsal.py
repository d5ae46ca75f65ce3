from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import CustomerQualification
from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.qualification.records import SubmissionNote
from airflow_provider_partnercenter.qualification.rehearsal import goes_on, rehearse, seconds_to_wait
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.submission import submission_id
from airflow_provider_partnercenter.qualification.vetting import Outcome
from tests.support.bench import CUSTOMER, Bench, answer
from tests.support.desk import BAD_CUSTOMER, DENIAL, DENIED, GOOD_CUSTOMER, TENANT, there

REQUEST = SubmissionRequest.validated(CUSTOMER, "Education", education_segment="K12")
NAMING = SubmissionRequest.validated(CUSTOMER, "Education", education_segment="K12", resubmit_denied_of=DENIAL)
OTHER = SubmissionRequest.validated(CUSTOMER, "Education", education_segment="HigherEducation")
CODES = [{"validationId": "code-1", "organizationName": "Contoso", "remainingCreates": 1, "maxCreates": 2}]


def rehearsed(request, *answers, **options):
    bench = Bench([answer(200, document) for document in answers])
    seen = []

    def decide(entries):
        seen.append(entries)
        return "decision"

    arguments = {"tenant_id": TENANT, "decide": decide, **options}
    found = bench.run(rehearse(bench.exchange, request, **arguments))
    assert seen == [found.baseline]
    assert {each.method for each in bench.sent} == {"GET"}
    return found


def test_what_would_be_sent():
    found = rehearsed(REQUEST, [], GOOD_CUSTOMER)
    assert (found.verdict, found.problems) == (None, ())
    sends = found.sends
    assert (sends.method, sends.path) == ("POST", f"/v1/customers/{CUSTOMER}/qualifications")
    assert sends.body == {"qualification": "Education", "educationSegment": "K12"}
    assert sends.request_id == submission_id(TENANT, REQUEST, [], "decision")


def test_what_the_preflight_finds():
    (problem,) = rehearsed(REQUEST, [], BAD_CUSTOMER).problems[:1]
    assert problem
    assert rehearsed(REQUEST, [], preflight_mode="off").problems == ()
    with pytest.raises(PartnerCenterInvalidRequestError, match="Microsoft would deny Education"):
        rehearsed(REQUEST, [], BAD_CUSTOMER, preflight_mode="fail")


@pytest.mark.parametrize(
    ("request_", "entries", "outcome"),
    [
        (REQUEST, [there("Approved")], Outcome.APPROVED),
        (REQUEST, [there("InReview")], Outcome.IN_REVIEW),
        (REQUEST, [DENIED], Outcome.DENIED),
        (NAMING, [DENIED], None),
    ],
)
def test_why_nothing_would_be_sent(request_, entries, outcome):
    found = rehearsed(request_, entries, GOOD_CUSTOMER)
    assert (found.verdict and found.verdict.outcome) == outcome
    assert (found.sends is None) == (outcome is not None)


def test_the_code_is_chosen():
    request = SubmissionRequest.validated(
        CUSTOMER, "GovernmentCommunityCloud", validation_code="auto", organization="Contoso"
    )
    found = rehearsed(request, [], CODES)
    assert (found.sends.query, found.sends.body["validationCode"]) == ({"code": "code-1"}, "code-1")


def test_the_legacy_request():
    found = rehearsed(REQUEST, "None", [], GOOD_CUSTOMER, legacy=True)
    assert (found.sends.method, found.sends.path, found.sends.body) == (
        "PUT",
        f"/v1/customers/{CUSTOMER}/qualification",
        1,
    )
    assert found.sends.request_id == submission_id(TENANT, REQUEST, [], "decision")


def note(*, posts=1, carried_out=False, baseline=(), about=REQUEST):
    before = tuple(entry.to_dict() for entry in baseline)
    return SubmissionNote("id", posts, 1000.0, before, carried_out, about.payload, "decision")


IN_REVIEW, OLD_DENIAL = CustomerQualification.from_json(there("InReview")), CustomerQualification.from_json(DENIED)


@pytest.mark.parametrize(
    ("noted", "entries", "now", "again"),
    [
        (None, [], 1001, False),
        (note(about=OTHER), [], 1001, False),
        # It may be out, and no read shows it, however long ago it was.
        (note(), [], 1001, True),
        (note(), [], 99999, True),
        (note(baseline=[OLD_DENIAL]), [OLD_DENIAL], 1001, True),
        # A read shows what came of it.
        (note(), [IN_REVIEW], 1001, False),
        (note(), [OLD_DENIAL], 1001, False),
        # It was carried out, and reads may not show it yet.
        (note(carried_out=True), [], 1119, True),
        (note(carried_out=True), [], 1120, False),
        # Nobody knows what came of it, and the person repeats the command.
        (note(posts=0), [], 99999, True),
    ],
)
def test_whether_a_call_goes_on_with_an_earlier_one(noted, entries, now, again):
    assert goes_on(noted, REQUEST, entries, now, 120.0) is again


@pytest.mark.parametrize(
    ("noted", "now", "seconds"),
    [
        (None, 1001, 0),
        (note(), 1001, 0),
        (note(about=OTHER), 1001, 119),
        (note(about=OTHER, carried_out=True), 1001, 119),
        (note(about=OTHER), 1120, 0),
        (note(about=OTHER), 5000, 0),
    ],
)
def test_a_different_request_has_to_wait(noted, now, seconds):
    assert seconds_to_wait(noted, REQUEST, now, 120.0) == seconds


def test_a_note_survives_json():
    assert SubmissionNote(**{**to_plain(note()), "baseline": ()}) == note()
