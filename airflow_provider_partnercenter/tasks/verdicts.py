"""
Hand out the verdicts of a task as asset events, to the outlets that are assets of verdicts.

Airflow emits the events in one transaction with the success of the task, and none if the task fails or is skipped.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.assets import is_verdicts_asset
from airflow_provider_partnercenter.compat import (
    AIRFLOW_VERSION,
    TASKS_CHOOSE_PARTITIONS,
    add_partitions,
    partition_key_of,
)
from airflow_provider_partnercenter.exceptions import tell
from airflow_provider_partnercenter.qualification.verdicts import extra_of, verdict_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from airflow.sdk import Asset, BaseOperator, Context


def verdict_outlets(operator: BaseOperator) -> list[Asset]:
    """Return the assets of verdicts among the outlets of a task."""
    return [outlet for outlet in operator.outlets if is_verdicts_asset(outlet)]


def refuse_early_end(operator: BaseOperator, end_from_trigger: bool) -> None:
    """
    Check that a worker ends the task if it has an outlet for verdicts.

    :raises ValueError: if the trigger ends it, which emits no events.
    """
    if end_from_trigger and verdict_outlets(operator):
        raise ValueError(
            "end_from_trigger and an outlet for verdicts cannot be combined: a task that its trigger ends emits no "
            "asset events. Leave out one of them."
        )


def require_wait(operator: BaseOperator, wait_for_approval: bool) -> None:
    """
    Check that the task waits for the verdict if it has an outlet for verdicts.

    :raises ValueError: if it does not wait. Airflow would emit an event without a verdict.
    """
    if not wait_for_approval and verdict_outlets(operator):
        raise ValueError(
            "An outlet for verdicts needs wait_for_approval=True: without it the task succeeds before there is a "
            "verdict. Set it, or give the outlet to the PartnerCenterQualificationSensor that waits."
        )


def require_partition_keys(operator: BaseOperator) -> None:
    """
    Check that a task for many customers can emit an event for each of them, if it has an outlet for verdicts.

    :raises ValueError: if this version of Airflow cannot do that.
    """
    if not TASKS_CHOOSE_PARTITIONS and verdict_outlets(operator):
        raise ValueError(
            "An outlet for the verdicts on many customers needs Airflow 3.3, which lets a task emit an event for each "
            f"customer; this is {AIRFLOW_VERSION}. Leave out the outlet and read the report, or qualify each customer "
            "in a run of its own."
        )


def emit_verdict(context: Context, operator: BaseOperator, result: Mapping[str, Any]) -> None:
    """
    Let a task for one customer emit its verdict, once it has succeeded. The verdict is the event's ``extra``.

    From Airflow 3.3 on, the event's partition key is the customer. On 3.2 it is that of the run; a warning is logged if
    that is not the customer. Before, events have no key.

    :param result: the result of the task. Without a verdict in it, nothing is done.
    """
    if not verdict_outlets(operator) or not (verdict := verdict_of(result)):
        return
    customer = verdict["customer_id"]
    if TASKS_CHOOSE_PARTITIONS:
        _emit(context, operator, verdict, [customer])
        return
    _emit(context, operator, verdict, [])
    key = partition_key_of(context)
    if key is not None and key.strip().lower() != customer:
        tell(
            f"Customer {customer}: the event of the verdict has {f'the partition key {key}' if key else 'no key'}, so "
            "that nothing which is partitioned by customers starts for this customer.",
            "What to do: give the run the customer as its partition key (partition_key in POST dagRuns, or a "
            "PartitionedAssetTimetable without UniqueKeyMapper). From Airflow 3.3 on, events have their own keys.",
            level=logging.WARNING,
        )


def emit_verdicts(context: Context, operator: BaseOperator, batch: Mapping[str, dict[str, Any]]) -> None:
    """
    Let a task for many customers emit a batch of verdicts, once it has succeeded: one event for each customer.

    The partition key of each event is the customer. All of them have the same ``extra``, ``{"verdicts": batch}``,
    because Airflow 3.3 keeps one for each task instance and asset. If the batch is empty, there is no event.

    :param batch: the verdicts by customer, as of :func:`.qualification.verdicts.batch_of`.
    """
    if batch:
        _emit(context, operator, extra_of(batch), batch)
    else:
        # An outlet without keys would emit an event all the same, which nobody can use. The runner asks this operator.
        operator.outlets = [outlet for outlet in operator.outlets if not is_verdicts_asset(outlet)]


def _emit(context: Context, operator: BaseOperator, extra: dict[str, Any], customers: Collection[str]) -> None:
    outlets = verdict_outlets(operator)
    for asset in outlets:
        context["outlet_events"][asset].extra = extra
    if customers:
        add_partitions(context, outlets, customers)
