"""The same with the stock HTTP provider: read, submit and wait for each customer in a task of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.http.sensors.http import HttpSensor
from airflow.sdk import DAG, Param, task
from customers import customers

if TYPE_CHECKING:
    from requests import Response


def approved(response: Response) -> bool:
    return any(entry["vettingStatus"] == "Approved" for entry in response.json())


with DAG("stock", schedule=None, params={"first": Param(type="integer"), "number": Param(type="integer")}):

    @task
    def endpoints(params: dict[str, Any]) -> list[str]:
        return [f"v1/customers/{customer}/qualifications" for customer in customers(params)]

    given = endpoints()  # type: ignore[call-arg, misc]  # Airflow gives the parameters
    common = {"http_conn_id": "stock", "method": "GET"}
    read = HttpOperator.partial(task_id="read", **common).expand(endpoint=given)
    submit = HttpOperator.partial(
        task_id="submit",
        http_conn_id="stock",
        method="POST",
        headers={"Content-Type": "application/json"},
        data=json.dumps({"qualification": "Education", "educationSegment": "K12"}),
    ).expand(endpoint=given)
    # A sensor with a response_check does not defer, and without one it takes any answer for a verdict.
    wait = HttpSensor.partial(task_id="wait", poke_interval=5, response_check=approved, **common).expand(endpoint=given)
    read >> submit >> wait
