from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterPermissionError,
    PartnerCenterThrottledError,
    PartnerCenterUnknownOutcomeError,
)
from airflow_provider_partnercenter.exceptions import (
    GivenUpError,
    QualificationDeniedError,
    UnansweredError,
    permanent_errors_fail,
)
from airflow_provider_partnercenter.qualification.states.customer import State
from airflow_provider_partnercenter.tasks.telling.failures import failures_told
from tests.airflow_versions import AirflowSensorTimeout, AirflowSkipException
from tests.support.bench import CUSTOMER

pytestmark = pytest.mark.usefixtures("stopped_clock")


def told(problem, *, last=False, customer=CUSTOMER, qualification="education", state=State.FAILED):
    pushed = []
    ti: Any = SimpleNamespace(
        try_number=3 if last else 1, max_tries=2, xcom_push=lambda key, value: pushed.append(value), map_index=-1
    )
    operator: Any = SimpleNamespace(do_xcom_push=True, customer_id=customer, qualification=qualification)
    with (
        contextlib.suppress(type(problem), Exception),
        failures_told({"ti": ti}, operator, state),
        permanent_errors_fail(),
    ):
        raise problem
    return pushed


REFUSED = PartnerCenterPermissionError("No access", hint="ask for it", correlation_id="c", request_id="r")
LOST = PartnerCenterUnknownOutcomeError("No answer", request_id="r")
BUSY = PartnerCenterThrottledError("Too busy")


@pytest.mark.parametrize(
    ("problem", "last", "state", "reason"),
    [
        (REFUSED, False, "failed", "No access."),
        (LOST, False, "unknown", "No answer."),
        (BUSY, False, None, None),
        (BUSY, True, "failed", "Too busy."),
        (RuntimeError("a secret"), False, None, None),
        (RuntimeError("a secret"), True, "failed", "RuntimeError, see the log of the task"),
        (UnansweredError("nobody answered"), True, "failed", "nobody answered"),
        # Whoever raised them has told it.
        (QualificationDeniedError("no"), True, None, None),
        (GivenUpError("no"), True, None, None),
        (AirflowSensorTimeout("no"), True, None, None),
        (AirflowSkipException("no"), True, None, None),
    ],
)
def test_how_a_task_failed(problem, last, state, reason):
    found = told(problem, last=last)
    if state is None:
        assert found == []
        return
    (value,) = found
    assert (value["state"], value["phase"], value["reason"]) == (state, "ended", reason)
    assert (value["customer_id"], value["qualification"]) == (CUSTOMER, "Education")


def test_who_must_do_what_and_the_ids():
    (value,) = told(REFUSED)
    assert (value["hint"], value["correlation_id"], value["request_id"]) == ("ask for it", "c", "r")


def test_what_the_task_knows():
    (value,) = told(UnansweredError("nobody answered"), last=True, state=State.DENIED)
    assert value["state"] == "denied"


@pytest.mark.parametrize("customer", ["no id", None, 7])
def test_arguments_that_are_invalid(customer):
    (value,) = told(REFUSED, customer=customer, qualification="Knighthood")
    assert (value["customer_id"], value["qualification"]) == (str(customer or ""), "Knighthood")
