"""What a task takes over from elsewhere: a submission's record, a wait's frame, and the trigger's event."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from airflow.sdk import BaseOperator
from airflow.triggers.base import BaseTrigger

from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.qualification.waiting.wait import Wait
from airflow_provider_partnercenter.tasks import deferral
from airflow_provider_partnercenter.tasks.deferral import BACKSTOP, MIN_DEFERRAL
from tests.airflow_versions import TaskDeferred
from tests.support.bench import CUSTOMER, EPOCH
from tests.support.records import SUBMISSION

pytestmark = pytest.mark.usefixtures("stopped_clock")


@pytest.mark.parametrize(("remaining", "slept"), [(1000, 1000), (3, MIN_DEFERRAL), (-50, MIN_DEFERRAL)])
def test_defer(remaining, slept):
    wait = Wait(CUSTOMER, "Education", EPOCH, deadline=EPOCH + remaining)
    with pytest.raises(TaskDeferred) as caught:
        deferral.defer({}, BaseOperator(task_id="task"), wait, partnercenter_conn_id="partner", submission=SUBMISSION)
    assert caught.value.method_name == "execute_complete"
    assert caught.value.timeout == timedelta(seconds=slept + BACKSTOP)
    assert isinstance(caught.value.trigger, BaseTrigger)
    path, arguments = caught.value.trigger.serialize()
    assert path.startswith("airflow_provider_partnercenter.triggers.")
    assert arguments["wait"] == to_plain(wait)
    assert arguments["submission"] == SUBMISSION
    assert arguments["not_before"] == EPOCH + MIN_DEFERRAL
    assert len(json.dumps(arguments)) < 32 * 1024
