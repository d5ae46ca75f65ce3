"""Runs in which nothing happens but what a test lets its tasks tell."""

from __future__ import annotations

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

with DAG("told", schedule=None, is_paused_upon_creation=True):
    EmptyOperator(task_id="wait")
