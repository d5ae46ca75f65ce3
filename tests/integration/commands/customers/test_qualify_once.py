"""``airflow partnercenter qualify`` sends a request once, whatever happens to it."""

from __future__ import annotations

import fcntl
import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.client.transport.with_requests import RequestsTransport
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.testing.clock import Clock
    from tests.support.commands.in_process import Commands, Done

pytestmark = pytest.mark.since_airflow("3.2", "commands of providers")

CUSTOMER = ordinary_id(1)
EDUCATION = ("--qualification", "Education", "--education-segment", "K12")
LONG_AGO = magic.LONG_AGO.isoformat()


def posts(emulator: Emulator, customer: str = CUSTOMER) -> list[dict[str, Any]]:
    return [each for each in emulator.journal(customer) if each["method"] != "GET"]


# -- lost answers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customer", "count"),
    [("lost-answer", 1), ("lost-answer-slow-propagation", 1), ("reset-before-write", 2), ("slow-propagation", 1)],
)
def test_a_lost_answer_is_looked_for(
    qualify: Callable[..., Done], emulator: Emulator, customer: str, count: int
) -> None:
    done = qualify(customer)
    sent = posts(emulator, customer)
    assert (done.status, len(sent)) == (0, count)
    assert {post["request_id"] for post in sent} == {done.rows[0]["request_id"]}


def test_an_outcome_that_nobody_knows(qualify: Callable[..., Done], emulator: Emulator) -> None:
    customer = "reset-before-every-write"
    lost = qualify(customer)
    assert lost.status == 3
    (row,) = lost.rows
    sent = posts(emulator, customer)
    assert (row["outcome"], row["sent"]) == ("unknown", None)
    assert [post["request_id"] for post in sent] == [row["request_id"]] * 2
    what, what_to_do, ids = lost.err.splitlines()[-3:]
    assert "it is unknown whether Education was submitted" in what
    assert what_to_do.startswith("What to do: repeat the command. ")
    assert ids == f"[request id {row['request_id']}, correlation id {row['correlation_id']}]"

    emulator.configure(customer, faults=[])
    done = qualify(customer)
    assert (done.status, done.rows[0]["outcome"]) == (0, "approved")
    assert {post["request_id"] for post in posts(emulator, customer)} == {row["request_id"]}
    assert emulator.customer(customer)["attempts"] == 1


class Killed(BaseException):
    """Nothing catches this, as nothing catches a SIGKILL."""


def killed_at_its_post(qualify: Callable[..., Done], customer: str, problem: type[BaseException], *, sent: bool) -> Any:
    """Let a call end with its POST on the way, or with the note alone."""
    send = RequestsTransport.send

    def send_and_end(transport: Any, request: Any, timeout: float) -> Any:
        if request.method != "POST":
            return send(transport, request, timeout)
        if sent:
            send(transport, request, timeout)
        raise problem

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RequestsTransport, "send", send_and_end)
        return qualify(customer)


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("customer", [CUSTOMER, "slow-propagation"])
def test_a_call_after_one_that_was_killed(
    qualify: Callable[..., Done], emulator: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    customer: str, sent: bool,
) -> None:  # fmt: skip
    with pytest.raises(Killed):
        killed_at_its_post(qualify, customer, Killed, sent=sent)
    capsys.readouterr()
    (file,) = (tmp_path / "partnercenter" / "qualify").glob("*.json")
    noted = json.loads(file.read_text())
    done = qualify(customer)
    assert (done.status, done.rows[0]["sent"]) == (0, not sent)
    assert done.rows[0]["request_id"] == noted["request_id"]
    assert [post["request_id"] for post in posts(emulator, customer)] == [noted["request_id"]]
    assert emulator.customer(customer)["attempts"] == 1


def test_a_person_who_interrupts_it(qualify: Callable[..., Done], emulator: Emulator) -> None:
    done = killed_at_its_post(qualify, CUSTOMER, KeyboardInterrupt, sent=True)
    assert (done.status, done.rows[0]["outcome"]) == (3, "unknown")
    what, what_to_do, ids = done.err.splitlines()[-3:]
    assert what.endswith("it is unknown whether Education was submitted, because the command was interrupted.")
    assert what_to_do.startswith("What to do: repeat the command.")
    (post,) = posts(emulator)
    assert ids == f"[request id {post['request_id']}, correlation id {done.rows[0]['correlation_id']}]"
    assert len(posts(emulator)) == 1
    assert qualify(CUSTOMER).rows[0]["request_id"] == post["request_id"]
    assert len(posts(emulator)) == 1


def test_what_nobody_expected_after_the_request(qualify: Callable[..., Done]) -> None:
    done = killed_at_its_post(qualify, CUSTOMER, RuntimeError, sent=True)
    assert done.status == 3
    assert "Unexpected: RuntimeError." in done.err


# -- two calls --------------------------------------------------------------------------------------------------------


def test_a_second_call_sends_nothing(qualify: Callable[..., Done], emulator: Emulator) -> None:
    first, second = qualify(CUSTOMER), qualify(CUSTOMER)
    assert (first.status, second.status) == (0, 0)
    assert second.rows[0]["request_id"] == first.rows[0]["request_id"]
    assert (first.row["sent"], second.row["sent"]) == (True, False)
    assert "nothing was sent" in second.err
    assert len(posts(emulator)) == 1


def test_a_second_call_before_reads_show_the_first(
    qualify: Callable[..., Done], emulator: Emulator, clock: Clock
) -> None:
    customer = magic.propagates_after(60)
    first = qualify(customer)
    assert (first.status, first.rows[0]["outcome"]) == (0, "in_review")
    other = qualify(customer, "--website", "other.example")
    assert (other.status, other.out) == (1, "")
    assert "a different request for Education was sent just now" in other.err
    assert qualify(customer).rows[0]["request_id"] == first.rows[0]["request_id"]
    assert len(posts(emulator, customer)) == 1
    clock.sleep(120)
    assert qualify(customer, "--website", "other.example").rows[0]["sent"] is False
    assert len(posts(emulator, customer)) == 1


def test_two_calls_at_the_same_time(
    qualify: Callable[..., Done], run: Commands, emulator: Emulator, tmp_path: Path
) -> None:
    qualify(CUSTOMER)
    (lock,) = (tmp_path / "partnercenter" / "qualify").glob("*.lock")
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = qualify(CUSTOMER)
        assert (done.status, done.out) == (1, "")
        assert "another call of 'airflow partnercenter qualify' is requesting Education on this machine" in done.err
        assert qualify(ordinary_id(2)).status == 0
    assert qualify(CUSTOMER).status == 0


def test_a_denial_long_after_is_a_new_decision(qualify: Callable[..., Done], emulator: Emulator, clock: Clock) -> None:
    customer = magic.denied_after(60)
    with pytest.raises(Killed):
        killed_at_its_post(qualify, customer, Killed, sent=True)
    clock.sleep(3600)
    denied = qualify(customer)
    assert (denied.status, denied.rows[0]["outcome"]) == (1, "denied")
    name = denied.rows[0]["what_to_do"].rpartition("--resubmit-denied-of ")[2].strip("'")
    again = qualify(customer, "--resubmit-denied-of", name)
    assert again.rows[0]["outcome"] == "in_review"
    first, second = posts(emulator, customer)
    assert first["request_id"] != second["request_id"]


# -- notes ------------------------------------------------------------------------------------------------------------


def test_a_note_that_is_none(qualify: Callable[..., Done], emulator: Emulator, tmp_path: Path) -> None:
    qualify(CUSTOMER)
    (file,) = (tmp_path / "partnercenter" / "qualify").glob("*.json")
    file.write_text("{")
    done = qualify(CUSTOMER)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(f"{file} does not contain what ")
    assert len(posts(emulator)) == 1


def test_nothing_is_sent_without_its_note(
    qualify: Callable[..., Done], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(opened: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    done = qualify(CUSTOMER)
    assert (done.status, done.out, posts(emulator)) == (1, "", [])
    assert "The note of the submission could not be written" in done.err


def test_a_place_where_no_file_can_be(
    qualify: Callable[..., Done], emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "partnercenter").write_text("no folder")
    done = qualify(CUSTOMER)
    assert (done.status, len(posts(emulator))) == (0, 1)
    assert done.err.startswith("What is sent cannot be noted in ")
    lost = qualify("reset-before-every-write")
    assert lost.status == 3
    assert "check the customer in Partner Center before you repeat the command" in lost.err


def test_the_note_holds_no_secret(
    qualify: Callable[..., Done], run: Commands, emulator: Emulator, tmp_path: Path
) -> None:
    assert qualify(CUSTOMER).status == 0
    (file,) = (tmp_path / "partnercenter" / "qualify").glob("*.json")
    assert not [secret for secret in run.secrets if secret in file.read_text()]
