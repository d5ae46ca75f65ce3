"""One try of the onboarding of one customer, as an operating-system process that may be killed at any moment."""

from __future__ import annotations

import json
import logging
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterUnknownOutcomeError
from airflow_provider_partnercenter.client.plain import from_plain, to_plain
from airflow_provider_partnercenter.client.protocol.budget import RequestBudget
from airflow_provider_partnercenter.client.settings import ClientSettings
from airflow_provider_partnercenter.client.sync import PartnerCenterClient
from airflow_provider_partnercenter.qualification.records import SubmissionNote
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.submission import submit
from airflow_provider_partnercenter.qualification.vetting import Outcome
from airflow_provider_partnercenter.qualification.waiting.polling import wait_for_verdict
from airflow_provider_partnercenter.qualification.waiting.wait import WaitOptions, begin_wait

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.auth import Credentials

UNKNOWN = "unknown outcome"


@dataclass(frozen=True)
class Job:
    """
    What a try has to know.

    :param folder: where the note and the result of the customer are.
    :param resubmit_denied_of: names the denial after which the request is made.
    :param grace: seconds until a request is sure to be visible to reads.
    """

    customer_id: str
    folder: str
    url: str
    ca_file: str
    credentials: Credentials
    grace: float
    resubmit_denied_of: str | None = None

    @property
    def result(self) -> Path:
        return Path(self.folder, f"{self.customer_id}.result")


class FileNotes:
    """The note of a submission, in a file that is replaced as a whole."""

    lasting = True

    def __init__(self, file: Path) -> None:
        self._file = file

    def load(self) -> SubmissionNote | None:
        return from_plain(SubmissionNote, json.loads(self._file.read_text())) if self._file.exists() else None

    def save(self, note: SubmissionNote) -> None:
        write(self._file, json.dumps(to_plain(note)))

    def forget(self) -> None:
        self._file.unlink(missing_ok=True)


def write(file: Path, text: str) -> None:
    """Replace a file as a whole, so that a killed process leaves the old one or the new one."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


def work(job: Job) -> None:
    """Make one try, and leave the result in a file if there is one."""
    logging.disable(logging.CRITICAL)
    # As Airflow does it: SIGTERM calls on_kill, which sets the flag, and the process goes on until it notices.
    stop = clock.Stop()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with stop.applied():
        try:
            outcome = onboard(job)
        except clock.Stopped:
            return
        except PartnerCenterUnknownOutcomeError:
            outcome = UNKNOWN
        except PartnerCenterError:
            # Airflow retries it, or a person finds nothing wrong and clears the task.
            return
        except Exception as defect:  # noqa: BLE001  # the test must see it
            outcome = f"a defect: {defect!r}"
    write(job.result, outcome)


def onboard(job: Job) -> str:
    settings = ClientSettings(job.credentials, job.url, ca_bundle=job.ca_file, timeout=30)
    client = PartnerCenterClient(settings)
    client.exchange = replace(client.exchange, budget=RequestBudget(0))
    request = SubmissionRequest.validated(
        job.customer_id, "Education", education_segment="K12", resubmit_denied_of=job.resubmit_denied_of
    )
    notes = FileNotes(Path(job.folder, f"{job.customer_id}.note"))
    submission = client.run(
        submit(
            client.exchange,
            request,
            notes,
            tenant_id="partner",
            decision="dag run",
            propagation_grace=job.grace,
            preflight_mode="off",
        )
    )
    if submission.verdict.outcome is not Outcome.IN_REVIEW:
        return str(submission.verdict.outcome.value)
    options = WaitOptions(propagation_grace=job.grace, poke_interval=2.0, timeout=600)
    wait = begin_wait(job.customer_id, request.qualification, options, submission=submission.to_dict())
    sighting = client.run(wait_for_verdict(client.exchange, wait))
    return str(sighting.verdict.outcome.value) if sighting.ended else "timed out"
