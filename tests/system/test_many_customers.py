"""Many customers in one task of a real Airflow: its worker and its triggerer are killed, and nobody notices."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from testbed.patience import wait_until
from tests.airflow_versions import NAMED_WHILE_WAITING, TASKS_REMEMBER, see_retried

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow

CUSTOMERS = [ordinary_id(number) for number in range(500, 580)]
DENIED = set(CUSTOMERS[::4])
EXAMPLE = [ordinary_id(number) for number in (581, 582)]
MAPPED = [ordinary_id(number) for number in range(600, 603)]
COMPANIES = {MAPPED[0]: "Contoso School", MAPPED[1]: "Elm School"}


@pytest.fixture(scope="module")
def connection(airflow: LocalAirflow, emulator: Emulator) -> None:
    given = emulator.connection()
    extra = json.dumps({**given.pop("extra"), "requests_per_minute": 0})
    airflow.rest("POST", "/connections", json={"connection_id": "partnercenter_many", **given, "extra": extra})


def education(customers: list[str]) -> list[dict[str, str]]:
    return [
        {"customer_id": customer, "qualification": "Education", "education_segment": "K12"} for customer in customers
    ]


def posts(emulator: Emulator, customers: list[str]) -> Counter[str]:
    sent = emulator.journal(method="POST", path="/qualifications")
    return Counter(record["customer_id"] for record in sent if record["customer_id"] in customers)


@pytest.fixture(scope="module")
def many(airflow: LocalAirflow, emulator: Emulator, connection: None, storage: str) -> str:
    """The run whose worker and triggerer are killed."""
    for customer in CUSTOMERS:
        emulator.configure(customer, vetting="never", verdict="deny" if customer in DENIED else "approve")
    airflow.wait_for_dag("many")
    return airflow.trigger("many", {"customers": education(CUSTOMERS), "storage": storage})


@pytest.fixture(scope="module")
def examples(airflow: LocalAirflow, emulator: Emulator, storage: str) -> dict[str, str]:
    """The runs of the example DAGs, side by side."""
    for customer in (EXAMPLE[0], *MAPPED):
        emulator.configure(customer, vetting="seconds:1")
    emulator.configure(EXAMPLE[1], vetting="seconds:1", verdict="deny:Not an Academic Domain")
    confs: dict[str, dict[str, Any]] = {
        "onboard_many_customers": {"customers": education(EXAMPLE)},
        "onboard_mapped_customers": {
            "customers": [{"customer_id": customer, "company_name": COMPANIES.get(customer)} for customer in MAPPED]
        },
        "reconcile_qualifications": {},
    }
    for name in confs:
        airflow.wait_for_dag(name)
    airflow.rest("PATCH", "/dags/reconcile_qualifications", json={"is_paused": False})
    return {name: airflow.trigger(name, conf) for name, conf in confs.items()}


def test_a_worker_and_a_triggerer_are_killed(airflow: LocalAirflow, emulator: Emulator, many: str) -> None:
    see_retried(airflow, "many", many, "qualify")
    wait_until(lambda: airflow.task_states("many", many)["qualify"] == "deferred")
    assert airflow.last_try("many", many, "qualify") == 2, "the first one was killed"
    assert posts(emulator, CUSTOMERS) == dict.fromkeys(CUSTOMERS, 1)

    airflow.kill("triggerer")
    for customer in CUSTOMERS:
        held = {"qualification": "Education", "vettingStatus": "Denied" if customer in DENIED else "Approved"}
        emulator.configure(customer, qualifications=[held])
    airflow.start("triggerer")
    airflow.wait_for_success("many", many)

    report = airflow.xcom("many", many, "qualify")
    submitted = report["counts"].pop("submitted")
    assert report["counts"] == {
        "total": 80, "approved": 60, "denied": 20, "in_review": 0, "refused": 0, "failed": 0, "rest": 0,
    }  # fmt: skip
    assert submitted == 80 if TASKS_REMEMBER else submitted < 80
    everything: dict[str, Any] = json.loads(Path(report["path"].removeprefix("file://")).read_text())
    assert {c["customer_id"] for c in everything["customers"] if c["outcome"] == "denied"} == DENIED
    sent = {r["customer_id"]: r["request_id"] for r in emulator.journal(method="POST", path="/qualifications")}
    by_this_task = [customer for customer in everything["customers"] if customer["submitted"]]
    assert len(by_this_task) == submitted
    assert all(customer["request_id"] == sent[customer["customer_id"]] for customer in by_this_task)
    assert posts(emulator, CUSTOMERS) == dict.fromkeys(CUSTOMERS, 1)
    assert airflow.last_try("many", many, "qualify") == 2


def test_the_example_for_many(airflow: LocalAirflow, examples: dict[str, str]) -> None:
    name = "onboard_many_customers"
    airflow.wait_for_success(name, examples[name])
    # The form shows a field for JSON by that, and one for lines of text without it.
    assert airflow.rest("GET", f"/dags/{name}/details")["params"]["customers"]["schema"]["items"] == {"type": "object"}
    report = airflow.xcom(name, examples[name], "qualify")
    assert [customer["outcome"] for customer in report["customers"]] == ["approved", "denied"]
    assert f"{EXAMPLE[0]} is qualified" in airflow.task_log(name, examples[name], "approved")


def test_the_mapped_example(airflow: LocalAirflow, emulator: Emulator, examples: dict[str, str]) -> None:
    name = "onboard_mapped_customers"
    airflow.wait_for_success(name, examples[name])
    assert posts(emulator, MAPPED) == dict.fromkeys(MAPPED, 1)
    # Older versions show the number of an instance until a worker ends it, and here the triggerer does.
    if NAMED_WHILE_WAITING:
        shown = airflow.map_index_names(name, examples[name], "qualify")
        assert shown == [COMPANIES.get(customer, customer) for customer in MAPPED]


def test_the_reconciling_example(airflow: LocalAirflow, examples: dict[str, str]) -> None:
    name = "reconcile_qualifications"
    # Among the emulator's customers are some who were denied.
    assert airflow.wait_for_run(name, examples[name]) == "failed"
    airflow.rest("PATCH", f"/dags/{name}", json={"is_paused": True})
    assert airflow.task_states(name, examples[name]) == {"reconcile": "success", "tell": "failed"}
    report = airflow.xcom(name, examples[name], "reconcile")
    assert report["counts"]["denied"] > 0
    assert all(
        finding["customer_id"] in airflow.task_log(name, examples[name], "tell") for finding in report["findings"]
    )
    assert report["path"], "all of them are kept"
