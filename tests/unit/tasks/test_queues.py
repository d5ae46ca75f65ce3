"""How the messages of a queue are settled, and what the task says at its end."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse

from airflow_provider_partnercenter.exceptions import (
    OnboardingNotStartedError,
    OnboardingRefusedError,
    QueueUnavailableError,
)
from airflow_provider_partnercenter.tasks.queues import (
    QueuedOnboardings,
    Settle,
    Settlement,
    queue_errors_told,
    require_library,
)
from tests.airflow_versions import AirflowNotFoundException
from tests.support.events.supervisor import Supervisor, api_error

CUSTOMER = "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"
EVENT = {"customer_id": CUSTOMER, "event_id": "4711"}
RUN = f"onboard-{CUSTOMER}-4711"
REFUSED, BUSY = api_error(400, "Invalid input"), api_error(503, "busy")


@pytest.fixture
def supervisor(monkeypatch):
    supervisor = Supervisor()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
    return supervisor


@pytest.mark.parametrize(
    ("body", "answer", "deliveries", "how", "reason"),
    [
        (EVENT, None, 1, Settle.DONE, ""),
        (EVENT, None, 3, Settle.DONE, ""),
        (EVENT, None, 4, Settle.DEAD_LETTER, "3 times the worker that took it gave no answer"),
        (b"nothing", None, 1, Settle.DEAD_LETTER, "not JSON"),
        (EVENT, REFUSED, 1, Settle.DEAD_LETTER, "Invalid input"),
        (EVENT, BUSY, 1, Settle.LEAVE, "busy"),
        (EVENT, BUSY, 2, Settle.LEAVE, "busy"),
        (EVENT, BUSY, 3, Settle.DEAD_LETTER, "busy (delivery 3, the last one)"),
    ],
)
def test_how_a_message_is_settled(supervisor, body, answer, deliveries, how, reason):
    if answer:
        supervisor.answers[RUN] = answer
    settlement = QueuedOnboardings(most_deliveries=3).onboard("m-1", body, deliveries)
    assert settlement.how is how
    assert reason in settlement.reason
    assert bool(settlement.reason) == bool(reason)
    assert list(supervisor.runs) == ([RUN] if how is Settle.DONE else [])


def test_what_the_messages_do_not_say_may_be_given(supervisor):
    QueuedOnboardings(params={"qualification": "Education"}).onboard("m-1", EVENT, 1)
    assert supervisor.runs[RUN] == {"customer_id": CUSTOMER, "qualification": "Education"}


def test_the_end_of_a_task_that_started_all_runs(supervisor):
    onboardings = QueuedOnboardings()
    assert onboardings.conclude() == {"started": 0, "known": 0, "refused": 0, "left": 0}
    assert onboardings.onboard("m-1", EVENT, 1) == onboardings.onboard("m-2", EVENT, 1) == Settlement(Settle.DONE)
    assert onboardings.conclude() == {"started": 1, "known": 1, "refused": 0, "left": 0}


def test_the_end_of_a_task_that_left_messages(supervisor):
    supervisor.answers[RUN] = BUSY
    onboardings = QueuedOnboardings()
    onboardings.onboard("m-1", EVENT, 1)
    onboardings.onboard("m-2", EVENT, 1)
    with pytest.raises(OnboardingNotStartedError, match=r"started now: 2\. The first, message m-1: .*busy"):
        onboardings.conclude()


def test_the_end_of_a_task_with_new_dead_letters(supervisor):
    supervisor.answers[RUN] = BUSY
    onboardings = QueuedOnboardings()
    onboardings.onboard("m-1", EVENT, 1)
    assert onboardings.refuse("m-2", "It is empty") == Settlement(Settle.DEAD_LETTER, "It is empty")
    onboardings.refuse("m-3", "It is empty, too")
    # A retry could not help; what was left, the next run takes.
    with pytest.raises(OnboardingRefusedError, match=r"dead letters: 2\. The first, message m-2: It is empty What to"):
        onboardings.conclude()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyError("wrong"), "'wrong'"),
        (KeyError(), "KeyError"),
        (AirflowNotFoundException("The conn_id `queue` isn't defined"), "The conn_id `queue` isn't defined"),
        (AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR)), "API_SERVER_ERROR"),
    ],
)
def test_an_error_of_a_queue(error, reason):
    with (
        pytest.raises(QueueUnavailableError, match=r"^The queue cannot be used: .* What to do: see whether it") as told,
        queue_errors_told("The queue", KeyError),
    ):
        raise error
    assert reason in str(told.value)
    assert told.value.__suppress_context__


def test_another_error_is_not_one_of_the_queue():
    with pytest.raises(ZeroDivisionError), queue_errors_told("The queue", KeyError):
        raise ZeroDivisionError


@pytest.mark.parametrize("module", ["json.nosuch", "nosuch", "nosuch.nosuch"])
def test_a_library_that_is_missing(module):
    with pytest.raises(ImportError, match=rf"needs {module}, .* 'airflow-provider-partnercenter\[redis\]'"):
        require_library(module, "redis")


def test_a_library_that_is_there():
    require_library("json.decoder", "redis")
