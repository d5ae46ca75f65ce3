"""A task that runs until it is let go, one that waits as long in the triggerer, and two mapped ones."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.triggers.file import FileTrigger
from airflow.sdk import DAG, BaseOperator, Param, task

if TYPE_CHECKING:
    from airflow.sdk import Context


class WaitOperator(BaseOperator):
    def execute(self, context: Context) -> None:
        self.log.info("about to defer")
        trigger = FileTrigger(f"{context['params']['gate']}.open", poke_interval=0.5)
        self.defer(trigger=trigger, method_name="resume")

    def resume(self, context: Context, event: Any = None) -> Any:
        return context["params"]["number"]


# Airflow may fail a try on an overloaded machine, for example because its database was locked for too long.
AGAIN = {"retries": 10, "retry_delay": timedelta(seconds=1)}

with DAG("trivial", schedule=None, params={"gate": Param(type="string"), "number": 12}, default_args=AGAIN):
    # A named pipe, from which nothing can be read until somebody opens it to write. With "exec", the command is the
    # only process below the one of the task.
    BashOperator(task_id="run", bash_command="exec cat {{ params.gate }}")
    WaitOperator(task_id="wait")

    @task
    def double(number: int) -> object:
        return {"doubled": 2 * number}

    double.expand(number=[1, 2])
