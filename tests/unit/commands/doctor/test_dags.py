from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest

from airflow_provider_partnercenter.commands.doctor.dags import Dag, DagFacts, Task, judge_dags, read_dag
from testbed import examples

UPDATE, SENSOR = "PartnerCenterUpdateQualificationOperator", "PartnerCenterQualificationSensor"
BULK = "PartnerCenterQualifyCustomersOperator"


def judged(*tasks, runs=1000, at_once=16):
    return [
        (finding.status.value, finding.text)
        for finding in judge_dags(DagFacts((Dag("mine", runs, at_once, tuple(tasks)),)))
    ]


@pytest.mark.parametrize(
    ("tasks", "limits", "says"),
    [
        ([Task(UPDATE)], {"runs": 16}, "max_active_runs=16: no more customers wait"),
        ([Task(SENSOR)], {"runs": 1}, "max_active_runs=1: "),
        ([Task(UPDATE)], {"runs": 17}, None),
        ([Task(UPDATE, mapped=True)], {"runs": 1, "at_once": 4}, None),
        ([Task(UPDATE, mapped=True)], {"runs": 1, "at_once": 6}, "max_active_tasks=6: so many mapped tasks"),
        ([Task(UPDATE, mapped=True, pool="partner")], {"at_once": 16}, None),
        ([Task(BULK)], {"runs": 1}, None),
        ([Task(BULK), Task("X")], {"runs": 1}, None),
    ],
)
def test_limits(tasks, limits, says):
    ((status, text),) = judged(*tasks, **limits)
    assert status == ("warning" if says else "ok")
    assert (says or "Nothing holds up many customers in mine.") in text


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (DagFacts(), "No DAG"),
        (DagFacts(problem="OperationalError"), "cannot be read on this machine (OperationalError)"),
    ],
)
def test_what_cannot_be_judged(facts, says):
    (finding,) = judge_dags(facts)
    assert (finding.status.value, says in finding.text) == ("skipped", True)


@pytest.mark.parametrize("document", [{}, {"dag": None}, {"dag": {"dag_id": "x"}}, {"dag": {"tasks": [{"__var": {}}]}}])
def test_what_is_none_of_ours(document):
    assert read_dag(document) is None


def test_what_airflow_leaves_out_has_its_default():
    task = {"task_type": UPDATE, "_task_module": "airflow_provider_partnercenter.operators.qualification"}
    assert read_dag({"dag": {"dag_id": "x", "tasks": [task]}}) == Dag("x", 16, 16, (Task(UPDATE),))


def serialized(dag_id):
    """Return a DAG as it is in Airflow's database."""
    module: Any = import_module("airflow.serialization.serialized_objects")
    # 3.2: until then, it has another name.
    serialize = getattr(module, "DagSerialization", None) or module.SerializedDAG
    dag = getattr(examples.load_example(dag_id), dag_id)()
    return json.loads(json.dumps(serialize.to_dict(dag)))


@pytest.mark.parametrize(
    ("dag_id", "kinds"),
    [
        ("onboard_customer", {UPDATE}),
        ("onboard_mapped_customers", {UPDATE}),
        ("onboard_many_customers", {BULK}),
        ("reconcile_qualifications", {"PartnerCenterReconcileQualificationsOperator"}),
    ],
)
def test_the_examples_are_recognised_and_hold_nobody_up(dag_id, kinds):
    dag = read_dag(serialized(dag_id))
    assert dag.dag_id == dag_id
    assert {task.kind for task in dag.tasks} >= kinds
    (finding,) = judge_dags(DagFacts((dag,)))
    assert finding.status.value == "ok", finding


def test_the_folder_of_a_task_is_seen():
    (task,) = [task for task in read_dag(serialized("onboard_many_customers")).tasks if task.kind == BULK]
    assert task.storage_path == "{{ var.value.get('partnercenter_storage', '') }}"
