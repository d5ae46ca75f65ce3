"""Where the customers of a bulk task are kept that are too many for Airflow's database: files in an object storage."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterConfigurationError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.client.plain import from_plain, to_plain
from airflow_provider_partnercenter.qualification.bulk.report import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from airflow.sdk import Context, ObjectStoragePath

    from airflow_provider_partnercenter.qualification.bulk.rows import Row

T = TypeVar("T")

INLINE_BYTES = 32_000
"""What a trigger's arguments, its event and an XCom may hold of customers, as JSON text."""
# What one takes at the most in a report, each of its rows, and the denials before it.
_ENTRY_BYTES, _ROW_BYTES, _DENIAL_BYTES = 800, 8, 2_000
# So many customers are read or written between two breaths of so many seconds.
_ITEMS_BETWEEN_BREATHS, _BREATH = 100, 0.0005
# What no other attempt cures.
_PERMANENT = (FileNotFoundError, PermissionError, NotADirectoryError, ValueError, TypeError, ImportError)


def needs_storage(rows: Sequence[Row]) -> bool:
    """Tell whether these are too many for Airflow's database."""
    size = sum(_ENTRY_BYTES + _ROW_BYTES * len(row.numbers) for row in rows)
    size += _DENIAL_BYTES * sum(row.request is not None and row.request.resubmit_denied_of is not None for row in rows)
    return size > INLINE_BYTES


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

    ``requests-….jsonl`` is written by the worker once everything is submitted and never changed, ``verdicts-….jsonl``
    by the trigger as verdicts come, ``report.json`` by the worker at the end.

    :param path: for example ``s3://connection@bucket/folder``; workers and triggerers must reach it.
    :param deferral_id: tells the files of one deferral from those of an earlier one, whose trigger may still write.
    """

    def __init__(self, path: str, deferral_id: str = "") -> None:
        self.path = path
        self.deferral_id = deferral_id

    def prepare(self) -> None:
        """
        Try out that files can be written and read.

        :raises PartnerCenterConfigurationError: if they cannot.
        :raises PartnerCenterServiceUnavailableError: if they cannot at the moment.
        """
        with self._explained("cannot be written and read", "give a folder that workers and triggerers reach"):
            folder = self._folder()
            if folder.protocol in ("file", "local", ""):
                # In an object storage there are no folders, and to make one may mean to make a bucket.
                folder.mkdir(parents=True, exist_ok=True)
            probe = folder / "check.txt"
            probe.write_text("written by airflow-provider-partnercenter to see whether it can be\n")
            probe.read_text()

    def write_requests(self, entries: Iterable[Entry]) -> None:
        """Write what was requested; raises as :meth:`prepare`."""
        self._write("requests", entries)

    def write_verdicts(self, entries: Iterable[Entry]) -> None:
        """Write what is known by now; raises as :meth:`prepare`."""
        self._write("verdicts", entries)

    def read(self, total: int) -> list[Entry]:
        """
        Return what is known of every customer; raises as :meth:`prepare`.

        :param total: how many there are.
        """
        hint = "let workers and triggerers reach the same storage_path, then clear the task; nothing is sent twice"
        with self._explained("cannot be read", hint):
            entries = [from_plain(Entry, json.loads(line)) for line in self._lines("requests")]
            if len(entries) != total:
                raise ValueError(f"{len(entries)} customers instead of {total}")
            verdicts = {(e.rows, e.customer_id, e.qualification): e for e in self._verdicts()}
            return [verdicts.get((e.rows, e.customer_id, e.qualification), e) for e in entries]

    def write_report(self, report: Mapping[str, Any]) -> str:
        """Write the report and return its path; raises as :meth:`prepare`."""
        with self._explained("cannot be written", "give a folder that workers reach"):
            path = self._folder() / "report.json"
            path.write_text(json.dumps(report, indent=1))
            return str(path)

    def _verdicts(self) -> Iterator[Entry]:
        # A triggerer that was killed may have left none, or half a file: who is missing is looked at again.
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            for line in self._lines("verdicts"):
                yield from_plain(Entry, json.loads(line))

    def _write(self, name: str, entries: Iterable[Entry]) -> None:
        with self._explained("cannot be written", "give a folder that workers and triggerers reach"):
            file: Any
            with self._file(name).open("w") as file:  # type: ignore[no-untyped-call]  # Airflow's method is untyped
                for entry in _gently(entries):
                    file.write(json.dumps(to_plain(entry)) + "\n")

    def _lines(self, name: str) -> Iterator[str]:
        with self._file(name).open() as file:  # type: ignore[no-untyped-call]  # Airflow's method is untyped
            yield from _gently(file)

    def _file(self, name: str) -> ObjectStoragePath:
        return self._folder() / f"{name}-{self.deferral_id}.jsonl"

    def _folder(self) -> ObjectStoragePath:
        from airflow.sdk import ObjectStoragePath

        return ObjectStoragePath(self.path)

    @contextlib.contextmanager
    def _explained(self, problem: str, hint: str) -> Iterator[None]:
        """Say what an exception means; each kind of storage has some of its own."""
        try:
            yield
        except Exception as error:
            text = f"storage_path: {self.path!r} {problem} ({type(error).__name__}: {error})"
            if isinstance(error, _PERMANENT):
                raise PartnerCenterConfigurationError(text, hint=hint) from error
            raise PartnerCenterServiceUnavailableError(text, hint=hint) from error


def _gently(items: Iterable[T]) -> Iterator[T]:
    """Go through many items in a thread so that the event loop beside it, which has other waits, gets its turns."""
    for number, item in enumerate(items, 1):
        if number % _ITEMS_BETWEEN_BREATHS == 0:
            # Only a thread that sleeps lets another one have the interpreter before it is made to, 5 ms later.
            time.sleep(_BREATH)  # noqa: TID251  # no waiting for a moment
        yield item


def shortened(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return entries for a trigger's arguments or event; long texts are cut if it would be too much otherwise."""
    found = [to_plain(entry) for entry in entries]
    if len(json.dumps(found)) > INLINE_BYTES:
        for entry in found:
            for name in ("vetting_reason", "error", "error_hint"):
                # Of a denial without a date the reason is its name.
                if name in entry and (name != "vetting_reason" or "vetting_created_date" in entry):
                    entry[name] = entry[name][:80]
    return found


def fitting(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return as many of these as Airflow's database takes, from the first on."""
    size, kept = 0, []
    for item in items:
        size += len(json.dumps(item)) + 2
        if size > INLINE_BYTES:
            break
        kept.append(item)
    return kept
