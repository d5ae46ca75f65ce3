"""Storage of a submission's note between the tries of a task, depending on the version of Airflow."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.client.plain import from_plain, to_plain
from airflow_provider_partnercenter.qualification.records import SubmissionNote, SubmissionNotes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow.sdk import Context


@contextlib.contextmanager
def _task_state(done: str) -> Iterator[None]:
    """Turn any error of Airflow's task state into one of ours."""
    try:
        yield
    except Exception as problem:
        raise PartnerCenterServiceUnavailableError(
            f"The record of the submission could not be {done} in Airflow's task state "
            f"({type(problem).__name__}: {problem})",
            hint="retry the task; it first checks what was submitted",
        ) from problem


class TaskStateNotes:
    """
    Keeps the note of a submission (:class:`.SubmissionNote`) in Airflow's task state store (3.3).

    It outlives the tries of a task.

    :param store: ``context["task_state_store"]``.
    """

    KEY = "partnercenter_submission"
    lasting = True

    def __init__(self, store: Any) -> None:
        self._store = store

    def load(self) -> SubmissionNote | None:
        with _task_state("read"):
            note = self._store.get(self.KEY)
        return from_plain(SubmissionNote, note) if note else None

    def save(self, note: SubmissionNote) -> None:
        with _task_state("written"):
            self._store.set(self.KEY, to_plain(note))

    def forget(self) -> None:
        with _task_state("removed"):
            self._store.delete(self.KEY)


class NoteJournal:
    """
    Keeps the notes of many submissions of one task in pages, and writes notes that arrive together at once.

    A write adds to the last page all notes that have arrived since the previous write: many if nothing slows the
    requests down, one or two if the request budget spaces them out. Its methods block and may be called from many
    threads.

    :param store: ``context["task_state_store"]``. The constructor reads the notes of earlier tries from it.
    """

    KEY = "partnercenter_submissions"
    # The next try reads one key for each page, and a write sends a whole page: few keys against short writes.
    PAGE = 100

    def __init__(self, store: Any) -> None:
        self._store = store
        self._notes: dict[str, dict[str, Any] | None] = {}
        self._unwritten: dict[str, dict[str, Any] | None] = {}
        # How many notes were to be stored so far, and how many of them are.
        self._asked = self._written = 0
        self._busy = False
        self._changed = threading.Condition()
        self._page: dict[str, dict[str, Any] | None] = {}
        self._full = 0
        with _task_state("read"):
            while (page := store.get(self._key(self._full))) is not None:
                self._notes |= page
                self._page = page
                self._full += 1
        if self._full and len(self._page) < self.PAGE:
            self._full -= 1
        else:
            self._page = {}

    def of(self, key: str) -> SubmissionNotes:
        """Return the notes about one submission."""
        return _JournalNotes(self, key)

    def load(self, key: str) -> SubmissionNote | None:
        """Return the newest note about a submission, or ``None``."""
        with self._changed:
            note = self._notes.get(key)
        return from_plain(SubmissionNote, note) if note else None

    def write(self, key: str, note: SubmissionNote | None) -> None:
        """Store a note, or remove it. Return once that is done, by this call or by the write of another one."""
        with self._changed:
            before = self._notes.get(key)
            self._notes[key] = self._unwritten[key] = to_plain(note) if note else None
            self._asked += 1
            mine = self._asked
            self._changed.wait_for(lambda: self._written >= mine or not self._busy)
            if self._written >= mine:
                return
            self._busy = True
            batch, self._unwritten = self._unwritten, {}
            asked = self._asked
        page, stored = self._page | batch, False
        try:
            with _task_state("written"):
                self._store.set(self._key(self._full), page)
            stored = True
        finally:
            with self._changed:
                if stored:
                    self._written, self._page = asked, page
                    if len(page) >= self.PAGE:
                        self._full, self._page = self._full + 1, {}
                else:
                    # The batch is still to be stored, but notes that arrived in the meantime are newer.
                    self._unwritten = batch | self._unwritten
                    # Nothing is sent without its note, so the report must not say so.
                    self._notes[key] = before
                self._busy = False
                self._changed.notify_all()

    @classmethod
    def _key(cls, page: int) -> str:
        return f"{cls.KEY}_{page}"


class _JournalNotes:
    """The notes about one submission in a :class:`NoteJournal`."""

    lasting = True

    def __init__(self, journal: NoteJournal, key: str) -> None:
        self._journal = journal
        self._key = key

    def load(self) -> SubmissionNote | None:
        return self._journal.load(self._key)

    def save(self, note: SubmissionNote) -> None:
        self._journal.write(self._key, note)

    def forget(self) -> None:
        self._journal.write(self._key, None)


class TryNumberNotes:
    """
    Replaces the store below Airflow 3.3. A later try cannot know whether an earlier one submitted, so it assumes so.

    The note is kept within the process, because a row may be submitted again after a long pause.

    :param try_number: which try of the task this is, from 1.
    """

    lasting = False

    def __init__(self, try_number: int) -> None:
        # The previous try has ended by now, however late `load` is called.
        self._note = self._before = SubmissionNote("", 0, clock.now()) if try_number > 1 else None

    def load(self) -> SubmissionNote | None:
        return self._note

    def save(self, note: SubmissionNote) -> None:
        self._note = note

    def forget(self) -> None:
        self._note = self._before


def submission_notes(context: Context) -> SubmissionNotes:
    """Return the place for a submission's note that this version of Airflow has."""
    if store := context.get("task_state_store"):
        return TaskStateNotes(store)
    return _by_try_number(context)


def notes_of_new_decision(context: Context) -> SubmissionNotes:
    """
    Return the place for the note of a decision that was made in this try, and forget what earlier tries noted.

    :raises PartnerCenterServiceUnavailableError: if the note cannot be removed at the moment.
    """
    if store := context.get("task_state_store"):
        notes = TaskStateNotes(store)
        notes.forget()
        return notes
    return TryNumberNotes(1)


def notes_of_many(context: Context) -> Callable[[str], SubmissionNotes]:
    """Return a function that takes the key of a submission and returns the place for its notes."""
    if store := context.get("task_state_store"):
        return NoteJournal(store).of
    notes: dict[str, TryNumberNotes] = defaultdict(partial(_by_try_number, context))
    return notes.__getitem__


def _by_try_number(context: Context) -> TryNumberNotes:
    return TryNumberNotes(getattr(context.get("ti"), "try_number", 1))
