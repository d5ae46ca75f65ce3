"""The Airflow Variable that stores a refresh token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.compat import VARIABLES_ARE_LOGGED
from airflow_provider_partnercenter.storage.refresh_tokens import VariableRefreshTokenStore
from airflow_provider_partnercenter.storage.variables import AirflowVariable

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.settings import ClientSettings

NOT_STORED = (
    "Airflow 3.0 writes what a task stores in a Variable into the scheduler's log, so the Variable of "
    "'credential_variable' is only read. The connection's refresh token expires 90 days after the consent. What to do: "
    "give the connection a new one before then, or upgrade to Airflow 3.1."
    if VARIABLES_ARE_LOGGED
    else ""
)
"""Why no process of this Airflow stores renewed refresh tokens, and what to do. Empty if tasks and triggers do."""

_DESCRIPTION = "Refresh token for Microsoft Partner Center, kept by airflow-provider-partnercenter. Do not edit."


def refresh_token_store(settings: ClientSettings) -> VariableRefreshTokenStore | None:
    """Return the refresh token store of a connection, or ``None`` if the connection does not use one."""
    credentials, name = settings.credentials, settings.credential_variable
    if not credentials.refresh_token or not name:
        return None
    owner = f"{credentials.client_id} of {credentials.tenant_id}".lower()
    return VariableRefreshTokenStore(
        credentials.refresh_token, CredentialVariable(name), owner=owner, observer=settings.observer
    )


class CredentialVariable(AirflowVariable):
    """
    The Variable named by ``credential_variable``.

    :param name: the key of the Variable.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, _DESCRIPTION)

    @property
    def writable(self) -> bool:
        """Whether this process can write the Variable. None of Airflow 3.0 does, because it would be logged."""
        return not VARIABLES_ARE_LOGGED and super().writable
