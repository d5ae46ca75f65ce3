"""One task for each way in which a wait can go, with shorter times than anybody would use."""

from __future__ import annotations

import json
import os
import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, task

from airflow_provider_partnercenter.client.transport.with_requests import RequestsTransport
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_partnercenter.client.protocol.commands import Request, Response

NEVER_DECIDED = magic.customer_id("education-in-review")


class DiesAfterItsPost(PartnerCenterUpdateQualificationOperator):
    """In its first try it is taken away when its request has been carried out, before it can say so."""

    def execute(self, context: Context) -> dict[str, Any]:
        if context["ti"].try_number == 1:
            send = RequestsTransport.send

            def send_and_die(transport: RequestsTransport, request: Request, timeout: float) -> Response:
                answer = send(transport, request, timeout)
                if request.method == "POST":
                    os.kill(os.getpid(), signal.SIGKILL)
                return answer

            RequestsTransport.send = send_and_die  # type: ignore[assignment, method-assign]  # in this process
        return super().execute(context)


with DAG("waiting", schedule=None, default_args={"retries": 2, "retry_delay": timedelta(seconds=1)}):
    education: dict[str, Any] = {"qualification": "Education", "poke_interval": 2}
    request: dict[str, Any] = {"qualification": "Education", "education_segment": "K12", "poke_interval": 2}

    PartnerCenterQualificationSensor(
        task_id="time_out", customer_id=NEVER_DECIDED, timeout=5, deferrable=True, **education
    )
    PartnerCenterQualificationSensor(
        task_id="soft_fail", customer_id=NEVER_DECIDED, timeout=5, deferrable=True, soft_fail=True, **education
    )
    # These two are approved when the test says so.
    PartnerCenterQualificationSensor(task_id="reschedule", customer_id=ordinary_id(1), mode="reschedule", **education)
    end_from_trigger = PartnerCenterQualificationSensor(
        task_id="end_from_trigger", customer_id=ordinary_id(1), deferrable=True, end_from_trigger=True, **education
    )

    @task
    def follows(result: Any) -> Any:
        # Airflow 3.3.2 encodes what a trigger pushes once more than what a worker pushes.
        return (json.loads(result) if isinstance(result, str) else result)["outcome"]

    follows(end_from_trigger.output)

    PartnerCenterUpdateQualificationOperator(
        task_id="without_a_triggerer",
        customer_id=ordinary_id(2),
        wait_for_approval=True,
        deferrable=True,
        **request,
    )
    DiesAfterItsPost(task_id="without_a_worker", customer_id=magic.propagates_after(8), propagation_grace=20, **request)
