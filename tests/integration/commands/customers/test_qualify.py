"""``airflow partnercenter qualify``, through Airflow's parser, against the emulator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.commands.customers import qualify as qualify_command
from airflow_provider_partnercenter.database.waits import Awaited, Customers, WaitingTask
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.partner.codes import GCC_CODE
from airflow_provider_partnercenter.qualification.bulk.report import Entry
from airflow_provider_partnercenter.storage.entries import EntryFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.server import Emulator
    from tests.support.commands.in_process import Commands, Done

pytestmark = pytest.mark.since_airflow("3.2", "commands of providers")

CUSTOMER = ordinary_id(1)
EDUCATION = ("--qualification", "Education", "--education-segment", "K12")
LONG_AGO = magic.LONG_AGO.isoformat()


def posts(emulator: Emulator, customer: str = CUSTOMER) -> list[dict[str, Any]]:
    return [each for each in emulator.journal(customer) if each["method"] != "GET"]


# -- asking -----------------------------------------------------------------------------------------------------------


def test_it_is_shown_and_sent_if_the_person_says_yes(run: Commands, emulator: Emulator) -> None:
    emulator.configure(CUSTOMER, vetting="seconds:5", company={"company_name": "Elm School", "domain": "elm.example"})
    keyboard = run.types("y\n")
    done = run("qualify", "elm.example", *EDUCATION, "--website", "www.elm.example")
    assert (done.status, keyboard.asked) == (0, 1)
    (row,) = done.rows
    (post,) = posts(emulator)
    assert (row["customer_id"], row["company_name"], row["outcome"]) == (CUSTOMER, "Elm School", "in_review")
    assert (row["sent"], row["request_id"]) == (True, post["request_id"])
    whom, what, request_id, body, *_ = done.err.splitlines()
    assert whom == (f"To request Education for customer {CUSTOMER} (Elm School, elm.example), this would be sent:")
    assert what == f"  POST {emulator.url}/v1/customers/{CUSTOMER}/qualifications"
    assert request_id == f"  MS-RequestId: {post['request_id']}"
    assert json.loads(body) == {"qualification": "Education", "educationSegment": "K12", "website": "www.elm.example"}
    assert "A customer has 3 verification requests in its life, and this one counts." in done.err
    assert "Send it? [y/N] " in done.err
    assert "Education was requested. Education is in review." in done.err


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "sure\n"])
def test_nothing_is_sent_unless_the_person_says_yes(run: Commands, emulator: Emulator, answer: str) -> None:
    run.types(answer)
    done = run("qualify", CUSTOMER, *EDUCATION)
    assert (done.status, done.out) == (1, "")
    assert done.err.endswith(f"Customer {CUSTOMER}: nothing was sent.\n")
    assert posts(emulator) == []


def test_without_a_terminal_nobody_can_be_asked(run: Commands, emulator: Emulator) -> None:
    done = run("qualify", CUSTOMER, *EDUCATION)
    assert (done.status, done.out) == (1, "")
    what, what_to_do = done.err.splitlines()[-2:]
    assert what == "Nothing was sent, because nobody can be asked: the standard input is no terminal."
    assert "--yes" in what_to_do
    assert posts(emulator) == []


@pytest.mark.parametrize(
    ("customer", "status", "outcome"),
    [("education-held", 0, "approved"), ("education-in-review", 0, "in_review"), ("education-denied", 1, "denied")],
)
def test_nobody_is_asked_if_there_is_nothing_to_send(
    run: Commands, emulator: Emulator, customer: str, status: int, outcome: str
) -> None:
    keyboard = run.types("y\n")
    done = run("qualify", magic.customer_id(customer), *EDUCATION)
    assert (done.status, keyboard.asked, posts(emulator, customer)) == (status, 0, [])
    assert (done.rows[0]["outcome"], done.rows[0]["sent"]) == (outcome, False)
    assert "nothing was sent" in done.err


# -- what is refused before anything is sent --------------------------------------------------------------------------


def test_an_app_only_connection(run: Commands, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = emulator.connection()
    del connection["extra"]["refresh_token"]
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", json.dumps(connection))
    done = run("qualify", "Elm School", *EDUCATION, "--yes")
    assert (done.status, done.out) == (1, "")
    assert "connection 'partnercenter_default' is App-only and can only read" in done.err
    assert "airflow partnercenter sign-in --replace" in done.err
    assert emulator.journal() == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--qualification", "GovernmentCommunityCloud"), "--validation-code is missing"),
        (("--qualification", "GovernmentCommunityCloud", "--validation-code", "auto"), "--organization is missing"),
        (("--qualification", "Education"), "--education-segment is missing"),
        (("--qualification", "Education", "--education-segment", "K13"), "--education-segment 'K13' is unknown"),
        ((*EDUCATION, "--website", "https://elm.example"), "--website 'https://elm.example' is not a host name"),
        (("--qualification", "Nonprofit"), "--qualification Nonprofit cannot be requested"),
        (("--qualification", "Bogus"), "--qualification 'Bogus' is unknown"),
        (("--qualification", "StateOwnedEntity", "--validation", "synchronous"), "by synchronous validation"),
    ],
)
def test_arguments_that_are_wrong(run: Commands, emulator: Emulator, arguments: tuple[str, ...], named: str) -> None:
    done = run("qualify", CUSTOMER, *arguments, "--yes")
    assert (done.status, done.out) == (1, "")
    what, what_to_do = done.err.splitlines()
    assert named in what
    assert what_to_do.startswith("What to do: ")
    assert "Nonprofit" not in what_to_do
    assert emulator.journal() == []


def test_a_customer_that_is_not_there(qualify: Callable[..., Done], emulator: Emulator) -> None:
    done = qualify("unknown-customer")
    assert (done.status, done.out, posts(emulator, "unknown-customer")) == (1, "", [])
    assert len(done.err.splitlines()) == 3


def test_a_name_that_two_customers_have(run: Commands, emulator: Emulator) -> None:
    for number in (1, 2):
        emulator.configure(ordinary_id(number), company={"company_name": "Elm School"}, listed=True)
    done = run("qualify", "Elm School", *EDUCATION, "--yes")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("'Elm School' is the name of 2 customers: ")
    assert posts(emulator) == []


def test_what_the_customer_excludes(run: Commands, emulator: Emulator) -> None:
    held = magic.customer_id("education-held")
    code = ("--qualification", "GovernmentCommunityCloud", "--validation-code", GCC_CODE)
    done = run("qualify", held, *code, "--yes")
    assert (done.status, done.out, posts(emulator, held)) == (1, "", [])
    assert "Education or a request for it in review excludes GovernmentCommunityCloud" in done.err


def test_the_preflight(qualify: Callable[..., Done], emulator: Emulator) -> None:
    done = qualify("no-address", "--preflight", "fail")
    assert (done.status, posts(emulator, "no-address")) == (1, [])
    assert "Microsoft would deny Education: the customer's address is missing" in done.err
    done = qualify("no-address")
    assert "Preflight: the customer's address is missing or incomplete" in done.err
    assert len(posts(emulator, "no-address")) == 1


# -- tasks that wait --------------------------------------------------------------------------------------------------


def waiting(customers: Customers, *, state: str = "deferred", operator: str = "") -> WaitingTask:
    return WaitingTask("onboard", "run-1", "wait", 3, operator, state, customers)


MINE = Customers((Awaited(CUSTOMER, "Education"),), 1)


@pytest.mark.parametrize(
    ("task", "advice"),
    [
        (waiting(MINE), "let the task go on"),
        (waiting(MINE, state="running"), "let the task go on"),
        (waiting(MINE, operator="PartnerCenterDenialOperator"), "answer the question of the task in Airflow"),
    ],
)
def test_a_task_is_already_at_it(
    qualify: Callable[..., Done], tasks: list[WaitingTask], emulator: Emulator, task: WaitingTask, advice: str
) -> None:
    tasks.append(task)
    done = qualify(CUSTOMER)
    assert (done.status, done.out, posts(emulator)) == (1, "", [])
    what, what_to_do = done.err.splitlines()
    assert f"task wait[3] of run run-1 of DAG onboard ({task.state})" in what
    assert what_to_do.startswith(f"What to do: {advice}")


def test_a_task_with_the_customer_in_a_file(
    qualify: Callable[..., Done], tasks: list[WaitingTask], emulator: Emulator, tmp_path: Path
) -> None:
    folder = EntryFolder(f"file://{tmp_path}/bulk", "d")
    folder.prepare()
    folder.write_requests([Entry((0,), CUSTOMER, "Education", "in_review"), Entry((1,), "x", "Education", "in_review")])
    tasks.append(waiting(Customers((), 2, folder.path, "d", 2)))
    assert "task wait[3] of run run-1" in qualify(CUSTOMER).err
    assert posts(emulator) == []
    assert qualify(ordinary_id(2)).status == 0


def test_others_are_no_obstacle(qualify: Callable[..., Done], tasks: list[WaitingTask], emulator: Emulator) -> None:
    tasks += [
        waiting(Customers((Awaited(CUSTOMER, "StateOwnedEntity"),), 1)),
        waiting(Customers((Awaited(ordinary_id(2), "Education"),), 1)),
        waiting(Customers(), state="up_for_reschedule"),
        waiting(Customers((), 9, "file:///nowhere", "d", 9)),
    ]
    done = qualify(CUSTOMER)
    assert (done.status, len(posts(emulator))) == (0, 1)
    assert done.err.startswith("It is not known for which customers these tasks wait: task wait[3] of run run-1 of DAG")
    assert done.err.count("task wait[3]") == 2


def test_a_task_that_comes_while_the_person_thinks(run: Commands, tasks: list[WaitingTask], emulator: Emulator) -> None:
    keyboard = run.types("y\n")
    read = keyboard.readline

    def think(size: int = -1, /) -> str:
        tasks.append(waiting(MINE))
        return read(size)

    keyboard.readline = think  # type: ignore[method-assign]
    done = run("qualify", CUSTOMER, *EDUCATION)
    assert (done.status, done.out, posts(emulator)) == (1, "", [])
    assert "task wait[3] of run run-1 of DAG onboard (deferred)" in done.err


@pytest.mark.usefixtures("no_database")
def test_a_person_may_decide_on_a_machine_without_the_database(run: Commands, emulator: Emulator) -> None:
    run.types("y\n")
    done = run("qualify", CUSTOMER, *EDUCATION)
    assert (done.status, len(posts(emulator))) == (0, 1)
    assert done.err.startswith("Airflow's database cannot be read here (OperationalError)")


@pytest.mark.usefixtures("no_database")
def test_nothing_is_sent_unasked_on_a_machine_without_the_database(
    qualify: Callable[..., Done], emulator: Emulator
) -> None:
    done = qualify(CUSTOMER)
    assert (done.status, done.out, posts(emulator)) == (1, "", [])
    why, _, what, what_to_do = done.err.splitlines()
    assert why.startswith("Airflow's database cannot be read here (OperationalError)")
    assert what.startswith(f"Customer {CUSTOMER}: nothing was sent, because it is unknown whether a task waits")
    assert what_to_do.endswith("at a terminal without --yes.")


# -- denials ----------------------------------------------------------------------------------------------------------


def test_a_denial_is_only_resubmitted_by_its_name(qualify: Callable[..., Done], emulator: Emulator) -> None:
    refused = qualify("education-denied")
    assert (refused.status, refused.rows[0]["outcome"], refused.rows[0]["attempts_left"]) == (1, "denied", 2)
    assert f"--resubmit-denied-of '{LONG_AGO}'" in refused.err
    assert f"--resubmit-denied-of '{LONG_AGO}'" in refused.rows[0]["what_to_do"]
    wrong = qualify("education-denied", "--resubmit-denied-of", "2020-01-01T00:00:00Z")
    assert (wrong.status, posts(emulator, "education-denied")) == (1, [])
    assert "--resubmit-denied-of '2020-01-01T00:00:00Z' does not name the denial that is there" in wrong.err
    done = qualify("education-denied", "--resubmit-denied-of", LONG_AGO)
    assert (done.status, done.rows[0]["outcome"]) == (0, "approved")
    assert len(posts(emulator, "education-denied")) == 1


def test_a_name_that_a_later_denial_may_have_needs_a_person(run: Commands, emulator: Emulator) -> None:
    customer = magic.customer_id("education-denied-undated")
    named = (*EDUCATION, "--yes", "--resubmit-denied-of", "Not an Education Customer")
    refused = run("qualify", customer, *named)
    assert (refused.status, posts(emulator, customer)) == (1, [])
    assert "only a run started by a person may use it" in refused.err
    run.types("")
    assert run("qualify", customer, *named).status == 0
    assert len(posts(emulator, customer)) == 1


def test_no_attempt_is_left(qualify: Callable[..., Done]) -> None:
    done = qualify("attempts-used-up")
    assert done.status == 1
    assert "denied" in done.out


# -- the other arguments ----------------------------------------------------------------------------------------------


def test_the_verdict_is_followed(qualify: Callable[..., Done], emulator: Emulator) -> None:
    done = qualify("approved-after-20s", "--wait", "600")
    assert (done.status, done.rows[0]["outcome"], done.rows[0]["sent"]) == (0, "approved", True)
    assert "waiting at most 600 s for the verdict" in done.err
    done = qualify("denied-after-5s", "--wait", "600")
    assert (done.status, done.rows[0]["outcome"]) == (1, "denied")
    assert "Microsoft has denied Education: Not an Education Customer" in done.err
    done = qualify("never-decided", "--wait", "600")
    assert (done.status, done.rows[0]["outcome"]) == (1, "in_review")
    assert "no verdict on Education within 600 s. Last seen: Education InReview" in done.err


def test_a_wait_that_is_interrupted(qualify: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(qualify_command, "wait_for_verdict", interrupt)
    done = qualify("never-decided", "--wait", "600")
    assert (done.status, done.rows[0]["outcome"], done.rows[0]["sent"]) == (130, "in_review", True)
    assert done.err.endswith("Interrupted.\n")


def test_a_government_customer(run: Commands, emulator: Emulator) -> None:
    code = ("--qualification", "GovernmentCommunityCloud", "--validation-code", GCC_CODE)
    done = run("qualify", CUSTOMER, *code, "--yes")
    assert done.status == 0
    assert f"/qualifications?code={GCC_CODE}" in done.err
    assert len(posts(emulator)) == 1


def test_synchronous_validation(qualify: Callable[..., Done], emulator: Emulator) -> None:
    done = qualify(CUSTOMER, "--validation", "synchronous")
    assert (done.status, done.rows[0]["outcome"]) == (0, "approved")
    assert f"PUT {emulator.url}/v1/customers/{CUSTOMER}/qualification\n" in done.err
    assert [post["method"] for post in posts(emulator)] == ["PUT"]


@pytest.mark.parametrize("output", ["table", "yaml", "plain"])
def test_every_format(run: Commands, output: str) -> None:
    done = run("qualify", CUSTOMER, *EDUCATION, "--yes", output=output)
    assert done.status == 0
    assert CUSTOMER in done.out
