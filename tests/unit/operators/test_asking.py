"""Operators that ask people, on an Airflow that cannot."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.operators import asking
from airflow_provider_partnercenter.operators.denial import PartnerCenterDenialOperator
from airflow_provider_partnercenter.operators.validation_code import PartnerCenterValidationCodeOperator


@pytest.mark.parametrize("operator", [PartnerCenterDenialOperator, PartnerCenterValidationCodeOperator])
def test_an_airflow_that_is_too_old_is_named_when_the_dag_is_parsed(monkeypatch, operator):
    monkeypatch.setattr(asking, "TASKS_ASK_PEOPLE", False)
    with pytest.raises(ValueError, match=rf"^{operator.__name__} needs Airflow 3\.1, with which a"):
        operator(task_id="ask", customer_id="", qualification="Education")


@pytest.mark.before_airflow("3.1", "an Airflow whose tasks cannot ask people")
def test_here_it_is_too_old():
    with pytest.raises(ValueError, match=r"this is 3\.0\."):
        PartnerCenterDenialOperator(task_id="ask", customer_id="", qualification="Education")
