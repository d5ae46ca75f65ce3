"""What Airflow's own rights say, route by route, to users of a real Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import requests

from testbed.patience import CALL_PATIENCE
from tests.support.ui.telling import tell, waiting
from tests.support.ui.users import token_for

if TYPE_CHECKING:
    from airflow_provider_partnercenter.qualification.states.customer import CustomerState
    from testbed.local_airflow import LocalAirflow

XCOMS = {None: 401, "nobody": 403, "stranger": 200, "viewer": 200, "user": 200, "operator": 200, "admin": 200}
OF_THE_DAG = XCOMS | {"stranger": 403}
CONNECTIONS = XCOMS | {"stranger": 403, "viewer": 403, "user": 403}
ROUTES = {
    "api/counts": XCOMS,
    "api/customers": XCOMS,
    "api/customers?dag_id=told": OF_THE_DAG,
    "customers.csv": XCOMS,
    "customers.csv?dag_id=told": OF_THE_DAG,
    "api/choices": XCOMS,
    "api/stories?dag_id=told&run_id={run_id}": OF_THE_DAG,
    "api/history": XCOMS,
    "api/bulk": XCOMS,
    "api/sign-ins": CONNECTIONS,
    "static/0/nav.js": XCOMS | {"nobody": 200},
}


class Told:
    """A customer, and the run that tells of it."""

    def __init__(self, airflow: LocalAirflow) -> None:
        airflow.wait_for_dag("told")
        self.customer: CustomerState = waiting("Secret School")
        self.run_id = tell(airflow, self.customer)


@pytest.fixture(scope="module")
def told(airflow: LocalAirflow) -> Told:
    return Told(airflow)


def get(airflow: LocalAirflow, user: str | None, path: str, *, cookie: bool = False) -> requests.Response:
    token = token_for(airflow, user) if user else None
    with requests.Session() as session:
        session.trust_env = False
        return session.get(
            f"{airflow.url}/partnercenter/{path}",
            headers={"Authorization": f"Bearer {token}"} if token and not cookie else {},
            cookies={"_token": token} if token and cookie else {},
            timeout=CALL_PATIENCE,
        )


@pytest.mark.parametrize("user", XCOMS, ids=str)
def test_who_is_answered(user: str | None, told: Told, airflow: LocalAirflow) -> None:
    run_id = quote(told.run_id, safe="")
    found = {path: get(airflow, user, path.format(run_id=run_id)).status_code for path in ROUTES}
    assert found == {path: statuses[user] for path, statuses in ROUTES.items()}


@pytest.mark.parametrize("cookie", [False, True], ids=["token", "cookie"])
@pytest.mark.parametrize(("user", "sees"), [("stranger", False), ("viewer", True), ("operator", True)])
@pytest.mark.parametrize("path", ["api/customers?search={id}", "customers.csv?search={id}", "api/choices"])
def test_who_sees_a_customer(path: str, user: str, sees: bool, cookie: bool, told: Told, airflow: LocalAirflow) -> None:
    answer = get(airflow, user, path.format(id=told.customer.customer_id), cookie=cookie)
    assert answer.status_code == 200
    assert (told.customer.customer_id in answer.text or '"told"' in answer.text) == sees


def test_nobody_is_counted_for_a_stranger(told: Told, airflow: LocalAirflow) -> None:
    assert set(get(airflow, "stranger", "api/counts").json().values()) == {0}
    assert get(airflow, "viewer", "api/counts").json()["waiting"] > 0


def test_a_token_of_somebody_else_is_refused(airflow: LocalAirflow) -> None:
    token = token_for(airflow, "admin")[:-3] + "abc"
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{airflow.url}/partnercenter/api/counts", headers=headers, timeout=CALL_PATIENCE)
    assert answer.status_code in (401, 403)
