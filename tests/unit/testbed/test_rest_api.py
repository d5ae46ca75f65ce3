"""The client of Airflow's REST API."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from testbed import rest_api
from testbed.patience import LocalAirflowError


@pytest.fixture
def api(monkeypatch):
    api = rest_api.AirflowRestApi("http://127.0.0.1:1")
    api._session.headers["Authorization"] = "Bearer token"
    monkeypatch.setattr(rest_api, "POLL_INTERVAL", 0)
    return api


def answers(api, *statuses):
    given = [SimpleNamespace(ok=s < 400, status_code=s, text="busy", content=b"{}", json=dict) for s in statuses]
    api._session.request = lambda *args, **options: given.pop(0)
    return given


def test_a_read_that_meets_a_busy_database_is_repeated(api):
    left = answers(api, 500, 503, 200)
    assert api.rest("GET", "/dags") == {}
    assert left == []


@pytest.mark.parametrize(("method", "status"), [("POST", 500), ("GET", 404)])
def test_nothing_else_is(api, method, status):
    left = answers(api, status, 200)
    with pytest.raises(LocalAirflowError, match=f"was answered with {status}: busy"):
        api.rest(method, "/dags")
    assert len(left) == 1
