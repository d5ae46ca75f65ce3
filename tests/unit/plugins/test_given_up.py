"""What the note of a run says about customers whom a person gave up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_partnercenter.plugins.given_up import note_with, on_dag_run_failed

CUSTOMER = "4b2a6e33-8791-4386-bd2b-0d55baf25039"
BY_ADA = {"customer_id": CUSTOMER, "qualification": "Education", "by": {"id": "7", "name": "ada"}}
LINE = f"Given up: Education of customer {CUSTOMER}, by ada."


@pytest.mark.parametrize(
    ("note", "given_up", "expected"),
    [
        (None, [], None),
        ("Contoso", [], None),
        (None, [BY_ADA], LINE),
        ("Contoso", [BY_ADA], f"Contoso\n{LINE}"),
        (f"Contoso\n{LINE}", [BY_ADA], None),
        (
            None,
            [BY_ADA | {"by": {"id": None, "name": None}}],
            f"Given up: Education of customer {CUSTOMER}, because nobody answered.",
        ),
    ],
)
def test_the_note(note, given_up, expected):
    assert note_with(note, given_up) == expected


def test_the_note_is_no_longer_than_airflow_takes():
    many = [BY_ADA | {"by": {"name": f"somebody {number}"}} for number in range(50)]
    note = note_with("Contoso", many)
    assert len(note) == 1000
    assert note.startswith("Contoso\nGiven up: ")


@pytest.mark.parametrize("dag", [None, SimpleNamespace(task_dict={"a": SimpleNamespace(task_type="BashOperator")})])
def test_other_dags_cost_nothing(dag):
    run: Any = SimpleNamespace(dag=dag)
    on_dag_run_failed(dag_run=run, msg="task_failure")
