"""Storage of what a task has asked a person, and of the answer, between its tries."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_partnercenter.client.errors import PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.client.plain import from_plain, to_plain
from airflow_provider_partnercenter.qualification.asking.answer import Answer
from airflow_provider_partnercenter.qualification.asking.steps import Memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import Context


class Answers(Protocol):
    """
    The place where a task remembers what it has asked. Its methods block.

    They raise :class:`~airflow_provider_partnercenter.client.errors.PartnerCenterServiceUnavailableError` if Airflow's
    task state cannot be read or changed at the moment.
    """

    def load(self) -> Memory | None:
        """Return what an earlier try has remembered, or ``None``."""

    def save(self, memory: Memory) -> None:
        """Remember this."""


class TaskStateAnswers:
    """
    Keeps it in Airflow's task state store (3.3), where it outlives the tries of a task, and a clear.

    :param store: ``context["task_state_store"]``.
    """

    KEY = "partnercenter_answer"

    def __init__(self, store: Any) -> None:
        self._store = store

    def load(self) -> Memory | None:
        with _task_state("read"):
            kept = self._store.get(self.KEY)
        if not kept:
            return None
        answer = kept.get("answer")
        remembered = from_plain(Answer, answer) if answer else None
        return Memory(kept["max_tries"], kept.get("asked_about"), remembered, kept.get("about"))

    def save(self, memory: Memory) -> None:
        answer = to_plain(memory.answer) if memory.answer else None
        with _task_state("written"):
            self._store.set(
                self.KEY,
                {
                    "max_tries": memory.max_tries,
                    "about": memory.about,
                    "asked_about": memory.asked_about,
                    "answer": answer,
                },
            )


class NoAnswers:
    """Replaces the store below Airflow 3.3. A later try asks again, which spends nothing."""

    def load(self) -> Memory | None:
        return None

    def save(self, memory: Memory) -> None:
        """Forget it: there is no place for it."""


def answers_of(context: Context) -> Answers:
    """Return the place for answers that this version of Airflow has."""
    store = context.get("task_state_store")
    return TaskStateAnswers(store) if store else NoAnswers()


@contextlib.contextmanager
def _task_state(done: str) -> Iterator[None]:
    """Turn any error of Airflow's task state into one of ours."""
    try:
        yield
    except Exception as problem:
        raise PartnerCenterServiceUnavailableError(
            f"The answer could not be {done} in Airflow's task state ({type(problem).__name__}: {problem})",
            hint="retry the task; it reads first, and asks again if it has to",
        ) from problem
