"""A mail a day tells each change once, also if it could not be sent the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from testbed.patience import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow
    from testbed.mail_server import MailServer

DIGEST, TELL = "daily_digest", "tell"
APPROVED, DENIED, LATER = (ordinary_id(number) for number in (711, 712, 713))
REASON = "Not an Academic Domain"


class Digests:
    """The runs of the example, and the mails that they send."""

    def __init__(self, airflow: LocalAirflow, server: MailServer) -> None:
        self.airflow, self.server = airflow, server
        self._seen = 0

    def mails(self) -> list[str]:
        """Return the digests that have come since the last call, each with its subject as the first line."""
        mails = [
            f"{mail['Subject']}\n{mail.get_body(('html',)).get_content()}"
            for mail in self.server.mails[self._seen :]
            if mail["Subject"].startswith("Partner Center: ")
        ]
        self._seen = len(self.server.mails)
        return mails

    def next(self) -> str:
        """Let a run tell what has changed, and return its id."""
        run = self.airflow.trigger(DIGEST)
        self.airflow.wait_for_success(DIGEST, run)
        return run


@pytest.fixture(scope="module")
def digests(airflow: LocalAirflow, mail_server: MailServer, storage: str) -> Iterator[Digests]:
    """The example, switched on: its first run has told that it takes what is there as known."""
    airflow.pause(DIGEST, paused=False)
    wait_until(lambda: airflow.runs(DIGEST), "the first run is scheduled")
    [first] = airflow.runs(DIGEST)
    airflow.wait_for_success(DIGEST, first["dag_run_id"])
    digests = Digests(airflow, mail_server)
    [mail] = digests.mails()
    assert mail.startswith("Partner Center: First digest: what is there now counts as known (")
    yield digests
    airflow.pause(DIGEST, paused=True)


def qualify(emulator: Emulator, customer: str, status: str, **members: str) -> None:
    held = {"qualification": "Education", "vettingStatus": status, **members}
    emulator.configure(customer, qualifications=[held])


def test_each_change_is_told_once(digests: Digests, emulator: Emulator) -> None:
    qualify(emulator, APPROVED, "Approved")
    qualify(emulator, DENIED, "Denied", vettingReason=REASON)
    run = digests.next()
    [mail] = digests.mails()
    assert mail.startswith("Partner Center: Changed since 20")
    assert APPROVED in mail
    [denied] = [line for line in mail.splitlines() if DENIED in line]
    assert REASON in denied
    assert "What to do" in denied

    digests.next()
    [mail] = digests.mails()
    assert APPROVED not in mail
    assert DENIED not in mail

    digests.airflow.clear(DIGEST, run, TELL)
    digests.airflow.wait_for_success(DIGEST, run)
    assert digests.airflow.task_states(DIGEST, run)[TELL] == "skipped"
    assert digests.mails() == []


def test_what_could_not_be_sent_is_told_later(digests: Digests, emulator: Emulator) -> None:
    qualify(emulator, LATER, "Approved")
    digests.server.refuses = True
    try:
        run = digests.airflow.trigger(DIGEST)
        wait_until(
            lambda: digests.airflow.task_states(DIGEST, run).get(TELL) in ("up_for_retry", "failed"),
            "the mail is refused",
        )
    finally:
        digests.server.refuses = False
    assert digests.mails() == []
    digests.airflow.clear(DIGEST, run, TELL)
    digests.airflow.wait_for_success(DIGEST, run)
    [mail] = digests.mails()
    assert LATER in mail
