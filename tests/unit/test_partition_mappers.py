"""How asset events become runs."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import BaseOperator

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.partition_mappers import UniqueKeyMapper

CUSTOMER = ordinary_id(1)


def source(run_key: str | None) -> str:
    context: Any = {"dag_run": {"partition_key": run_key}}
    return str(BaseOperator(task_id="task").render_template(UniqueKeyMapper.SOURCE_KEY_TEMPLATE, context))


def test_two_events_with_one_key_have_two_runs():
    mapper = UniqueKeyMapper()
    assert len({mapper.to_downstream(CUSTOMER) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("key", [CUSTOMER, f"{{{CUSTOMER.upper()}}}", "", "#", "a customer # 7"])
def test_the_key_of_the_event_is_known(key):
    assert source(UniqueKeyMapper().to_downstream(key)) == key


@pytest.mark.parametrize(("run_key", "key"), [(None, ""), (CUSTOMER, CUSTOMER)])
def test_a_run_that_no_event_started(run_key, key):
    assert source(run_key) == key


def test_a_key_is_no_longer_than_airflow_keeps():
    key = "a" * 250
    mapped = UniqueKeyMapper().to_downstream(key)
    assert len(mapped) == 250
    assert key.startswith(source(mapped))


@pytest.mark.since_airflow("3.2", "partitions")
def test_airflow_writes_and_reads_it_with_a_dag():
    """It finds only mappers that a plugin names."""
    from airflow.sdk import DAG, Asset, PartitionedAssetTimetable
    from airflow.serialization.serialized_objects import DagSerialization

    schedule: Any = PartitionedAssetTimetable(assets=Asset("events"), default_partition_mapper=UniqueKeyMapper())
    read = DagSerialization.from_dict(DagSerialization.to_dict(DAG("dag", schedule=schedule)))
    assert isinstance(read.timetable.get_partition_mapper(name="events", uri="events"), UniqueKeyMapper)
