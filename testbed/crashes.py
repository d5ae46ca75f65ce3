"""How an Airflow and its database are set up in which processes are killed."""

from __future__ import annotations

import contextlib

import psycopg2

#: How soon Airflow notices that a process is gone. Its defaults, in brackets, would take up to ten minutes.
NOTICE_CRASHES_SOON = {
    # A process shows that it lives more often than the time after which it is missed.
    "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": 2,  # (5)
    "SCHEDULER__JOB_HEARTBEAT_SEC": 2,  # (5)
    "WORKERS__MIN_HEARTBEAT_INTERVAL": 2,  # (5)
    # A scheduler is missed, and its tasks are taken over.
    "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": 10,  # (30)
    "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": 5,  # (300)
    # A task is missed, and retried.
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": 10,  # (300)
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": 5,  # (10)
    # A task that no worker has begun is queued again; it must not meet one that only begins slowly.
    "SCHEDULER__TASK_QUEUED_TIMEOUT": 60,  # (600)
    "SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": 10,  # (120)
    # A triggerer is missed, and another one takes over its triggers.
    "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": 10,  # (30)
}
#: A scheduler that is killed leaves its connections to its workers, which it forked. Where they outlive it, PostgreSQL
#: has to end what it had begun; else the next scheduler waits for its locks for ever. (A service manager or a container
#: ends the workers with their scheduler.)
END_ABANDONED_TRANSACTIONS = "ALTER SYSTEM SET idle_in_transaction_session_timeout = '10s'"


def end_abandoned_transactions(database: str) -> None:
    """Let PostgreSQL end what a killed scheduler had begun. Not before Airflow runs: its migration idles for longer."""
    with contextlib.closing(psycopg2.connect(database.replace("+psycopg2", ""))) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(END_ABANDONED_TRANSACTIONS)
        cursor.execute("SELECT pg_reload_conf()")
