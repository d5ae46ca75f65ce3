"""Where Airflow finds a connection or a Variable. It takes the first, and what comes after it has no effect."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Place(Enum):
    """Where a connection or a Variable can be."""

    ENVIRONMENT = "environment"
    BACKEND = "backend"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Source:
    """
    A place that has it, or that cannot be asked.

    :param place: what sort of place it is.
    :param name: what a person calls it.
    :param problem: the kind of error if it cannot be asked, or has what cannot be read; ``None`` if it has it.
    """

    place: Place
    name: str
    problem: str | None = None


def sources_of_variable(key: str) -> list[Source]:
    """Return where this process finds a Variable, in Airflow's order."""
    return _sources(f"AIRFLOW_VAR_{key.upper()}", lambda backend: backend.get_variable(key=key))


def sources_of_connection(conn_id: str) -> list[Source]:
    """Return where this process finds a connection, in Airflow's order."""

    def get(backend: Any) -> Any:
        connection = backend.get_connection(conn_id=conn_id)
        # Decrypts it, and Airflow asks for it too.
        return connection and connection.get_uri()

    return _sources(f"AIRFLOW_CONN_{conn_id.upper()}", get)


def _sources(variable: str, get: Callable[[Any], Any]) -> list[Source]:
    from airflow.configuration import ensure_secrets_loaded

    found = []
    for backend in ensure_secrets_loaded():
        source = _source(type(backend).__name__, variable)
        try:
            if get(backend) is not None:
                found.append(source)
        except Exception as problem:  # noqa: BLE001  # of the backend, whichever it is
            # Not its text, which may quote the value.
            found.append(Source(source.place, source.name, type(problem).__name__))
    return found


def _source(backend: str, variable: str) -> Source:
    if backend == "EnvironmentVariablesBackend":
        return Source(Place.ENVIRONMENT, f"the environment variable {variable}")
    if backend == "MetastoreBackend":
        return Source(Place.DATABASE, "Airflow's database")
    return Source(Place.BACKEND, f"the secrets backend {backend}")
