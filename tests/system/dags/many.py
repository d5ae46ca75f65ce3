"""Many customers in one task, whose worker is taken away in the middle of its requests."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, Param

from airflow_provider_partnercenter.client.transport.with_aiohttp import AiohttpTransport
from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_partnercenter.client.protocol.commands import Request, Response


class DiesInTheMiddle(PartnerCenterQualifyCustomersOperator):
    """In its first try it is taken away after so many of its requests, with others under way."""

    def execute(self, context: Context) -> dict[str, Any]:
        if context["ti"].try_number == 1:
            obey = AiohttpTransport.send
            sent: list[Request] = []

            async def send_and_die(transport: AiohttpTransport, request: Request, seconds: float) -> Response:
                answer = await obey(transport, request, seconds)
                if request.method == "POST":
                    sent.append(request)
                if len(sent) == 20:
                    os.kill(os.getpid(), signal.SIGKILL)
                return answer

            AiohttpTransport.send = send_and_die  # type: ignore[assignment, method-assign]  # in this process
        return super().execute(context)


with DAG(
    "many",
    schedule=None,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=1)},
    params={"customers": Param(type="array"), "storage": Param(type="string")},
    render_template_as_native_obj=True,
):
    DiesInTheMiddle(
        task_id="qualify",
        customers="{{ params.customers }}",
        storage_path="{{ params.storage }}",
        partnercenter_conn_id="partnercenter_many",
        propagation_grace=5,
        poke_interval=2,
        deferrable=True,
    )
