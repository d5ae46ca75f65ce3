"""Where the note of a submission is kept between the tries of a task, by what this Airflow has."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.submission import SubmissionNote, SubmissionNotes

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaskStateNotes:
    """
    Keeps the note of a submission in Airflow's task state store (3.3), which outlives the tries of a task.

    :param store: ``context["task_state_store"]``.
    """

    KEY = "partnercenter_submission"

    def __init__(self, store: Any) -> None:
        self._store = store

    def load(self) -> SubmissionNote | None:
        note = self._store.get(self.KEY)
        return SubmissionNote(**note) if note else None

    def save(self, note: SubmissionNote) -> None:
        self._store.set(self.KEY, note.to_dict())

    def forget(self) -> None:
        self._store.delete(self.KEY)


class TryNumberNotes:
    """
    Stands in below Airflow 3.3: a later try cannot know whether an earlier one submitted, so it supposes it did.

    :param try_number: which try of the task this is, from 1.
    """

    def __init__(self, try_number: int) -> None:
        self._try_number = try_number

    def load(self) -> SubmissionNote | None:
        return SubmissionNote("", 0, time.time()) if self._try_number > 1 else None

    def save(self, note: SubmissionNote) -> None:
        """There is nowhere to keep it."""

    def forget(self) -> None:
        """Nothing was kept."""


def submission_notes(context: Context) -> SubmissionNotes:
    """Choose where the note of a submission is kept, by what this Airflow has."""
    if store := context.get("task_state_store"):
        return TaskStateNotes(store)
    return TryNumberNotes(getattr(context.get("ti"), "try_number", 1))
