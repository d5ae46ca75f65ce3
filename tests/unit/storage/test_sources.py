from __future__ import annotations

import airflow.configuration
import pytest

from airflow_provider_partnercenter.storage.sources import Place, Source, sources_of_connection, sources_of_variable


def backend(kind, value):
    class Backend:
        def get_variable(self, key):
            if isinstance(value, Exception):
                raise value
            return value

        def get_connection(self, conn_id):
            return self.get_variable(conn_id)

        def get_uri(self):
            return "partnercenter://"

    Backend.__name__ = kind
    return Backend()


ENVIRONMENT, DATABASE = "EnvironmentVariablesBackend", "MetastoreBackend"
VAR = Source(Place.ENVIRONMENT, "the environment variable AIRFLOW_VAR_MINE")


@pytest.mark.parametrize(
    ("backends", "found"),
    [
        ([(ENVIRONMENT, None), (DATABASE, None)], []),
        ([(ENVIRONMENT, None), (DATABASE, "x")], [Source(Place.DATABASE, "Airflow's database")]),
        ([(ENVIRONMENT, "x"), (DATABASE, "x")], [VAR, Source(Place.DATABASE, "Airflow's database")]),
        ([("Vault", ""), (ENVIRONMENT, None)], [Source(Place.BACKEND, "the secrets backend Vault")]),
        ([(DATABASE, OSError("hidden"))], [Source(Place.DATABASE, "Airflow's database", "OSError")]),
    ],
)
def test_where_a_variable_is(backends, found, monkeypatch):
    made = [backend(*each) for each in backends]
    monkeypatch.setattr(airflow.configuration, "ensure_secrets_loaded", lambda: made)
    assert sources_of_variable("mine") == found
    assert "hidden" not in repr(sources_of_variable("mine"))


def test_where_a_connection_is(monkeypatch):
    made = [backend("Vault", None), backend(ENVIRONMENT, backend("", None)), backend(DATABASE, object())]
    monkeypatch.setattr(airflow.configuration, "ensure_secrets_loaded", lambda: made)
    assert sources_of_connection("mine") == [
        Source(Place.ENVIRONMENT, "the environment variable AIRFLOW_CONN_MINE"),
        # It has something that cannot be read.
        Source(Place.DATABASE, "Airflow's database", "AttributeError"),
    ]
