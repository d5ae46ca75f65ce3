from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterServiceUnavailableError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.commands.customers.telling import (
    about_denials,
    about_lost,
    about_result,
    about_search,
    row_of_status,
)
from airflow_provider_partnercenter.database.waits import WaitingTask
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome

CUSTOMER = "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"
REQUEST = SubmissionRequest.validated(CUSTOMER, "Education", education_segment="K12")
DENIAL = CustomerQualification(Qualification.EDUCATION, VettingStatus.DENIED, "Not an Academic Domain")


TASK = WaitingTask("d", "r0", "t", -1, "PartnerCenterQualificationSensor", "deferred")


@pytest.mark.parametrize(
    ("number", "contains", "more", "lines"),
    [
        (3, False, False, []),
        (0, False, False, ["No customer's company name or domain begins with 'x'.", "search with --contains"]),
        (0, True, False, ["No customer's company name or domain contains 'x'.", "check the spelling"]),
        (3, True, True, ["the first 3 are shown", "raise --limit"]),
    ],
)
def test_about_search(number, contains, more, lines):
    said = about_search(number, "x", contains=contains, more=more)
    assert len(said) == len(lines)
    assert all(expected in line for expected, line in zip(lines, said, strict=True))


@pytest.mark.parametrize(
    ("verdict", "what_to_do"),
    [
        (None, None),
        (Judgement(Outcome.APPROVED), None),
        (Judgement(Outcome.IN_REVIEW), "wait for Microsoft's verdict"),
        (Judgement(Outcome.IN_REVIEW, remark="status 'Odd' is unknown"), "status 'Odd' is unknown"),
        (Judgement(Outcome.DENIED, DENIAL, attempts_left=0), "all verification requests are used up: ask"),
        (Judgement(Outcome.ABSENT), "request it by 'airflow partnercenter qualify' or in a DAG"),
    ],
)
def test_what_to_do_about_a_qualification(verdict, what_to_do):
    row = row_of_status(CUSTOMER, Qualification.EDUCATION, verdict, [TASK])
    assert row["outcome"] == (verdict and verdict.outcome.value)
    assert (row["what_to_do"] or "").startswith(what_to_do or "")
    assert bool(row["what_to_do"]) == bool(what_to_do)
    assert (row["waiting"], row["waiting_since"]) == (["task t of run r0 of DAG d"], None)


def test_about_denials():
    rows = [
        row_of_status(CUSTOMER, Qualification.EDUCATION, verdict, [])
        for verdict in (Judgement(Outcome.APPROVED), Judgement(Outcome.DENIED, DENIAL, attempts_left=2), None)
    ]
    (line,) = about_denials(rows)
    assert line.startswith(f"Customer {CUSTOMER}: Education was denied, and 2 of 3 requests are left at most. What to")


@pytest.mark.parametrize(
    ("verdict", "sent", "lines"),
    [
        (Judgement(Outcome.APPROVED), True, ["Education was requested. Education is approved."]),
        (Judgement(Outcome.IN_REVIEW), False, ["nothing was sent. Education is in review.", f"status {CUSTOMER}'."]),
        (
            Judgement(Outcome.DENIED, DENIAL, attempts_left=2),
            False,
            [
                "nothing was sent. Microsoft has denied Education: Not an Academic Domain.",
                "with --resubmit-denied-of 'Not an Academic Domain'. At most 2 of 3 requests are left.",
            ],
        ),
        (
            Judgement(Outcome.DENIED, DENIAL, "another one was named", 1),
            False,
            ["Not an Academic Domain.", "At most 1 of 3 requests are left."],
        ),
        (
            Judgement(Outcome.DENIED, DENIAL, attempts_left=0),
            True,
            ["Not an Academic Domain.", "What to do: all verification requests are used up: ask Microsoft's support."],
        ),
    ],
)
def test_about_result(verdict, sent, lines):
    said = about_result(REQUEST, verdict, sent=sent)
    assert len(said) == len(lines)
    assert all(line.endswith(expected) for expected, line in zip(lines, said, strict=True)), said
    if verdict.remark:
        assert said[1].startswith("What to do: another one was named; ")


@pytest.mark.parametrize(
    ("problem", "what"),
    [
        (PartnerCenterUnknownOutcomeError("It is unknown", hint="clear the task"), "It is unknown."),
        (PartnerCenterServiceUnavailableError("Reading failed", status=503), "Reading failed (HTTP 503)."),
        (KeyboardInterrupt(), "was submitted, because the command was interrupted."),
        (RuntimeError("hidden"), "Unexpected: RuntimeError."),
    ],
)
@pytest.mark.parametrize(("noted", "advice"), [(True, "repeat the command. "), (False, "check the customer in ")])
def test_about_lost(problem, what, noted, advice):
    ids = {"request_id": "r-1", "correlation_id": "c-1", "service_request_id": None}
    said = about_lost(problem, REQUEST, ids, noted=noted)
    assert said[0].endswith(what)
    assert said[1].startswith(f"What to do: {advice}")
    assert said[2] == "[request id r-1, correlation id c-1]"
    assert "hidden" not in " ".join(said)
    assert "clear the task" not in " ".join(said)
