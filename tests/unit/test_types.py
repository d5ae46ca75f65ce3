"""What the documentation shows type-checks in a user's DAG, in mypy's strict mode; what cannot work does not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.examples import importable_examples

ROOT = Path(__file__).parents[2]
EXAMPLES = importable_examples()
HEAD = """
from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task

from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator
from airflow_provider_partnercenter.operators.denial import PartnerCenterDenialOperator
from airflow_provider_partnercenter.operators.qualification import (
    PartnerCenterGetQualificationOperator,
    PartnerCenterUpdateQualificationOperator,
)
from airflow_provider_partnercenter.operators.reconcile import PartnerCenterReconcileQualificationsOperator
from airflow_provider_partnercenter.operators.validation_code import PartnerCenterValidationCodeOperator
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor


@task
def text() -> str:
    return "what this argument takes"


@task
def rows() -> list[dict[str, Any]]:
    return [{"customer_id": "", "qualification": "Education", "education_segment": "K12"}]


"""
# Every templated argument is given what another task returns.
RIGHT = """
with DAG("onboard"):
    PartnerCenterGetQualificationOperator(task_id="get", customer_id=text(), partnercenter_conn_id=text())
    submit = PartnerCenterUpdateQualificationOperator(
        task_id="submit",
        customer_id=text(),
        qualification=text(),
        education_segment=text(),
        website=text(),
        validation_code=text(),
        organization=text(),
        resubmit_denied_of=text(),
        partnercenter_conn_id=text(),
        timeout=timedelta(days=2),
    )
    PartnerCenterQualificationSensor(
        task_id="wait",
        customer_id=text(),
        qualification=text(),
        submission=submit.output,
        partnercenter_conn_id=text(),
    )
    PartnerCenterQualificationSensor(
        task_id="wait_by_a_template",
        customer_id="{{ params.customer_id }}",
        qualification="{{ params.qualification }}",
        submission="{{ ti.xcom_pull('submit') }}",
    )
    PartnerCenterQualifyCustomersOperator(
        task_id="qualify", customers=rows(), storage_path=text(), partnercenter_conn_id=text()
    )
    PartnerCenterQualifyCustomersOperator(
        task_id="qualify_some", customers=rows().map(lambda row: {**row, "website": "contoso.edu"})
    )
    PartnerCenterReconcileQualificationsOperator(
        task_id="reconcile", wanted=rows(), storage_path=text(), partnercenter_conn_id=text()
    )
    PartnerCenterUpdateQualificationOperator.partial(task_id="submit_each", qualification="Education").expand(
        customer_id=["one", "two"]
    )
    PartnerCenterUpdateQualificationOperator.partial(task_id="submit_rows").expand_kwargs(rows())
    code = PartnerCenterValidationCodeOperator(
        task_id="code",
        customer_id=text(),
        qualification=text(),
        validation_code=text(),
        organization=text(),
        company_name=text(),
    )
    PartnerCenterDenialOperator(
        task_id="ask",
        customer_id=text(),
        qualification=text(),
        verdict=submit.output,
        education_segment=text(),
        website=text(),
        validation_code=code.output,
        organization=text(),
        company_name=text(),
        partnercenter_conn_id=text(),
        assigned_users=[{"id": "7", "name": "anna"}],
        response_timeout=timedelta(days=3),
        on_timeout="give_up",
    )
    PartnerCenterDenialOperator.partial(task_id="ask_each", assigned_users={"id": "7", "name": "anna"}).expand_kwargs(
        rows()
    )
"""
WRONG = {
    "a number for a customer": 'PartnerCenterGetQualificationOperator(task_id="t", customer_id=12)',
    "the task, not its output": "PartnerCenterQualificationSensor("
    'task_id="t", customer_id="", qualification="", submission=PartnerCenterGetQualificationOperator('
    'task_id="u", customer_id=""))',
    "the function, not its output": 'PartnerCenterQualifyCustomersOperator(task_id="t", customers=rows)',
    "one row, not a list": 'PartnerCenterReconcileQualificationsOperator(task_id="t", wanted={"customer_id": ""})',
    "an unknown word": "PartnerCenterUpdateQualificationOperator("
    'task_id="t", customer_id="", qualification="", on_denied="succeed")',
    "a text for a time": "PartnerCenterUpdateQualificationOperator("
    'task_id="t", customer_id="", qualification="", timeout="2 days")',
    "a name for a user": "PartnerCenterDenialOperator("
    'task_id="t", customer_id="", qualification="", assigned_users="anna")',
    "no customer": 'PartnerCenterUpdateQualificationOperator(task_id="t", qualification="Education")',
}


# A module of the user's, which a page imports.
PROJECT = ROOT / "tests" / "integration" / "testing" / "foreign_project"
THEIRS = {name: (PROJECT / name).read_text() for name in ("dags/onboard_school.py",)}


def examples_of(document: Path) -> str:
    """Return what a page shows of this package in Python. A block may go on with what those before it have."""
    blocks = re.findall(r"```python\n(.*?)```", document.read_text(), re.DOTALL)
    return "\n".join(block for block in blocks if re.search(r"PartnerCenter|airflow_provider_partnercenter", block))


# A user's function need not have types.
UNTYPED = '# mypy: disable-error-code="no-untyped-def, no-untyped-call"\n'


def name_of(document: Path) -> str:
    """Return a page's path as the name of a module."""
    return re.sub(r"\W", "_", str(document.relative_to(ROOT).with_suffix("")))


DOCUMENTS = {
    name_of(document): UNTYPED + code
    for document in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if "_build" not in document.parts and (code := examples_of(document))
}
PAGES = [
    pytest.param(
        name, marks=pytest.mark.since_airflow("3.2", "partitioned timetables") if "Partitioned" in code else ()
    )
    for name, code in DOCUMENTS.items()
]


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> dict[str, list[str]]:
    """What mypy says of each file. It reads Airflow for them, so all are read at once, and it keeps what it knows."""
    assert pytestconfig.cache
    folder = tmp_path_factory.mktemp("dags")
    files = {"right": HEAD + RIGHT, **DOCUMENTS}
    for number, use in enumerate(WRONG.values()):
        files[f"wrong_{number}"] = f"{HEAD}{use}\n"
    for name, code in files.items():
        (folder / f"{name}.py").write_text(code)
    for file, code in THEIRS.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(code)
    # As for users: none of our own settings, and nothing of what is inside of what they import.
    options = ["--strict", "--config-file=", "--follow-imports=silent", "--no-error-summary"]
    options += ["--cache-dir", str(pytestconfig.cache.mkdir("mypy"))]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *(f"{name}.py" for name in files), *map(str, EXAMPLES)],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    found: dict[str, list[str]] = {name: [] for name in [*files, *(example.stem for example in EXAMPLES)]}
    for line in done.stdout.splitlines():
        found[Path(line.partition(":")[0]).stem].append(line)
    return found


@pytest.mark.parametrize("file", ["right", *PAGES, *(example.stem for example in EXAMPLES)])
def test_what_the_documentation_shows_has_no_type_errors(errors: dict[str, list[str]], file: str) -> None:
    assert errors[file] == []


@pytest.mark.parametrize("use", WRONG)
def test_what_cannot_work_is_reported(errors: dict[str, list[str]], use: str) -> None:
    (error, *_) = errors[f"wrong_{[*WRONG].index(use)}"]
    assert re.search(r"\[(arg-type|call-arg)\]$", error)
