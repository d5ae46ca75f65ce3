"""The Airflow Variable in which a sensor remembers the customers it knows."""

from __future__ import annotations

import hashlib
import re

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterConfigurationError,
    PartnerCenterError,
    PartnerCenterServiceUnavailableError,
)
from airflow_provider_partnercenter.onboarding.known_customers import KnownCustomers
from airflow_provider_partnercenter.storage.variables import AirflowVariable, VariableError

_DESCRIPTION = "Customers that a PartnerCenterNewCustomersSensor knows. Delete it, and the sensor begins anew."
_LONGEST = 200


def memory_name(dag_id: str, task_id: str, map_index: int = -1) -> str:
    """Return the key of the Variable of a sensor task; each mapped task instance has its own."""
    task = task_id if map_index < 0 else f"{task_id}.{map_index}"
    # The hash tells tasks apart whose ids have been cut, or have a dot in another place.
    digest = hashlib.sha256(f"{dag_id}\n{task_id}\n{map_index}".encode()).hexdigest()[:8]
    readable = re.sub(r"[^\w.-]", "_", f"{dag_id}.{task}")[:_LONGEST]
    return f"partnercenter_customers.{readable}.{digest}"


class CustomerMemory:
    """
    Reads and writes what a sensor knows. Its methods block, so a trigger must call them in a thread.

    :param name: the key of the Variable.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._variable = AirflowVariable(name, _DESCRIPTION)

    def read(self) -> KnownCustomers | None:
        """
        Return the known customers; ``None`` if the Variable does not exist.

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
            return KnownCustomers.from_text(text)
        except ValueError as problem:
            raise PartnerCenterConfigurationError(
                f"Variable {self.name!r} does not contain what a sensor for new customers has stored: {problem}",
                hint="delete the Variable; the next run then takes all customers of that moment as known",
            ) from None

    def write(self, known: KnownCustomers) -> None:
        """
        Store the known customers.

        :raises PartnerCenterServiceUnavailableError: if they could not be stored.
        """
        try:
            self._variable.write(known.to_text())
        except VariableError as problem:
            raise self._refused("written", problem) from None

    def _refused(self, done: str, problem: VariableError) -> PartnerCenterError:
        text = f"The known customers in Variable {self.name!r} could not be {done}: {problem}"
        if problem.permanent:
            return PartnerCenterConfigurationError(text, hint="ask an Airflow administrator to let tasks use it")
        return PartnerCenterServiceUnavailableError(text)
