"""Users with different rights, and the auth manager that knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

if TYPE_CHECKING:
    from testbed.local_airflow import LocalAirflow

#: By their names; the rights of the stranger are those of a viewer, but not for the DAGs in :data:`SECRET`.
USERS = {
    "nobody": SimpleAuthManagerUser(username="nobody", role=None),
    "stranger": SimpleAuthManagerUser(username="stranger", role="viewer"),
    "viewer": SimpleAuthManagerUser(username="viewer", role="viewer"),
    "user": SimpleAuthManagerUser(username="user", role="user"),
    "operator": SimpleAuthManagerUser(username="operator", role="op"),
    "admin": SimpleAuthManagerUser(username="admin", role="admin"),
}
SECRET = {"onboard_customer", "onboard_with_a_person", "told"}


class PickyAuthManager(SimpleAuthManager):
    """Airflow's simple auth manager, which knows no rights on single DAGs, with one user who has fewer of them."""

    def is_authorized_dag(self, *, method: Any, user: Any, access_entity: Any = None, details: Any = None) -> bool:
        if user.username == "stranger" and details and details.id in SECRET:
            return False
        return super().is_authorized_dag(method=method, user=user, access_entity=access_entity, details=details)

    def get_fastapi_middlewares(self) -> list[Any]:
        """Make nobody an admin who is signed in as somebody else, even where everybody may sign in as one."""
        return []


def token_for(airflow: LocalAirflow, name: str) -> str:
    """Return a token of a user of this Airflow, as its login would give it."""
    from airflow.api_fastapi.auth.tokens import JWTGenerator

    generator = JWTGenerator(
        secret_key=airflow.environment["AIRFLOW__API_AUTH__JWT_SECRET"], valid_for=3600, audience="apache-airflow"
    )
    return generator.generate({"sub": name, "role": USERS[name].role})
