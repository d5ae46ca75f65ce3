"""A task that runs for some seconds, one that waits as long in the triggerer, and two mapped ones."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, BaseOperator, task


class WaitOperator(BaseOperator):
    def execute(self, context):
        self.log.info("about to defer")
        trigger = TimeDeltaTrigger(timedelta(seconds=context["params"]["seconds"]))
        self.defer(trigger=trigger, method_name="resume")

    def resume(self, context, event=None):
        return context["params"]["seconds"]


with DAG("trivial", schedule=None, params={"seconds": 12}):
    # "exec", so that the command is the only process below the one of the task.
    BashOperator(task_id="run", bash_command="exec sleep {{ params.seconds }}")
    WaitOperator(task_id="wait")

    @task
    def double(number):
        return {"doubled": 2 * number}

    double.expand(number=[1, 2])
