from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import BaseOperator

from airflow_provider_partnercenter.qualification.states.customer import CustomerState, Phase, State
from airflow_provider_partnercenter.tasks.telling.pushing import source_of, tell_customer
from airflow_provider_partnercenter.tasks.telling.states import Source

STATE = CustomerState("a", "Education", State.IN_REVIEW, Phase.WAITING)


class Instance:
    def __init__(self, map_index=-1, problem=None):
        self.map_index, self.pushed, self._problem = map_index, {}, problem

    def xcom_push(self, key, value):
        if self._problem:
            raise self._problem
        self.pushed[key] = value


@pytest.mark.parametrize(("wanted", "pushed"), [(True, {"partnercenter_customer": STATE.to_dict()}), (False, {})])
def test_it_is_pushed_where_xcom_is_wanted(wanted, pushed):
    ti: Any = Instance()
    tell_customer({"ti": ti}, BaseOperator(task_id="t", do_xcom_push=wanted), STATE)
    assert ti.pushed == pushed


def test_nothing_is_pushed_outside_of_airflow():
    tell_customer({}, BaseOperator(task_id="t"), STATE)


@pytest.mark.parametrize("problem", [RuntimeError("a secret"), OSError("the supervisor is gone")])
def test_a_task_goes_on_if_it_cannot_be_written(problem, caplog):
    ti: Any = Instance(problem=problem)
    tell_customer({"ti": ti}, BaseOperator(task_id="t"), STATE)
    (line,) = (record.getMessage() for record in caplog.records)
    assert f"'partnercenter_customer' could not be written ({type(problem).__name__})" in line
    assert "secret" not in line


@pytest.mark.parametrize(
    ("members", "params", "map_index", "read", "name"),
    [
        ({}, {}, -1, None, None),
        ({}, {"company_name": "Run"}, -1, None, "Run"),
        ({}, {"company_name": None}, -1, None, None),
        # All instances of a mapped task have the params of one run.
        ({}, {"company_name": "Run"}, 0, None, None),
        ({"company_name": "Task"}, {"company_name": "Run"}, 0, None, "Task"),
        ({"company_name": "Task"}, {}, -1, "Read", "Read"),
    ],
)
def test_the_name_of_the_customer(members, params, map_index, read, name):
    operator: Any = SimpleNamespace(partnercenter_conn_id="partner", **members)
    context: Any = {"ti": Instance(map_index), "params": params}
    assert source_of(context, operator, "global", read) == Source("partner", name, "global")
