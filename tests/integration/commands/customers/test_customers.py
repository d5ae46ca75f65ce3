"""``airflow partnercenter customers`` and ``status``, through Airflow's parser, against the emulator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from airflow_provider_partnercenter.commands.customers import status as status_command
from airflow_provider_partnercenter.database.waits import Awaited, Customers, WaitingTask
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from tests.support.commands.in_process import Commands

pytestmark = pytest.mark.since_airflow("3.2", "commands of providers")

SINCE = datetime(2026, 11, 1, 12, tzinfo=UTC)
HELD, DENIED, REVIEWED = (magic.customer_id(f"education-{name}") for name in ("held", "denied", "in-review"))


def waiting(
    *awaited: tuple[str, str], count: int | None = None, state: str = "deferred", path: str | None = None
) -> WaitingTask:
    pairs = tuple(Awaited(*each) for each in awaited)
    customers = Customers(pairs, count if pairs == () else len(pairs), path)
    return WaitingTask("onboard", "run-1", "wait", -1, "PartnerCenterQualificationSensor", state, customers, SINCE)


@pytest.fixture
def named(emulator: Emulator) -> dict[str, str]:
    """Customers with names that have something in common."""
    names = {
        ordinary_id(901): ("Elm School", "elm.example"),
        ordinary_id(902): ("Elm School", "elm-two.example"),
        ordinary_id(903): ("New Elm College", "college.example"),
        ordinary_id(904): ("elm.example", "other.example"),
    }
    for customer, (company_name, domain) in names.items():
        emulator.configure(customer, company={"company_name": company_name, "domain": domain}, listed=True)
    return {domain: customer for customer, (_, domain) in names.items()}


def domains(rows: list[dict[str, Any]]) -> set[str]:
    return {row["domain"] for row in rows}


# -- customers --------------------------------------------------------------------------------------------------------


def test_names_are_found_by_their_beginning(run: Commands, named: dict[str, str], emulator: Emulator) -> None:
    done = run("customers", "--search", "Elm")
    assert (done.status, done.err) == (0, "")
    assert domains(done.rows) == {"elm.example", "elm-two.example", "other.example"}
    assert list(done.rows[0]) == ["customer_id", "company_name", "domain"]
    assert {row["customer_id"] for row in done.rows} < set(named.values())
    assert len(emulator.journal(path="/customers")) == 2, "Microsoft searches, by domain and by name"


def test_names_are_found_by_any_part(run: Commands, named: dict[str, str]) -> None:
    assert "college.example" in domains(run("customers", "--search", "elm", "--contains").rows)
    assert domains(run("customers", "--search", "COLLEGE", "--contains").rows) == {"college.example"}


def test_no_more_than_wanted(run: Commands, named: dict[str, str]) -> None:
    done = run("customers", "--search", "elm", "--limit", "2")
    assert (done.status, len(done.rows)) == (0, 2)
    what, what_to_do = done.err.splitlines()
    assert what.startswith("There are more customers whose company name or domain begins with 'elm'; the first 2 ")
    assert "raise --limit" in what_to_do
    assert run("customers", "--search", "elm", "--limit", "3").err == ""


def test_nobody_is_found(run: Commands, named: dict[str, str]) -> None:
    done = run("customers", "--search", "College of Nowhere")
    assert (done.status, done.rows) == (1, [])
    assert done.err.splitlines()[1].startswith("What to do: search with --contains")
    done = run("customers", "--search", "Nowhere", "--contains")
    assert (done.status, done.err.splitlines()[1]) == (1, "What to do: check the spelling.")


def test_a_search_for_nothing(run: Commands, emulator: Emulator) -> None:
    done = run("customers", "--search", " ")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("The name of a customer is empty.\nWhat to do: ")
    assert emulator.journal() == []


def test_every_format(run: Commands, named: dict[str, str]) -> None:
    (row,) = run("customers", "--search", "college").rows
    assert yaml.safe_load(run("customers", "--search", "college", output="yaml").out) == [row]
    for output in ("table", "plain"):
        assert row["customer_id"] in run("customers", "--search", "college", output=output).out


# -- status -----------------------------------------------------------------------------------------------------------


def test_what_customers_have(run: Commands) -> None:
    done = run("status", HELD, DENIED, REVIEWED, ordinary_id(1))
    assert (done.status, done.err) == (0, "")
    held, denied, reviewed, none = done.rows
    assert (held["customer_id"], held["qualification"], held["outcome"], held["what_to_do"]) == (
        HELD,
        "Education",
        "approved",
        None,
    )
    assert (denied["outcome"], denied["vetting_status"], denied["vetting_reason"]) == (
        "denied",
        "Denied",
        "Not an Education Customer",
    )
    assert (denied["attempts_left"], denied["vetting_created_date"]) == (2, magic.LONG_AGO.isoformat())
    assert f"--resubmit-denied-of '{magic.LONG_AGO.isoformat()}'" in denied["what_to_do"]
    assert (reviewed["outcome"], reviewed["what_to_do"]) == ("in_review", "wait for Microsoft's verdict")
    assert (none["qualification"], none["outcome"]) == (None, "absent")
    assert "airflow partnercenter qualify" in none["what_to_do"]
    assert {row["waiting_since"] for row in done.rows} == {None}


def test_the_tasks_that_wait_for_them(run: Commands, tasks: list[WaitingTask]) -> None:
    tasks += [
        waiting((HELD, "GovernmentCommunityCloud")),
        waiting((REVIEWED, "Education")),
        waiting((REVIEWED, "Education"), state="running"),
    ]
    held, awaited, reviewed = run("status", HELD, REVIEWED).rows
    assert (held["qualification"], held["waiting"]) == ("Education", [])
    assert (awaited["qualification"], awaited["outcome"]) == ("GovernmentCommunityCloud", "absent")
    assert reviewed["waiting"] == ["task wait of run run-1 of DAG onboard"]
    assert reviewed["waiting_since"] == "2026-11-01T12:00:00+00:00"


def test_customers_are_known_by_their_whole_name(run: Commands, named: dict[str, str]) -> None:
    done = run("status", "COLLEGE.example", "new elm college", "elm-two.example")
    assert done.status == 0
    assert {row["customer_id"] for row in done.rows} == {named["college.example"], named["elm-two.example"]}


def test_one_bad_customer_does_not_stop_the_others(run: Commands, named: dict[str, str]) -> None:
    unknown = magic.customer_id("unknown-customer")
    done = run("status", "elm school", "Elm Sch", unknown, HELD)
    assert done.status == 1
    assert [row["customer_id"] for row in done.rows] == [HELD]
    said = done.err.splitlines()
    assert said[0].startswith("'elm school' is the name of 2 customers: ")
    assert named["elm.example"] in said[0]
    assert named["elm-two.example"] in said[0]
    assert said[1] == "What to do: give the id of one of them."
    assert said[2].startswith("'Elm Sch' is neither the id of a customer nor the domain or the company name of one.")
    assert unknown in said[4]
    assert said[6].startswith("[correlation id ")


def test_a_domain_that_is_also_a_name_is_ambiguous(run: Commands, named: dict[str, str]) -> None:
    assert run("status", "elm.example").err.startswith("'elm.example' is the name of 2 customers: ")


def test_what_is_wrong_for_all_is_said_once(run: Commands, emulator: Emulator) -> None:
    emulator.faults(rate=1, kinds=("mfa-required",))
    done = run("status", HELD, DENIED)
    assert (done.status, done.out) == (1, "")
    assert done.err.count("900421") == 1


def test_those_who_are_waited_for(run: Commands, tasks: list[WaitingTask]) -> None:
    tasks += [
        waiting((DENIED, "Education")),
        waiting((HELD, "Education")),
        waiting((HELD, "Education"), state="up_for_reschedule"),
        waiting((REVIEWED, "Education"), (DENIED, "Education")),
        waiting(count=400, path="s3://bucket/folder"),
        waiting(state="up_for_reschedule"),
        waiting((REVIEWED, "Education"), state="running"),
    ]
    done = run("status")
    assert (done.status, done.err) == (0, "")
    found = [(row["customer_id"], row["outcome"], row["customers"], len(row["waiting"])) for row in done.rows]
    assert found == [
        (DENIED, "denied", 1, 1),
        (HELD, "approved", 1, 2),
        (None, None, 2, 1),
        (None, None, 400, 1),
        (None, None, None, 1),
    ]
    for output in ("table", "plain", "yaml"):
        assert DENIED in run("status", output=output).out
    assert f"Customer {DENIED}: Education was denied, and 2 of 3 requests are left" in run("status", output="table").err


def test_no_more_are_read_than_the_budget_allows(
    run: Commands, tasks: list[WaitingTask], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_command, "MOST", 2)
    tasks += [waiting((ordinary_id(number), "Education")) for number in range(1, 6)]
    done = run("status")
    assert (done.status, [row["outcome"] for row in done.rows]) == (0, ["absent"] * 2 + [None] * 3)
    assert done.err.startswith("3 more customers are waited for whose qualifications were not read.\nWhat to do: ")
    assert len(emulator.journal(path="/qualifications")) == 2


def test_nobody_is_waited_for(run: Commands) -> None:
    done = run("status")
    assert (done.status, done.rows, done.err) == (0, [], "No task of this Airflow waits for a customer.\n")


@pytest.mark.usefixtures("no_database")
def test_a_machine_without_the_database(run: Commands) -> None:
    done = run("status")
    assert (done.status, done.rows) == (1, [])
    assert done.err.startswith("Airflow's database cannot be read here (OperationalError), so it is unknown which ")
    done = run("status", HELD)
    assert (done.status, done.rows[0]["outcome"]) == (0, "approved")
    assert "cannot be read here" in done.err
