"""Arguments of tasks, as DAG authors and Jinja give them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.tasks.arguments import (
    duration,
    one_of,
    read_submission,
    read_verdict,
    seconds,
    statuses,
)
from tests.support.bench import CUSTOMER
from tests.support.records import SUBMISSION


@pytest.mark.parametrize(
    ("value", "number"), [(0, 0), (90, 90), (0.5, 0.5), (timedelta(days=7), 604800), (timedelta(0), 0)]
)
def test_seconds(value, number):
    assert seconds("timeout", value) == number
    assert isinstance(seconds("timeout", value), float)


CENTURIES = timedelta(days=100_000)
NO_SECONDS: tuple[Any, ...] = (
    10**5000,
    None,
    "7 days",
    "60",
    -1,
    timedelta(seconds=-1),
    True,
    [],
    float("nan"),
    float("inf"),
    1e300,
    CENTURIES,
)


@pytest.mark.parametrize("value", NO_SECONDS, ids=lambda value: str(value)[:20] if value != NO_SECONDS[0] else "huge")
@pytest.mark.parametrize("positive", [False, True])
def test_what_is_no_duration_is_refused_by_name(positive, value):
    with pytest.raises(ValueError, match=r"^timeout must be seconds or a timedelta, .*, not "):
        seconds("timeout", value, positive=positive)


@pytest.mark.parametrize("value", [0, 0.0, timedelta(0)])
def test_a_duration_that_must_be_positive(value):
    with pytest.raises(ValueError, match=r"^poke_interval must be seconds or a timedelta, more than 0"):
        seconds("poke_interval", value, positive=True)


@pytest.mark.parametrize("value", [["Escalated", "Held"], ("Escalated", "Held")])
def test_statuses(value):
    assert statuses("success_statuses", value) == ("Escalated", "Held")


def test_one_status_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"^success_statuses must be a list .*\['Escalated'\], not 'Escalated'"):
        statuses("success_statuses", "Escalated")


@pytest.mark.parametrize("value", [None, 7, [7], [None], {"Escalated": 1}, b"Escalated"], ids=repr)
def test_what_is_no_list_of_statuses_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"^failure_statuses must be a list of strings, .*, not "):
        statuses("failure_statuses", value)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(SUBMISSION, id="dictionary"),
        pytest.param(str(SUBMISSION), id="jinja"),
        pytest.param(f"\n {SUBMISSION} ", id="jinja-with-blanks"),
        pytest.param(json.dumps(SUBMISSION), id="json"),
        pytest.param(json.dumps(SUBMISSION, indent=2), id="json-on-several-lines"),
    ],
)
def test_a_submission_in_every_form(value):
    submission = read_submission(value)
    assert submission == SUBMISSION
    assert submission is not SUBMISSION


@pytest.mark.parametrize("value", [None, "", " \n", "None", " None ", "null"])
def test_no_submission(value):
    assert read_submission(value) is None


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("{{ ti.xcom_pull('submit') }}", id="not-rendered"),
        pytest.param("Education", id="word"),
        pytest.param(CUSTOMER, id="customer-id"),
        pytest.param("__import__('os').system('true')", id="code"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param("{" * 3000, id="braces"),
        pytest.param("\x00", id="nul"),
        pytest.param("True", id="boolean"),
        pytest.param(7, id="number"),
        pytest.param([SUBMISSION], id="list-of-mapped-tasks"),
        pytest.param(str([SUBMISSION]), id="list-as-text"),
        pytest.param({}, id="empty"),
        pytest.param({"customer_id": CUSTOMER, "qualification": "Education"}, id="of-the-sensor"),
    ],
)
def test_what_is_no_submission(value):
    with pytest.raises(PartnerCenterInvalidRequestError, match="submission is not the result of") as caught:
        read_submission(value)
    assert "ti.xcom_pull" in str(caught.value)
    assert len(str(caught.value)) < 300


DENIAL = {"customer_id": CUSTOMER, "qualification": "Education", "outcome": "denied", "attempts_left": 2}


@pytest.mark.parametrize("value", [DENIAL, str(DENIAL), json.dumps(DENIAL)])
def test_a_verdict_in_every_form(value):
    assert read_verdict(value) == DENIAL


@pytest.mark.parametrize("value", [None, "", " None ", "null"])
def test_no_verdict(value):
    assert read_verdict(value) is None


@pytest.mark.parametrize("value", ["denied", 7, [DENIAL], {}, {"customer_id": CUSTOMER}, "{{ ti.xcom_pull('wait') }}"])
def test_what_is_no_verdict(value):
    with pytest.raises(PartnerCenterInvalidRequestError, match=r"verdict is not the result of .*wait\.output"):
        read_verdict(value)


def test_one_of():
    assert one_of("mode", "poke", ("poke", "defer")) == "poke"
    with pytest.raises(ValueError, match="mode must be one of 'poke', 'defer', not 'sleep'"):
        one_of("mode", "sleep", ("poke", "defer"))


@pytest.mark.parametrize(("value", "days"), [(7, 7), (0.5, 0.5), (36500, 36500), (timedelta(days=2), 2)])
def test_duration_in_days(value, days):
    assert duration("stuck_after", value, "days") == timedelta(days=days)


@pytest.mark.parametrize("value", [36501, 1e12, 1e300, float("nan"), float("inf"), -1, "7", True, None])
def test_no_duration_in_days(value):
    with pytest.raises(ValueError, match=r"^stuck_after must be days or a timedelta, 0 or more and at most 100 years"):
        duration("stuck_after", value, "days")
