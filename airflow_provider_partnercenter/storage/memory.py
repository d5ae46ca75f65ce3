"""What a task remembers from run to run, in an Airflow Variable of its own."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterConfigurationError,
    PartnerCenterError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.storage.variables import AirflowVariable, VariableError

if TYPE_CHECKING:
    from typing import Self

_LONGEST = 200


class AsText(Protocol):
    """A value that can be written as a string."""

    def to_text(self) -> str: ...

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what :meth:`to_text` wrote; raise a ``ValueError`` if it is something else."""


Value = TypeVar("Value", bound=AsText)


def variable_name(prefix: str, dag_id: str, task_id: str, map_index: int = -1) -> str:
    """Return the key of the Variable of a task; each mapped task instance has its own."""
    task = task_id if map_index < 0 else f"{task_id}.{map_index}"
    # The hash tells tasks apart whose ids have been cut, or have a dot in another place.
    digest = hashlib.sha256(f"{dag_id}\n{task_id}\n{map_index}".encode()).hexdigest()[:8]
    readable = re.sub(r"[^\w.-]", "_", f"{dag_id}.{task}")[:_LONGEST]
    return f"{prefix}.{readable}.{digest}"


class Memory(Generic[Value]):
    """
    Reads and writes what a task remembers. Its methods block, so a trigger must call them in a thread.

    :param name: the key of the Variable.
    :param kind: the class of what is remembered.
    :param what: what that is, for messages, for example ``"The known customers"``.
    :param whose: who stores it, for messages, for example ``"a sensor for new customers"``.
    :param anew: what happens if the Variable is deleted, for messages.
    :param description: what Airflow shows beside the Variable.
    """

    def __init__(self, name: str, kind: type[Value], *, what: str, whose: str, anew: str, description: str) -> None:
        self.name = name
        self._kind, self._what, self._whose, self._anew = kind, what, whose, anew
        self._variable = AirflowVariable(name, description)

    def read(self) -> Value | None:
        """
        Return what is remembered; ``None`` if the Variable does not exist.

        :raises PartnerCenterServiceUnavailableError: if the Variable cannot be read now.
        :raises PartnerCenterConfigurationError: if access is denied, or the Variable contains something else.
        """
        try:
            text = self._variable.read()
        except VariableError as problem:
            raise self._refused("read", problem) from None
        if text is None:
            return None
        try:
            return self._kind.from_text(text)
        except ValueError as problem:
            raise PartnerCenterConfigurationError(
                f"Variable {self.name!r} does not contain what {self._whose} has stored: {problem}",
                hint=f"delete the Variable; {self._anew}",
            ) from None

    def write(self, value: Value) -> None:
        """
        Remember a value in the place of the one before.

        :raises PartnerCenterServiceUnavailableError: if it could not be stored.
        """
        try:
            self._variable.write(value.to_text())
        except VariableError as problem:
            raise self._refused("written", problem) from None

    def _refused(self, done: str, problem: VariableError) -> PartnerCenterError:
        text = f"{self._what} in Variable {self.name!r} could not be {done}: {problem}"
        if problem.permanent:
            return PartnerCenterConfigurationError(text, hint="ask an Airflow administrator to let tasks use it")
        return PartnerCenterServiceUnavailableError(text)
