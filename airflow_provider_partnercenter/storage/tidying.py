"""Tidy up ``storage_path``: remove the files of tasks that ended long ago."""

from __future__ import annotations

import contextlib
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.wire import parse_date
from airflow_provider_partnercenter.storage.entries import EntryFolder, explained, is_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from airflow.sdk import ObjectStoragePath

log = logging.getLogger(__name__)

# The folders of a task instance are those of the DAG, the run and the task; that of a mapped one is in the latter.
_DEPTHS = (3, 4)


def remove_finished(storage_path: str, older_than: timedelta) -> list[str]:
    """
    Remove the files of all tasks that wrote their report longer ago than ``older_than``.

    This is safe at any time: a task that runs or waits keeps its files, however old they are, and a task that is
    cleared does not need them. Only the tasks after it need the report, so let ``older_than`` be longer than you may
    want to clear those. Files that are not of this provider stay. A task that never wrote a report, for example because
    a person marked it as failed, keeps its files too; a warning names its folder. So does a task that left customers to
    the next run of a chain, until that run has ended; to clear that run later, it needs them too.

    :param storage_path: the argument of the operators.
    :param older_than: the age of the reports to remove.
    :return: the folders whose files were removed.
    :raises PartnerCenterConfigurationError: if files cannot be read or removed, and a retry would not help.
    :raises PartnerCenterServiceUnavailableError: if they cannot at the moment.
    """
    from airflow.sdk import ObjectStoragePath

    removed = []
    latest = datetime.fromtimestamp(clock.now(), UTC) - older_than
    with explained(storage_path, "cannot be tidied up", "let workers list and remove files there"):
        root = ObjectStoragePath(storage_path)
        for path in list(_task_folders(root)):
            folder = EntryFolder(str(path))
            state = folder.state()
            if _before(latest, state.get("ended")):
                folder.remove()
                _remove_empty(path, root)
                removed.append(str(path))
            elif _before(latest, state.get("handed_on")):
                log.warning(
                    "Kept %s: its task left customers to another run on %s, and none has gone on with them. If none is "
                    "to do so any more, remove the folder by hand.",
                    path,
                    state["handed_on"],
                )
            elif _before(latest, state.get("started")):
                log.warning(
                    "Kept %s: its task started on %s and has written no report. If it does not wait any more, remove "
                    "the folder by hand.",
                    path,
                    state["started"],
                )
    return removed


def _before(latest: datetime, date: str | None) -> bool:
    found = parse_date(date) if date else None
    return found is not None and found < latest


def _task_folders(root: ObjectStoragePath) -> Iterator[ObjectStoragePath]:
    folders = [root] if root.is_dir() else []
    for depth in range(1, max(_DEPTHS) + 1):
        # Joined to the folder, because the children of some storages spell their path in another way.
        folders = [folder / child.name for folder in folders for child in folder.iterdir() if child.is_dir()]
        if depth in _DEPTHS:
            yield from folders


def _remove_empty(folder: ObjectStoragePath, root: ObjectStoragePath) -> None:
    """Remove folders that have become empty. Object storage has none."""
    # Another task may write its first file there at the same moment.
    with contextlib.suppress(OSError):
        while is_local(folder) and folder != root and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent
