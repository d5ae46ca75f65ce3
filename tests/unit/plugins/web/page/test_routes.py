"""Who is answered what, by Airflow's own checks. What the database says is made up here."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.compat import UI_LENDS_COMPONENTS

if not UI_LENDS_COMPONENTS:
    pytest.skip("the UI of this Airflow cannot show the page", allow_module_level=True)

from airflow.api_fastapi import app as airflows
from airflow.models.connection import Connection
from airflow.models.dag import DagModel
from airflow.models.revoked_token import RevokedToken
from starlette.routing import Route

from airflow_provider_partnercenter.database import bulk_tasks, customers, sign_ins, stories
from airflow_provider_partnercenter.database.page import (
    BulkCustomers,
    BulkRow,
    Choices,
    Counts,
    CustomerPage,
    CustomerRow,
    History,
    PastVerdict,
    SignInRow,
    Sort,
    Stories,
    Story,
    TaskKey,
)
from airflow_provider_partnercenter.database.reading import NoDatabaseError
from airflow_provider_partnercenter.plugins.web.app import make_app
from airflow_provider_partnercenter.plugins.web.page import routes
from airflow_provider_partnercenter.qualification.states.customer import StoryEntry
from tests.support import asgi
from tests.support.ui.users import USERS, PickyAuthManager

CUSTOMER = "4b2a6e33-8791-4386-bd2b-0d55baf25039"
NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
TASK = TaskKey("onboard_customer", "run/1", "wait")
ROW = CustomerRow(
    TASK,
    CUSTOMER,
    "Education",
    "denied",
    "person",
    NOW,
    company_name="=1+1",
    cloud="global",
    reason="<b>",
    attempts_left=2,
)
BULK = BulkRow(TASK, {"total": 2, "in_review": 2}, "deferred", NOW, path="s3://bucket/run")


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """Answer for the database, and remember what it was asked."""
    asked = {}

    def answers(module, name, answer):
        def function(*args, **kwargs):
            asked[name] = (args[1:], kwargs)
            return answer(*args) if callable(answer) else answer

        monkeypatch.setattr(module, name, function)

    answers(customers, "count_customers", Counts(waiting=3))
    answers(customers, "page_of_customers", CustomerPage((ROW,), 1))
    answers(customers, "choices", Choices(("onboard_customer",), ("Education",)))
    answers(stories, "stories_of", Stories((Story(ROW, (StoryEntry("read", "x"),)),), 1, (BULK,)))
    verdict = PastVerdict(NOW, "partnercenter://t/verdicts", TASK, CUSTOMER, "Education", "denied")
    answers(stories, "history", History(("partnercenter://t/verdicts",), (verdict, replace(verdict, task=None))))
    answers(bulk_tasks, "bulk_rows", ((BULK,), 1))
    answers(bulk_tasks, "bulk_row", lambda session, ids, task: BULK if task == TASK else None)
    answers(bulk_tasks, "customers_of", BulkCustomers(problem="It cannot be read."))
    answers(
        sign_ins,
        "sign_ins",
        lambda session, may_read: tuple(SignInRow(each, "App-only") for each in sorted(may_read({"mine", "other"}))),
    )
    monkeypatch.setattr(routes, "reading", contextlib.nullcontext)
    monkeypatch.setattr(RevokedToken, "is_revoked", staticmethod(lambda token_id: False))
    monkeypatch.setattr(DagModel, "get_team_name", staticmethod(lambda dag_id: None))
    monkeypatch.setattr(Connection, "get_conn_id_to_team_name_mapping", staticmethod(lambda ids: {}))
    return asked


@pytest.fixture(scope="module")
def manager():
    """The auth manager of this process, as the API server makes it at its start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "0123456789abcdef" * 4)
        patch.setenv("AIRFLOW__CORE__AUTH_MANAGER", f"{PickyAuthManager.__module__}.PickyAuthManager")
        patch.setattr(PickyAuthManager, "get_authorized_dag_ids", _dag_ids)
        airflows.purge_cached_app()
        yield airflows.create_auth_manager()
        airflows.purge_cached_app()


def _dag_ids(self, *, user, method="GET"):
    return self.filter_authorized_dag_ids(dag_ids={"onboard_customer", "other"}, user=user, method=method)


@pytest.fixture(scope="module")
def app(manager):
    return make_app()


@pytest.fixture
def ask(app, manager):
    def ask(path, user="viewer", method="GET", **headers):
        if user:
            headers["authorization"] = f"Bearer {manager.generate_jwt(USERS[user])}"
        return asgi.ask(app, method, path, headers=headers)

    return ask


XCOMS = {None: 401, "nobody": 403, "stranger": 200, "viewer": 200, "user": 200, "operator": 200, "admin": 200}
OF_THE_DAG = XCOMS | {"stranger": 403}
CONNECTIONS = XCOMS | {"stranger": 403, "viewer": 403, "user": 403}
ANYBODY = XCOMS | {"nobody": 200}
WHICH = "dag_id=onboard_customer&run_id=run/1&task_id=wait"
#: Each route, and what each user is answered.
ROUTES = {
    ("/api/counts", ""): XCOMS,
    ("/api/customers", ""): XCOMS,
    ("/api/customers", "dag_id=onboard_customer"): OF_THE_DAG,
    ("/customers.csv", ""): XCOMS,
    ("/customers.csv", "dag_id=onboard_customer"): OF_THE_DAG,
    ("/api/choices", ""): XCOMS,
    ("/api/stories", WHICH): OF_THE_DAG,
    ("/api/history", ""): XCOMS,
    ("/api/bulk", ""): XCOMS,
    ("/api/bulk/customers", WHICH): OF_THE_DAG,
    ("/api/sign-ins", ""): CONNECTIONS,
    ("/static/{version}/{name}", ""): ANYBODY,
}


def test_every_route_is_in_the_table():
    routes = [route for route in make_app().routes if isinstance(route, Route)]
    assert len(routes) == len(make_app().routes)
    found = {(route.path, method) for route in routes for method in route.methods}
    assert found - {("/webhook", "POST")} == {(path, "GET") for path, _ in ROUTES}


@pytest.mark.parametrize("user", XCOMS, ids=str)
@pytest.mark.parametrize(("path", "query"), ROUTES, ids=str)
def test_who_is_answered(path, query, user, ask):
    address = path.format(version="0.1.0", name="nav.js")
    assert ask(f"{address}?{query}", user).status == ROUTES[path, query][user]


@pytest.mark.parametrize("path", sorted({path for path, _ in ROUTES}))
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed(path, method, ask):
    assert ask(path, "admin", method).status == 405


@pytest.mark.parametrize(("user", "dag_ids"), [("stranger", {"other"}), ("viewer", {"onboard_customer", "other"})])
@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("/api/counts", "count_customers"),
        ("/api/customers", "page_of_customers"),
        ("/customers.csv", "page_of_customers"),
        ("/api/choices", "choices"),
        ("/api/stories?dag_id=other&run_id=1", "stories_of"),
        ("/api/history", "history"),
        ("/api/bulk", "bulk_rows"),
        ("/api/bulk/customers?dag_id=other&run_id=1&task_id=2", "bulk_row"),
    ],
)
def test_the_database_is_asked_for_the_dags_of_the_user_only(path, function, user, dag_ids, ask, asked):
    ask(path, user)
    assert asked[function][0][0] == dag_ids


def test_the_question_reaches_the_database(ask, asked):
    query = "state=open&state=approved&who=person&qualification=Education&overdue_days=3&search=Con%25&sort=changed_at"
    assert ask(f"/api/customers?{query}&descending=true&limit=10&offset=20").status == 200
    (_, filters), kwargs = asked["page_of_customers"]
    assert {"in_review", "denied", "approved"} < filters.states
    assert "given_up" not in filters.states
    assert (filters.who, filters.qualification, filters.overdue_days, filters.search) == (
        "person",
        "Education",
        3,
        "Con%",
    )
    assert (kwargs["sort"], kwargs["descending"], kwargs["limit"], kwargs["offset"]) == (Sort.CHANGED_AT, True, 10, 20)


def test_today_began_where_the_user_is(ask, asked):
    ask("/api/counts?today=2026-11-26T23:00:00Z&overdue_days=2")
    assert asked["count_customers"][1]["today"] == datetime(2026, 11, 26, 23, tzinfo=UTC)
    assert asked["count_customers"][1]["overdue_days"] == 2


@pytest.mark.parametrize(
    "query",
    ["sort=value", "limit=0", "limit=501", "offset=-1", "overdue_days=-1", "overdue_days=nan", "overdue_days=inf",
     f"search={'x' * 501}", "limit=x", "state=" + "&state=".join(map(str, range(21)))],
)  # fmt: skip
def test_a_question_that_makes_no_sense(query, ask, asked):
    assert ask(f"/api/customers?{query}").status == 422
    assert asked == {}


def test_a_moment_without_a_time_zone_is_refused(ask):
    assert ask("/api/counts?today=2026-11-26T23:00:00").status == 422


def test_a_customer_is_answered_with_its_task_and_its_page(ask):
    answered = ask("/api/customers?offset=20").json()
    (row,) = answered["rows"]
    assert (answered["offset"], answered["total"]) == (20, 1)
    assert (row["dag_id"], row["run_id"], row["task_id"], row["map_index"]) == ("onboard_customer", "run/1", "wait", -1)
    assert row["link"] == f"https://partner.microsoft.com/dashboard/v2/customers/{CUSTOMER}/account"
    assert row["changed_at"] == "2026-11-27T08:00:00Z" or row["changed_at"] == "2026-11-27T08:00:00+00:00"


@pytest.mark.parametrize(
    ("customer_id", "cloud", "host"),
    [
        (CUSTOMER, "us_government", "https://partner.microsoft.com/"),
        (CUSTOMER, None, "https://partner.microsoft.com/"),
        (CUSTOMER, "china", ""),
        (CUSTOMER, "evil.example", ""),
        (None, "global", ""),
        ("../../evil", "global", ""),
    ],
)
def test_links_lead_to_the_hosts_of_the_cloud_only(customer_id, cloud, host, ask, monkeypatch):
    row = replace(ROW, customer_id=customer_id, cloud=cloud)
    monkeypatch.setattr(customers, "page_of_customers", lambda *_, **__: CustomerPage((row,), 1))
    (answered,) = ask("/api/customers").json()["rows"]
    assert answered["link"].startswith(host)
    assert bool(answered["link"]) == bool(host)


def test_the_file_has_the_same_customers_with_formulas_as_text(ask, asked):
    answer = ask("/customers.csv?search=x&sort=state")
    (_, filters), kwargs = asked["page_of_customers"]
    assert (filters.search, kwargs["sort"], kwargs["limit"]) == ("x", Sort.STATE, routes.MOST_ROWS)
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    (row,) = csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig")))
    assert (row["company_name"], row["reason"], row["attempts_left"]) == ("'=1+1", "<b>", "2")
    assert row["customer_id"] == CUSTOMER


def test_a_database_that_fails_is_told(ask, monkeypatch, caplog):
    @contextlib.contextmanager
    def reading():
        raise NoDatabaseError("OperationalError")
        yield

    monkeypatch.setattr(routes, "reading", reading)
    answer = ask("/api/customers")
    assert answer.status == 503
    assert answer.json()["detail"].startswith("Airflow's database cannot be read now (OperationalError). What to do: ")
    assert "/api/customers cannot be read: OperationalError" in caplog.text


def test_what_becomes_of_bulk(ask):
    (row,) = ask("/api/bulk").json()["rows"]
    assert (row["dag_id"], row["counts"], row["path"]) == (
        "onboard_customer",
        {"total": 2, "in_review": 2},
        "s3://bucket/run",
    )
    assert "customers" not in row
    assert ask(f"/api/bulk/customers?{WHICH}").json()["problem"] == "It cannot be read."
    assert ask("/api/bulk/customers?dag_id=other&run_id=1&task_id=2").status == 404


def test_a_story(ask):
    answered = ask(f"/api/stories?{WHICH}").json()
    (story,) = answered["stories"]
    assert (story["customer_id"], story["entries"][0]["what"], answered["total"]) == (CUSTOMER, "read", 1)
    assert answered["bulk"][0]["task_id"] == "wait"


def test_verdicts_with_and_without_a_task(ask):
    one, other = ask("/api/history").json()["verdicts"]
    assert one["run_id"] == "run/1"
    assert "run_id" not in other


def test_sign_ins_are_those_of_the_connections_that_the_user_may_read(ask, manager, monkeypatch):
    assert [row["connection_id"] for row in ask("/api/sign-ins", "operator").json()["rows"]] == ["mine", "other"]
    only = manager.is_authorized_connection

    def picky(*, method, user, details=None):
        return only(method=method, user=user, details=details) and (details is None or details.conn_id != "other")

    monkeypatch.setattr(manager, "is_authorized_connection", picky)
    assert [row["connection_id"] for row in ask("/api/sign-ins", "operator").json()["rows"]] == ["mine"]


def test_a_connection_of_another_team_is_not_shown(ask, monkeypatch):
    monkeypatch.setattr(Connection, "get_conn_id_to_team_name_mapping", staticmethod(lambda ids: {"other": "blue"}))
    assert [row["connection_id"] for row in ask("/api/sign-ins", "operator").json()["rows"]] == ["mine"]


def test_answers_stay_in_no_cache(ask):
    assert ask("/api/counts").headers["cache-control"] == "no-store"


def test_a_file_is_sent_once(ask):
    first = ask("/static/0.1.0/nav.js")
    assert (first.status, first.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    again = ask("/static/0.1.0/nav.js", **{"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("name", ["none.js", "../routes.py", "..%2Froutes.py", "__init__.py"])
def test_no_other_file_is_sent(name, ask):
    assert ask(f"/static/0.1.0/{name}").status == 404


def test_text_is_answered_as_it_is(ask, monkeypatch):
    evil = "</script>\u202e\u2066" + "x" * 10_240
    row = replace(ROW, company_name=evil)
    monkeypatch.setattr(customers, "page_of_customers", lambda *_, **__: CustomerPage((row,), 1))
    answer = ask("/api/customers")
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.body)["rows"][0]["company_name"] == evil
