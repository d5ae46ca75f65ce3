"""Files in object storage for the customers of a bulk task, if they are too many for Airflow's database."""

from __future__ import annotations

import contextlib
import json
import re
import time
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterConfigurationError,
    PartnerCenterError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.client.plain import from_plain, to_plain
from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.compat import lines_of
from airflow_provider_partnercenter.qualification.bulk.report import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from airflow.sdk import Context, ObjectStoragePath

    from airflow_provider_partnercenter.qualification.bulk.rows import Row

T = TypeVar("T")

INLINE_BYTES = 32_000
"""Maximum size of the customers in a trigger's arguments, in its event and in an XCom, in bytes of JSON text."""
# Maximum size in bytes of an entry in a report, of each of its row numbers, and of the denials in its baseline.
_ENTRY_BYTES, _ROW_BYTES, _DENIAL_BYTES = 800, 8, 2_000
# Release the GIL for `_BREATH` seconds after every `_ITEMS_BETWEEN_BREATHS` customers.
_ITEMS_BETWEEN_BREATHS, _BREATH = 100, 0.0005
_STATE, _OURS = "state.json", "airflow-provider-partnercenter"
_FILES = re.compile(r"state\.json|report(-.*)?\.json|(requests|verdicts|rest)-.*\.jsonl")
# Errors that a retry does not cure.
_PERMANENT = (FileNotFoundError, PermissionError, NotADirectoryError, ValueError, TypeError, ImportError)


def needs_storage(rows: Sequence[Row]) -> bool:
    """Return whether these rows are too many for Airflow's database."""
    denials = sum(row.request is not None and row.request.resubmit_denied_of is not None for row in rows)
    return _too_large((row.numbers for row in rows), denials)


def rest_needs_storage(entries: Sequence[Entry]) -> bool:
    """Return whether these entries, and the report about them, are too many for Airflow's database."""
    return _too_large((entry.rows for entry in entries), sum(bool(entry.baseline) for entry in entries))


def _too_large(rows: Iterable[Sequence[int]], denials: int) -> bool:
    return sum(_ENTRY_BYTES + _ROW_BYTES * len(numbers) for numbers in rows) + _DENIAL_BYTES * denials > INLINE_BYTES


def folder_of(storage_path: str, context: Context) -> str:
    """Return the folder of a task instance: the DAG, the run, the task and, if it is mapped, its index."""
    ti = context["ti"]
    parts = [ti.dag_id, ti.run_id, ti.task_id]
    if (index := getattr(ti, "map_index", None)) is not None and index >= 0:
        parts.append(str(index))
    return "/".join([storage_path.rstrip("/"), *(quote(part, safe="") for part in parts)])


class EntryFolder:
    """
    A folder that stores the state of each customer. Its methods block.

    The worker writes ``state.json`` when it starts, and ``requests-….jsonl`` once, after everything was submitted. The
    trigger writes ``verdicts-….jsonl`` as verdicts come in. The worker writes the report and ``state.json`` at the end,
    and before them ``rest-….jsonl`` if it leaves customers to the next run of a chain. A task that is cleared starts
    anew, or goes on with the rest in the folder of the run before, and needs none of its own files; the tasks after it
    may need the report. :func:`.tidying.remove_finished` removes all of them, but a rest only once another run has gone
    on with it.

    :param path: for example ``s3://connection@bucket/folder``. Workers and triggerers must be able to reach it.
    :param deferral_id: distinguishes the files of this deferral from those of an earlier one, whose trigger may still
        be writing.
    """

    def __init__(self, path: str, deferral_id: str = "") -> None:
        self.path = path
        self.deferral_id = deferral_id

    def prepare(self) -> None:
        """
        Check that files can be written and read.

        :raises PartnerCenterConfigurationError: if they cannot, and a retry would not help.
        :raises PartnerCenterServiceUnavailableError: if they cannot at the moment.
        """
        with explained(self.path, "cannot be written and read", "give a folder that workers and triggerers can reach"):
            folder = self._folder()
            if is_local(folder):
                # In object storage `mkdir` may create a bucket.
                folder.mkdir(parents=True, exist_ok=True)
            self._note_state("started")
            if not self.state():
                raise FileNotFoundError("a file that was written is not there")

    def write_requests(self, entries: Iterable[Entry]) -> None:
        """Write the entries as they are after the submission. Raises the same errors as :meth:`prepare`."""
        self._write("requests", entries)

    def write_verdicts(self, entries: Iterable[Entry]) -> None:
        """Write the entries, or those that are decided so far. Raises the same errors as :meth:`prepare`."""
        self._write("verdicts", entries)

    def read(self, total: int) -> list[Entry]:
        """
        Return the latest entry of every customer. Raises the same errors as :meth:`prepare`.

        :param total: how many entries there must be.
        """
        hint = "let workers and triggerers use the same storage_path, then clear the task; nothing is sent twice"
        with explained(self.path, "cannot be read", hint):
            entries = self._entries("requests", total)
            verdicts = {(e.rows, e.customer_id, e.qualification): e for e in self._verdicts()}
            return [verdicts.get((e.rows, e.customer_id, e.qualification), e) for e in entries]

    def read_some(self, most: int) -> list[Entry]:
        """Return the latest entries of the first customers, for a person. Raises the same errors as :meth:`prepare`."""
        with explained(self.path, "cannot be read here", "let the API server reach it, or wait for the report"):
            entries = [from_plain(Entry, json.loads(line)) for line in islice(self._lines("requests"), most)]
            # They are in the same order.
            verdicts = {(e.rows, e.customer_id, e.qualification): e for e in islice(self._verdicts(), most)}
            return [verdicts.get((e.rows, e.customer_id, e.qualification), e) for e in entries]

    def write_rest(self, entries: Iterable[Entry]) -> None:
        """Write the entries that are left to the next run. Raises the same errors as :meth:`prepare`."""
        self._write("rest", entries)

    def read_rest(self, total: int) -> list[Entry]:
        """
        Return the entries that an earlier run left. Raises the same errors as :meth:`prepare`.

        :param total: how many entries there must be.
        """
        hint = (
            "let workers use the same storage_path; if the files were removed, start a run without 'rest' and with all "
            "customers: it requests nothing twice, and verdicts that were handed out come again"
        )
        with explained(self.path, "cannot be read", hint):
            return self._entries("rest", total)

    def write_report(self, report: Mapping[str, Any], *, hands_on: bool = False) -> str:
        """
        Write the report and return its path. Raises the same errors as :meth:`prepare`.

        :param hands_on: whether the folder has a rest, which another run needs.
        """
        with explained(self.path, "cannot be written", "give a folder that workers can reach"):
            # A batch has a report of its own: that of an earlier try, which may still be running, is another batch.
            path = self._folder() / (f"report-{self.deferral_id}.json" if self.deferral_id else "report.json")
            path.write_text(json.dumps(report, indent=1))
            self._note_state("handed_on" if hands_on else "ended")
            return str(path)

    def release_rest(self) -> None:
        """Note that no run needs the rest any more. Raises the same errors as :meth:`prepare`."""
        with explained(self.path, "cannot be written", "give a folder that workers can reach"):
            self._note_state("ended")

    def state(self) -> dict[str, str]:
        """
        Return when the task ``started`` or, once it has written its report, when it ``ended``, ISO 8601.

        As long as another run has to go on with its rest, this is when it ``handed_on`` that rest instead. The
        dictionary is empty if the folder is not that of a task of this provider. Raises the same errors as
        :meth:`prepare`.
        """
        with explained(self.path, "cannot be read", "let workers reach it"):
            try:
                state = json.loads((self._folder() / _STATE).read_text())
            except (FileNotFoundError, ValueError):
                return {}
            return state if isinstance(state, dict) and state.get("of") == _OURS else {}

    def remove(self) -> None:
        """Remove the files of this task, and no others. Raises the same errors as :meth:`prepare`."""
        with explained(self.path, "cannot be tidied up", "let workers remove files there"):
            folder = self._folder()
            files = [file for file in folder.iterdir() if _FILES.fullmatch(file.name)]
            # The state comes last: if this is interrupted, the next attempt finds the folder again.
            for file in sorted(files, key=lambda file: file.name == _STATE):
                file.unlink()

    def _entries(self, name: str, total: int) -> list[Entry]:
        entries = [from_plain(Entry, json.loads(line)) for line in self._lines(name)]
        if len(entries) != total:
            raise ValueError(f"the file contains {len(entries)} customers instead of {total}")
        return entries

    def _verdicts(self) -> Iterator[Entry]:
        # A killed triggerer may have left no file or half of one. Customers that are missing here are polled again.
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            for line in self._lines("verdicts"):
                yield from_plain(Entry, json.loads(line))

    def _write(self, name: str, entries: Iterable[Entry]) -> None:
        with explained(self.path, "cannot be written", "give a folder that workers and triggerers can reach"):
            file: Any
            with self._file(name).open("w") as file:  # type: ignore[no-untyped-call]  # Airflow's method is untyped
                for entry in _gently(entries):
                    file.write(json.dumps(to_plain(entry)) + "\n")

    def _lines(self, name: str) -> Iterator[str]:
        with self._file(name).open() as file:  # type: ignore[no-untyped-call]  # Airflow's method is untyped
            yield from _gently(lines_of(file))

    def _note_state(self, event: str) -> None:
        (self._folder() / _STATE).write_text(json.dumps({"of": _OURS, event: moment(clock.now())}))

    def _file(self, name: str) -> ObjectStoragePath:
        return self._folder() / f"{name}-{self.deferral_id}.jsonl"

    def _folder(self) -> ObjectStoragePath:
        from airflow.sdk import ObjectStoragePath

        return ObjectStoragePath(self.path)


def read_report(path: str) -> dict[str, Any]:
    """
    Return a report that :meth:`EntryFolder.write_report` wrote.

    :raises PartnerCenterConfigurationError: if it cannot be read, and a retry would not help.
    :raises PartnerCenterServiceUnavailableError: if it cannot at the moment.
    """
    from airflow.sdk import ObjectStoragePath

    with explained(path, "cannot be read", "let workers use the same storage_path, then clear the task that wrote it"):
        report: dict[str, Any] = json.loads(ObjectStoragePath(path).read_text())
        return report


@contextlib.contextmanager
def explained(path: str, problem: str, hint: str) -> Iterator[None]:
    """Raise an error of this package instead of the storage's own; each kind of storage has different ones."""
    try:
        yield
    except PartnerCenterError:
        raise
    except Exception as error:
        text = f"storage_path {path!r} {problem} ({type(error).__name__}: {error})"
        if isinstance(error, _PERMANENT):
            raise PartnerCenterConfigurationError(text, hint=hint) from error
        raise PartnerCenterServiceUnavailableError(text, hint=hint) from error


def is_local(path: ObjectStoragePath) -> bool:
    """Return whether a path is one of a file system. Object storage has no folders."""
    return path.protocol in ("file", "local", "")


def _gently(items: Iterable[T]) -> Iterator[T]:
    """Iterate over many items in a thread without starving the event loop in the main thread, which has other waits."""
    for number, item in enumerate(items, 1):
        if number % _ITEMS_BETWEEN_BREATHS == 0:
            # A thread that does not sleep keeps the interpreter until Python takes it away, after 5 ms.
            time.sleep(_BREATH)  # noqa: TID251  # not a wait that a test would hold
        yield item


def shortened(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return entries as dictionaries for a trigger's arguments or event. Cut long strings if necessary."""
    found = [to_plain(entry) for entry in entries]
    if len(json.dumps(found)) > INLINE_BYTES:
        for entry in found:
            for name in ("vetting_reason", "error", "error_hint"):
                # A denial without a date is named by its reason, which must stay complete.
                if name in entry and (name != "vetting_reason" or "vetting_created_date" in entry):
                    entry[name] = entry[name][:80]
    return found


def fitting(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first items, as many as fit into Airflow's database."""
    size, kept = 0, []
    for item in items:
        size += len(json.dumps(item)) + 2
        if size > INLINE_BYTES:
            break
        kept.append(item)
    return kept
