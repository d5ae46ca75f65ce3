"""
The notes of what ``airflow partnercenter qualify`` has sent, in files below ``AIRFLOW_HOME``.

A note is written before the request is sent. So a call that follows a crash or a lost answer knows the key of the
decision, and sends the same ``MS-RequestId``. Files, and not Airflow Variables: they can be locked, so that two calls
on one machine cannot send at the same time; they are on the disk before the request is sent; and they need no
database. Another machine does not see them. There, Partner Center itself shows the request after the grace.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterConfigurationError,
    PartnerCenterInvalidRequestError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.client.plain import from_plain, to_plain
from airflow_provider_partnercenter.commands.output import say
from airflow_provider_partnercenter.qualification.records import SubmissionNote, SubmissionNotes
from airflow_provider_partnercenter.storage.submission_notes import TryNumberNotes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.client.settings import ClientSettings
    from airflow_provider_partnercenter.qualification.request import SubmissionRequest


class FileNotes:
    """
    Keeps the note of a submission (:class:`.SubmissionNote`) in a file.

    :param file: the path of the file; its folder exists.
    """

    lasting = True

    def __init__(self, file: Path) -> None:
        self.file = file

    def load(self) -> SubmissionNote | None:
        """Return the note; see :class:`.SubmissionNotes`."""
        try:
            return from_plain(SubmissionNote, json.loads(self.file.read_text()))
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise self._refused("read", problem) from problem
        except (ValueError, TypeError, AttributeError):
            raise PartnerCenterConfigurationError(
                f"{self.file} does not contain what 'airflow partnercenter qualify' has noted",
                hint="check the customer in Partner Center; if there is no request that you do not know of, delete the "
                "file and repeat the command",
            ) from None

    def save(self, note: SubmissionNote) -> None:
        """Store the note, so that it is there even if the machine crashes in the next moment."""
        fresh = self.file.with_suffix(".new")
        try:
            with fresh.open("w") as file:
                json.dump(to_plain(note), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.file)
            _sync(self.file.parent)
        except OSError as problem:
            raise self._refused("written", problem) from problem

    def forget(self) -> None:
        """Remove the note."""
        try:
            self.file.unlink(missing_ok=True)
        except OSError as problem:
            raise self._refused("removed", problem) from problem

    def _refused(self, done: str, problem: OSError) -> PartnerCenterServiceUnavailableError:
        return PartnerCenterServiceUnavailableError(
            f"The note of the submission could not be {done} in {self.file} ({type(problem).__name__})",
            hint="make it readable and writable, then repeat the command; nothing is sent without its note",
        )


@contextlib.contextmanager
def notes_of(home: str, settings: ClientSettings, request: SubmissionRequest) -> Iterator[SubmissionNotes]:
    """
    Give the place for the notes about a customer and a qualification, and keep other calls from using it meanwhile.

    If no file can be written there, say so and give a place that does not outlive the process.

    :param home: ``AIRFLOW_HOME``.
    :param settings: the settings of the connection; each partner tenant has its own notes.
    :raises PartnerCenterInvalidRequestError: if another call on this machine uses it now.
    """
    folder = Path(home) / "partnercenter" / "qualify"
    partner = f"{settings.base_url}\n{settings.credentials.tenant_id.lower()}"
    partner = hashlib.sha256(partner.encode()).hexdigest()[:8]
    name = f"{request.customer_id}.{request.qualification}.{partner}"
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = stack.enter_context((folder / f"{name}.lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PartnerCenterInvalidRequestError(
                f"Customer {request.customer_id}: another call of 'airflow partnercenter qualify' is requesting "
                f"{request.qualification} on this machine",
                hint="wait until it has ended, then look by 'airflow partnercenter status'",
            ) from None
        except OSError as problem:
            say(
                f"What is sent cannot be noted in {folder} ({type(problem).__name__}): after a crash, the next call "
                "would not know of it."
            )
            yield TryNumberNotes(1)
        else:
            yield FileNotes(folder / f"{name}.json")


def _sync(folder: Path) -> None:
    """Let the new name of a file in this folder outlive a crash of the machine."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
