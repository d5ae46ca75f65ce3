"""What a wait is fixed to when it begins."""

from __future__ import annotations

import json

import pytest

from airflow_provider_partnercenter.client.models import CustomerQualification
from airflow_provider_partnercenter.client.plain import from_plain, to_plain
from airflow_provider_partnercenter.qualification.waiting.wait import Wait, WaitOptions
from tests.support.bench import CUSTOMER, EPOCH
from tests.support.records import EARLIER, SUBMISSION, begun

pytestmark = pytest.mark.usefixtures("stopped_clock")


def test_a_plain_wait_begins_now():
    assert begun() == Wait(CUSTOMER, "Education", EPOCH, deadline=EPOCH + 1000)


def test_a_submission_is_what_is_waited_for():
    wait = begun(SUBMISSION, if_absent="wait")
    assert (wait.started_at, wait.deadline, wait.propagation_grace) == (EPOCH, EPOCH + 1000, 120)
    assert wait.baseline == (EARLIER,)
    assert wait.earlier == (CustomerQualification.from_dict(EARLIER),)
    assert wait.if_absent == "wait"


@pytest.mark.parametrize("submitted_at", [None, "", "yesterday"])
def test_a_submission_without_a_readable_moment_was_made_now(submitted_at):
    submitted = begun({**SUBMISSION, "submitted_at": submitted_at}).submitted
    assert submitted is not None
    assert submitted.startswith("at 2025-06-15T15:06:40+00:00")


@pytest.mark.parametrize("baseline", [None, []])
def test_a_first_submission_has_an_empty_baseline(baseline):
    assert begun({**SUBMISSION, "baseline": baseline}).baseline == ()


def test_what_was_not_submitted_leaves_no_baseline():
    wait = begun({**SUBMISSION, "submitted": False, "submitted_at": None})
    assert wait.baseline is None


def test_a_rescheduled_wait_keeps_its_beginning():
    wait = begun(started_at=EPOCH - 600)
    assert (wait.started_at, wait.deadline) == (EPOCH - 600, EPOCH + 400)


@pytest.mark.parametrize("started_at", [None, 0.0])
def test_the_beginning_may_be_any_moment(started_at):
    assert begun(started_at=started_at).started_at == (EPOCH if started_at is None else 0.0)


def test_the_wait_survives_the_way_to_the_triggerer():
    wait = begun(
        SUBMISSION, WaitOptions(success_statuses=("Escalated",), failure_statuses=("Lost",), poke_interval=5.0)
    )
    assert from_plain(Wait, json.loads(json.dumps(to_plain(wait)))) == wait
