"""What the example DAGs that ask a person do by themselves."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.since_airflow("3.1", "tasks that ask people")

ROWS: list[dict[str, Any]] = [
    {"customer_id": ordinary_id(1), "qualification": "Education", "education_segment": "K12", "company_name": "School"},
    {"customer_id": ordinary_id(2), "qualification": "GovernmentCommunityCloud", "validation_code": "12345"},
    {"customer_id": ordinary_id(3), "qualification": "Education", "education_segment": "K12"},
]
NOTHING = dict.fromkeys(("education_segment", "website", "validation_code", "organization", "company_name"))


def report(*outcomes: str) -> dict[str, Any]:
    customers = [
        {"rows": [number], "outcome": outcome, **{name: row[name] for name in ("customer_id", "qualification")}}
        for number, (outcome, row) in enumerate(zip(outcomes, ROWS, strict=True))
    ]
    return {"path": None, "customers": customers}


@pytest.fixture
def task(load_example: Callable[[str], Any]) -> Callable[[str], Callable[..., Any]]:
    """Return the function of a task of the example for many customers."""
    dag = load_example("onboard_many_with_a_person")
    return lambda name: dag.get_task(name).python_callable


def test_the_denied_are_asked_about_with_what_was_requested(task: Callable[[str], Callable[..., Any]]) -> None:
    chosen = task("denied")(report("denied", "denied", "approved"), params={"customers": ROWS})
    assert [row.pop("verdict")["rows"] for row in chosen] == [[0], [1]]
    assert chosen == [NOTHING | ROWS[0], NOTHING | ROWS[1]]


def test_a_report_in_a_file_is_read(task: Callable[[str], Callable[..., Any]], tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report("refused", "failed", "denied")))
    given = {"path": f"file://{file}"}
    [chosen] = task("denied")(given, params={"customers": ROWS})
    assert chosen.pop("verdict")["outcome"] == "denied"
    assert chosen == NOTHING | ROWS[2]


def test_nobody_is_asked_if_nobody_is_denied(task: Callable[[str], Callable[..., Any]]) -> None:
    assert task("denied")(report("approved", "refused", "failed"), params={"customers": ROWS}) == []


def test_the_bulk_operator_gets_rows_that_it_knows(task: Callable[[str], Callable[..., Any]]) -> None:
    assert [set(row) for row in task("rows")(params={"customers": ROWS})] == [
        {"customer_id", "qualification", "education_segment"},
        {"customer_id", "qualification", "validation_code"},
        {"customer_id", "qualification", "education_segment"},
    ]


@pytest.mark.parametrize(
    ("task_id", "members", "shown"),
    [
        ("person.wait", {"submission": {"company_name": "School"}}, "School"),
        # A record leaves out what it does not know; there is none after a customer who needed no request.
        ("person.wait", {"submission": {}}, ordinary_id(1)),
        ("person.wait", {"submission": None}, ordinary_id(1)),
        ("person.go_on", {"op_kwargs": {"customer_id": ordinary_id(1), "company_name": "School"}}, "School"),
        ("person.go_on", {"op_kwargs": {"customer_id": ordinary_id(1), "company_name": None}}, ordinary_id(1)),
    ],
)
def test_a_denied_customer_has_a_name(
    load_example: Callable[[str], Any], task_id: str, members: dict[str, Any], shown: str
) -> None:
    dag = load_example("onboard_many_with_a_person")
    template = dag.get_template_env().from_string(dag.get_task(task_id).map_index_template)
    assert template.render(task=SimpleNamespace(customer_id=ordinary_id(1), **members)) == shown


def test_each_round_keeps_what_was_requested(load_example: Callable[[str], Any]) -> None:
    dag = load_example("onboard_with_a_person")
    requested = ("education_segment", "website", "organization")
    for name in ("ask", "ask_again"):
        given = dag.get_task(name)
        assert [getattr(given, field) for field in requested] == [
            getattr(dag.get_task("submit"), field) for field in requested
        ]
        # The code may come from a person.
        assert given.validation_code == dag.get_task("code").output
    # Each round is about the verdict before it, and the last verdict is one that fails the run.
    assert dag.get_task("ask_again").verdict == dag.get_task("wait_again").output
    assert [dag.get_task(name).on_denied for name in ("wait", "wait_again", "wait_last")] == [
        "return",
        "return",
        "fail",
    ]
