"""What the doctor examines: a connection, on this machine. Each thing is read once, when a check asks for it."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.sync import PartnerCenterClient
from airflow_provider_partnercenter.client.transport.reaching import Reach, reach
from airflow_provider_partnercenter.client.transport.tls_and_proxy import Route
from airflow_provider_partnercenter.commands.doctor.dags import DagFacts, read_dags
from airflow_provider_partnercenter.hooks.connection import client_settings
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.hooks.sign_in import without_secrets
from airflow_provider_partnercenter.storage.credential_variable import refresh_token_store

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from airflow_provider_partnercenter.client.settings import ClientSettings
    from airflow_provider_partnercenter.storage.refresh_tokens import VariableRefreshTokenStore

# Seconds. A person waits for each answer.
LONGEST_CALL = 30.0


class Patient:
    """
    A connection, and what it works with.

    :param conn_id: the id of the connection.
    :param storage_path: a folder of tasks for many customers; ``None`` for those that are found.
    :param write: whether to try to write too.
    """

    def __init__(self, conn_id: str, *, storage_path: str | None = None, write: bool = False) -> None:
        self.conn_id = conn_id
        self.storage_path = storage_path
        self.write = write

    @cached_property
    def connection(self) -> Connection:
        """The connection. Raises ``AirflowNotFoundException``."""
        return PartnerCenterHook(self.conn_id).get_connection(self.conn_id)

    @cached_property
    def settings(self) -> ClientSettings:
        """The settings of the connection, but nothing takes longer than a person waits."""
        settings = client_settings(self.connection)
        return replace(settings, timeout=min(settings.timeout, LONGEST_CALL))

    @cached_property
    def store(self) -> VariableRefreshTokenStore | None:
        """What reads the Variable; ``None`` if the connection has none. This process cannot write it."""
        return refresh_token_store(self.settings)

    @cached_property
    def client(self) -> PartnerCenterClient:
        """A client that tries once: what passes by itself is worth to be known."""
        client = PartnerCenterClient(self.settings, self.store)
        client.exchange.policy = replace(client.exchange.policy, attempts=1, max_retry_after=0.0)
        return client

    @cached_property
    def reached(self) -> tuple[Reach, ...]:
        """How far the ways to the API and to the login service go."""
        credentials = self.settings.credentials
        addresses = (
            f"{self.settings.base_url}/",
            f"{credentials.authority}/{credentials.tenant_id}/v2.0/.well-known/openid-configuration",
        )
        hosts = {Route(address).target: address for address in addresses}
        return tuple(reach(address, self.settings.ca_bundle, self.settings.timeout) for address in hosts.values())

    @cached_property
    def first_call(self) -> bool | PartnerCenterError | None:
        """The first call of the API: whether Microsoft says that the user has signed in with MFA, or its refusal."""
        try:
            return self.client.is_mfa_compliant()
        except PartnerCenterError as error:
            return error

    @cached_property
    def dags(self) -> DagFacts:
        """The DAGs of this Airflow."""
        return read_dags()

    def hide(self, text: str) -> str:
        """Return a text with asterisks in the place of every secret that has been read."""
        return without_secrets(text, self._secrets())

    def _secrets(self) -> set[str]:
        found: set[str] = set()
        connection = vars(self).get("connection")
        if connection is not None:
            # What cannot be decrypted or parsed cannot be shown either.
            with suppress(Exception):
                extra: Any = connection.extra_dejson
                found |= {connection.password, extra.get("refresh_token"), extra.get("client_certificate_private_key")}
        if client := vars(self).get("client"):
            found |= {*client.tokens.secrets}
        for way in vars(self).get("reached", ()):
            password = way.proxy and urlsplit(way.proxy.url).password
            found |= {password, unquote(password)} if password else set()
        return {secret for secret in found if isinstance(secret, str) and secret}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if client := vars(self).get("client"):
            with closing(client):
                pass
