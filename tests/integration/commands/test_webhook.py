"""The commands of ``airflow partnercenter webhook``, through Airflow's parser, against the emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
import yaml

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.qualification.webhooks import validation
from testbed.patience import CALL_PATIENCE
from tests.support.commands.as_process import Shell
from tests.support.commands.in_process import Commands, Done
from tests.support.webhooks.recording import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.since_airflow("3.2", "commands of providers")

ROOT = Path(__file__).parents[3]
URL = "https://airflow.example/partnercenter/webhook"
HIDDEN = "https://other.example/api?code=hidden-code&x=hidden-x"
BY_DEFAULT = [
    "dap-admin-relationship-approved",
    "granular-admin-relationship-approved",
    "indirect-reseller-relationship-accepted-by-customer",
    "reseller-relationship-accepted-by-customer",
    "test-created",
]


class Run(Protocol):
    def __call__(self, *arguments: str, output: str = "json") -> Done: ...


@pytest.fixture(scope="module")
def running_emulator(_still_clocks: None) -> Iterator[Emulator]:
    """An emulator that does not wait between two attempts to send an event."""
    with Emulator(Settings(webhook_pause=0.0)) as emulator:
        yield emulator


@pytest.fixture
def run(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command about webhooks."""
    monkeypatch.setattr(validation, "FIRST_PAUSE", 0.01)
    # However slow this machine is.
    monkeypatch.setattr(validation, "LAST_READ", CALL_PATIENCE)
    commands = Commands(emulator, monkeypatch, capsys)
    return lambda *arguments, output="json": commands("webhook", *arguments, output=output)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def writes(emulator: Emulator) -> list[str]:
    return [each["method"] for each in emulator.journal(path="/webhooks/") if each["method"] != "GET"]


# -- register ---------------------------------------------------------------------------------------------------------


def test_a_registration_is_created(run: Run, emulator: Emulator) -> None:
    done = run("register", "--url", URL)
    (row,) = done.rows
    assert (done.status, row["webhook_url"], sorted(row["webhook_events"])) == (0, URL, BY_DEFAULT)
    assert row["signature_header"] == "Authorization"
    assert row["subscriber_id"]
    assert done.err.startswith(f"Partner Center sends its events to {URL} now.\n")
    assert run("show").rows == [{**row, "subscriber_id": None}]
    assert writes(emulator) == ["POST"]


def test_one_that_is_as_wanted_is_kept(run: Run, emulator: Emulator) -> None:
    run("register", "--url", URL, "--signature-header")
    done = run("register", "--url", URL, "--signature-header", "--replace")
    assert (done.status, done.rows[0]["signature_header"]) == (0, "x-ms-signature")
    assert done.err == f"The registration for {URL} is as wanted. Nothing was changed.\n"
    assert writes(emulator) == ["POST"]


@pytest.mark.parametrize(
    "change",
    [
        ["--url", f"{URL}/2"],
        ["--url", URL, "--signature-header"],
        ["--url", URL, "--events", "invoice-ready"],
    ],
)
def test_a_different_one_is_replaced_only_if_that_is_wanted(run: Run, emulator: Emulator, change: list[str]) -> None:
    before = run("register", "--url", URL).rows[0]
    refused = run("register", *change)
    assert refused.status == 1
    assert refused.rows == [{**before, "subscriber_id": None}]
    assert refused.err.startswith(f"The tenant has a different webhook registration, for {URL}. Nothing was changed.\n")
    assert "repeat the command with --replace" in refused.err
    assert writes(emulator) == ["POST"]
    replaced = run("register", *change, "--replace")
    assert replaced.status == 0
    assert replaced.rows[0] != before
    assert writes(emulator) == ["POST", "PUT"]
    assert run("show").rows == [{**replaced.rows[0], "subscriber_id": None}]


def test_the_secret_of_another_receiver_is_not_shown(run: Run) -> None:
    assert run("register", "--url", HIDDEN).status == 0
    shown = "https://other.example/api?code=***&x=***"
    assert run("show").rows[0]["webhook_url"] == shown
    assert shown in run("register", "--url", URL).err
    assert run("show", "--show-secrets").rows[0]["webhook_url"] == HIDDEN
    assert f"and no longer to {shown}." in run("register", "--url", URL, "--replace").err


def test_an_event_that_the_tenant_does_not_offer(run: Run, emulator: Emulator) -> None:
    done = run("register", "--url", URL, "--events", "invoice-ready,grow-wings")
    assert (done.status, done.out) == (1, "")
    what, what_to_do = done.err.splitlines()
    assert what == "The tenant does not offer 'grow-wings' as events of a webhook."
    assert what_to_do.startswith("What to do: choose among those that it offers: ")
    assert "reseller-relationship-accepted-by-customer" in what_to_do
    assert writes(emulator) == []


@pytest.mark.parametrize("address", ["http://airflow.example/w", "airflow.example", "https://u:hidden@airflow.example"])
def test_an_address_that_cannot_be(run: Run, emulator: Emulator, address: str) -> None:
    done = run("register", "--url", address)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("--url ")
    assert emulator.journal() == [], "it is said before anything is sent"


def test_a_refusal_is_said_in_three_lines(run: Run, emulator: Emulator) -> None:
    emulator.faults(rate=1, kinds=("mfa-required",))
    done = run("register", "--url", URL)
    assert (done.status, done.out) == (1, "")
    what, what_to_do, ids = done.err.splitlines()
    assert "(HTTP 401, code 900421)" in what
    assert what_to_do.startswith("What to do: ")
    assert ids.startswith("[correlation id ")


# -- show -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "shown"),
    [("json", "[]\n"), ("yaml", "[]\n"), ("table", "No data found\n"), ("plain", "No data found\n")],
)
def test_there_is_none(run: Run, output: str, shown: str) -> None:
    done = run("show", output=output)
    assert (done.status, done.out.strip()) == (1, shown.strip())
    assert done.err.startswith("The tenant has no webhook registration.\nWhat to do: create it by 'airflow partner")


def test_every_format(run: Run) -> None:
    run("register", "--url", URL, "--events", "invoice-ready")
    (row,) = run("show").rows
    assert yaml.safe_load(run("show", output="yaml").out) == [row]
    for output in ("table", "plain"):
        names, *_, values = run("show", output=output).out.strip().splitlines()
        assert names.split(None if output == "plain" else "|")[0].strip() == "webhook_url"
        assert URL in values
        assert "invoice-ready,test-created" in values


def test_a_sign_in_that_is_refused(run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {**emulator.connection(), "password": "hidden-and-wrong"}
    monkeypatch.setenv("AIRFLOW_CONN_WRONG", json.dumps(wrong))
    done = run("show", "--conn-id", "wrong")
    assert (done.status, done.out) == (1, "")
    what, what_to_do, ids = done.err.splitlines()
    assert "AADSTS7000215" in what
    assert what_to_do.startswith("What to do: ")
    assert "correlation id" in ids


# -- test -------------------------------------------------------------------------------------------------------------


def test_a_delivery(run: Run, receiver: Receiver) -> None:
    receiver.answers = [503]
    run("register", "--url", receiver.url)
    done = run("test")
    assert done.status == 0
    assert [(row["attempt"], row["response_code"], row["delivered"]) for row in done.rows] == [
        (1, "ServiceUnavailable", False),
        (2, "OK", True),
    ]
    asked, waiting, first, second, ending, ids = done.err.splitlines()
    assert receiver.url in asked
    assert waiting.startswith("Waiting at most 300 s for ")
    assert (first, second) == ("Attempt 1: ServiceUnavailable, answer 503", "Attempt 2: OK, answer 200")
    assert ending == f"The validation event was delivered to {receiver.url}."
    assert ids.startswith("[correlation id of the event ")
    assert len(receiver.arrived) == 2


def test_no_delivery(run: Run, receiver: Receiver) -> None:
    receiver.answers = [404] * 10
    run("register", "--url", receiver.url)
    done = run("test", output="table")
    assert done.status == 1
    assert done.out.count("NotFound") == len(receiver.arrived) == 10
    what, what_to_do, ids = done.err.splitlines()[-3:]
    assert what == f"The validation event was not delivered to {receiver.url}: all 10 attempts failed."
    assert what_to_do.startswith("What to do: [partnercenter] webhook_enabled must be True")
    assert ids.startswith("[correlation id of the event ")


def test_nobody_listens(run: Run) -> None:
    run("register", "--url", "http://127.0.0.1:1/webhook")
    done = run("test")
    assert done.status == 1
    assert {row["response_code"] for row in done.rows} == {""}
    assert "Attempt 10: no answer, " in done.err
    assert "the firewall and the reverse proxy must let Microsoft reach this address" in done.err


def test_the_time_is_up(run: Run, receiver: Receiver) -> None:
    receiver.answers = [None]
    run("register", "--url", receiver.url)
    done = run("test", "--timeout", "1")
    assert (done.status, done.rows) == (1, [])
    what, what_to_do, _ = done.err.splitlines()[-3:]
    assert what.endswith(f"was not delivered to {receiver.url} within 1 s, and Microsoft reports no attempt yet.")
    assert what_to_do.startswith("What to do: wait longer (--timeout)")


def test_a_test_that_is_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    receiver.answers = [None]
    run("register", "--url", receiver.url)

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(clock.source, "sleep", interrupt)
    done = run("test")
    assert (done.status, done.out) == (130, "")
    assert done.err.endswith("Interrupted.\n")


def test_what_cannot_be_tested(run: Run, emulator: Emulator) -> None:
    done = run("test")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("The tenant has no webhook registration.\n")
    PartnerCenterHook().create_webhook_registration(URL, ["invoice-ready"])
    done = run("test")
    assert (done.status, done.out) == (1, "")
    assert "it does not contain the event test-created" in done.err
    assert writes(emulator) == ["POST"]


# -- a real process ---------------------------------------------------------------------------------------------------


@pytest.fixture
def airflow(emulator: Emulator, tmp_path: Path) -> Shell:
    return Shell(tmp_path, {"AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json()})


def test_the_real_command(airflow: Shell, emulator: Emulator) -> None:
    none = airflow("partnercenter", "webhook", "show", "--output", "json")
    assert (none.status, none.out, none.err.splitlines()[0]) == (1, "[]\n", "The tenant has no webhook registration.")
    made = airflow("partnercenter", "webhook", "register", "--url", URL, "--output", "json")
    assert (made.status, made.rows[0]["webhook_url"]) == (0, URL)
    shown = airflow("partnercenter", "webhook", "show", "--output", "json", "--verbose")
    assert (shown.status, shown.rows[0]["webhook_url"]) == (0, URL)
    for done in (none, made, shown):
        assert "Traceback" not in done.err
        assert emulator.client_secret not in done.out + done.err
        assert emulator.refresh_token not in done.out + done.err


def test_a_mistyped_command_costs_nothing(airflow: Shell) -> None:
    done = airflow("partnercenter", "webhook", "register")
    assert done.status == 2
    assert "--url" in done.err
