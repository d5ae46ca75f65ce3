"""Checks of the folders in which tasks for many customers keep their files (``storage_path``)."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.commands.doctor.examination import (
    failed,
    finding_of,
    ok,
    sentence,
    skipped,
    warning,
)
from airflow_provider_partnercenter.compat import read_variable
from airflow_provider_partnercenter.storage.entries import EntryFolder, explained, is_local

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import ObjectStoragePath

    from airflow_provider_partnercenter.commands.doctor.examination import Finding
    from airflow_provider_partnercenter.commands.doctor.patient import Patient

# The Variable from which the example DAGs take their folder.
VARIABLE = "partnercenter_storage"
_REACH = "give a folder that workers and triggerers can reach"


@dataclass(frozen=True, slots=True)
class Folder:
    """
    What is known of a folder.

    :param path: its path.
    :param exists: whether it is there.
    :param writable: whether a file system lets this process write to it, or make it; ``None`` if that is not known.
    :param written: whether a file was written to it, read and removed.
    :param error: why it cannot be used.
    """

    path: str
    exists: bool = False
    writable: bool | None = None
    written: bool = False
    error: PartnerCenterError | None = None


def look_at_folders(patient: Patient) -> tuple[Folder, ...]:
    """Look at the folder that is named, or else at those of the DAGs; with ``--write`` write to them."""
    paths = [patient.storage_path] if patient.storage_path else _paths(patient)
    return tuple(_folder(path, write=patient.write) for path in paths)


def judge_folders(folders: tuple[Folder, ...]) -> Iterator[Finding]:
    """Judge whether tasks can use the folders."""
    if not folders:
        yield skipped(
            f"No folder is known: no DAG names one, and the Variable {VARIABLE!r} of the examples is not set.",
            "Name it by --storage-path, if tasks for many customers use one.",
        )
    for folder in folders:
        if folder.error:
            yield finding_of(folder.error)
        elif folder.written:
            yield ok(f"A file was written to {folder.path!r}, read and removed, on this machine.")
        elif folder.writable is False:
            yield failed(
                f"The user of this process may not write to {folder.path!r}.",
                sentence(f"{_REACH}, or let the user of the workers write there"),
            )
        elif folder.exists:
            yield ok(f"{folder.path!r} can be read on this machine. Whether it can be written, --write tries.")
        elif folder.writable:
            yield ok(f"{folder.path!r} is not there yet; the first task makes it.")
        else:
            yield warning(
                f"Nothing is in {folder.path!r}, which may be as it should be: object storage has no empty folders.",
                "Try to write there by --write.",
            )


def _paths(patient: Patient) -> list[str]:
    """Return the folders that DAGs name as they are, and the one that the examples take from a Variable."""
    of_dags = (task.storage_path for dag in patient.dags.dags for task in dag.tasks)
    found = [path for path in of_dags if path and "{" not in path]
    if of_variable := (read_variable(VARIABLE) or "").strip():
        found.append(of_variable)
    return [*dict.fromkeys(found)]


def _folder(path: str, *, write: bool) -> Folder:
    try:
        return _tried(path) if write else _seen(path)
    except PartnerCenterError as error:
        return Folder(path, error=error)


def _seen(path: str) -> Folder:
    from airflow.sdk import ObjectStoragePath

    with explained(path, "cannot be read", _REACH):
        folder = ObjectStoragePath(path)
        exists = folder.exists()
        if exists and not folder.is_dir():
            raise NotADirectoryError("it is a file")
        if exists:
            next(iter(folder.iterdir()), None)
        return Folder(path, exists, _may_write(folder) if is_local(folder) else None)


def _may_write(folder: ObjectStoragePath) -> bool:
    """Return whether this process may write to a folder or, if it is not there, to the one in which to make it."""
    here = Path(folder.path).absolute()
    nearest = next(place for place in (here, *here.parents) if place.exists())
    return os.access(nearest, os.W_OK | os.X_OK)


def _tried(path: str) -> Folder:
    from airflow.sdk import ObjectStoragePath

    probe = f"{path.rstrip('/')}/doctor-{uuid.uuid4()}"
    folder = EntryFolder(probe)
    folder.prepare()
    folder.remove()
    with explained(path, "cannot be tidied up", "let workers remove files there"):
        if is_local(made := ObjectStoragePath(probe)):
            made.rmdir()
    return Folder(path, exists=True, written=True)
