"""Where the customers of a bulk task are kept that are too many for Airflow's database: files in an object storage."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.client.report import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from airflow.sdk import Context, ObjectStoragePath

INLINE_BYTES = 32_000
"""What a trigger's arguments, its event and an XCom may hold of customers, as JSON text."""
# What one takes at the most when it is decided: Microsoft's reasons are short, but denials before it are listed too.
_ENTRY_BYTES, _DENIAL_BYTES = 600, 2_000


def needs_storage(customers: int, resubmitted: int) -> bool:
    """
    Tell whether so many customers are too many for Airflow's database.

    :param customers: how many there are.
    :param resubmitted: how many of them were denied before.
    """
    return customers * _ENTRY_BYTES + resubmitted * _DENIAL_BYTES > INLINE_BYTES


def folder_of(storage_path: str, context: Context) -> str:
    """Return the folder of a task instance: its own, so that runs and mapped tasks do not meet."""
    ti = context["ti"]
    parts = [ti.dag_id, ti.run_id, ti.task_id]
    if (index := getattr(ti, "map_index", None)) is not None and index >= 0:
        parts.append(str(index))
    return "/".join([storage_path.rstrip("/"), *(quote(part, safe="") for part in parts)])


class EntryFolder:
    """
    A folder with what is known of each customer. Its methods block.

    ``requests.jsonl`` is written by the worker once everything is submitted and never changed, ``verdicts.jsonl`` by
    the trigger as verdicts come, ``report.json`` by the worker at the end.

    :param path: for example ``s3://connection@bucket/folder``; workers and triggerers must reach it.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def prepare(self) -> None:
        """
        Remove what an earlier try left of verdicts, and try out that files can be written and read.

        :raises PartnerCenterConfigurationError: if they cannot.
        """
        try:
            folder = self._folder()
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / "check.txt"
            probe.write_text("written by airflow-provider-partnercenter to see whether it can be\n")
            probe.read_text()
            probe.unlink()
            with contextlib.suppress(FileNotFoundError):
                (folder / _VERDICTS).unlink()
        except Exception as problem:
            # Each kind of storage has exceptions of its own.
            raise PartnerCenterConfigurationError(
                f"storage_path: {self.path!r} cannot be written and read ({type(problem).__name__}: {problem})",
                hint="give a folder that workers and triggerers reach, for example s3://connection@bucket/folder",
            ) from problem

    def write_requests(self, entries: Iterable[Entry]) -> None:
        self._write_lines(_REQUESTS, entries)

    def write_verdicts(self, entries: Iterable[Entry]) -> None:
        self._write_lines(_VERDICTS, entries)

    def read(self, total: int) -> list[Entry]:
        """
        Return what is known of every customer.

        :param total: how many there are.
        :raises PartnerCenterConfigurationError: if the requests are not there.
        """
        try:
            entries = [Entry.from_dict(json.loads(line)) for line in self._lines(_REQUESTS)]
        except Exception as problem:
            raise self._lost(f"{type(problem).__name__}: {problem}") from problem
        if len(entries) != total:
            raise self._lost(f"{len(entries)} customers instead of {total}")
        verdicts = {entry.rows: entry for entry in self._verdicts()}
        return [verdicts.get(entry.rows, entry) for entry in entries]

    def write_report(self, report: Mapping[str, Any]) -> str:
        """Write the report and return its path."""
        path = self._folder() / "report.json"
        path.write_text(json.dumps(report, indent=1))
        return str(path)

    def _verdicts(self) -> Iterator[Entry]:
        # A triggerer that was killed may have left half a file: who is missing is looked at again.
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
            for line in self._lines(_VERDICTS):
                yield Entry.from_dict(json.loads(line))

    def _write_lines(self, name: str, entries: Iterable[Entry]) -> None:
        with (self._folder() / name).open("w") as file:  # type: ignore[no-untyped-call]  # of Airflow
            for entry in entries:
                file.write(json.dumps(entry.to_dict()) + "\n")

    def _lines(self, name: str) -> Iterator[str]:
        with (self._folder() / name).open() as file:  # type: ignore[no-untyped-call]  # of Airflow
            yield from file

    def _folder(self) -> ObjectStoragePath:
        from airflow.sdk import ObjectStoragePath

        return ObjectStoragePath(self.path)

    def _lost(self, problem: str) -> PartnerCenterConfigurationError:
        return PartnerCenterConfigurationError(
            f"What the task wrote to {self.path!r} cannot be read: {problem}",
            hint="let workers and triggerers reach the same storage_path, then clear the task; nothing is sent twice",
        )


_REQUESTS, _VERDICTS = "requests.jsonl", "verdicts.jsonl"


def shortened(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return entries for a trigger's arguments or event; long reasons are cut if it would be too much otherwise."""
    found = [entry.to_dict() for entry in entries]
    if len(json.dumps(found)) > INLINE_BYTES:
        for entry in found:
            for name in ("vetting_reason", "error", "error_hint"):
                if name in entry:
                    entry[name] = entry[name][:80]
    return found
