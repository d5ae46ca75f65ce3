"""A managed identity of Azure, whose token Entra takes in the place of the application's secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterClientCredentialError,
    PartnerCenterLoginUnavailableError,
)
from airflow_provider_partnercenter.client.protocol.arguments import fits_header
from airflow_provider_partnercenter.client.protocol.commands import TransportError
from airflow_provider_partnercenter.client.protocol.texts import one_line
from airflow_provider_partnercenter.client.wire import Members

if TYPE_CHECKING:
    from collections.abc import Callable

FIELD = "managed_identity"
SYSTEM = "system"
"""The system-assigned identity, in the place of the client id of a user-assigned one."""

_NOT_AZURE = (
    "tasks and the triggerer have to run on Azure, on a machine or in a service that has this identity, and no network "
    "policy may block the identity endpoint; elsewhere, use another way to sign in"
)
_ASSIGN = (
    "an Azure administrator must assign the managed identity that 'managed_identity' names to the machine or service "
    "that runs tasks and the triggerer"
)


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """
    A managed identity.

    :param identity: the client id of a user-assigned identity, or :data:`SYSTEM`.
    :param resource: what its token has to be for; see :attr:`.Cloud.token_exchange`.
    """

    identity: str
    resource: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return ()

    def for_msal(self, on_secret: Callable[[str], None]) -> dict[str, Any]:
        import msal

        from airflow_provider_partnercenter.client.transport.azure_host import AzureHost

        chosen = (
            msal.SystemAssignedManagedIdentity()
            if self.identity == SYSTEM
            else msal.UserAssignedManagedIdentity(client_id=self.identity)
        )
        # It keeps the token until shortly before its end.
        client = msal.ManagedIdentityClient(chosen, http_client=AzureHost())

        def assertion() -> str:
            token = self._token_of(client)
            on_secret(token)
            return token

        return {"client_assertion": assertion}

    def _token_of(self, client: Any) -> str:
        try:
            answer = client.acquire_token_for_client(resource=self.resource)
        except TransportError as problem:
            raise PartnerCenterLoginUnavailableError(f"{self._what}: {problem}", hint=_NOT_AZURE) from problem
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, OSError) as problem:
            # MSAL does not check what it gets, and refuses an Azure host that it cannot use.
            raise PartnerCenterLoginUnavailableError(
                f"{self._what}: the identity endpoint gave no answer that can be read", hint=_NOT_AZURE
            ) from problem
        members = Members(answer)
        token = members.get("access_token")
        if token and fits_header(token):
            return token
        raise PartnerCenterClientCredentialError(
            f"{self._what}: Azure refuses it",
            code=one_line(members.text("error")),
            description=one_line(members.text("error_description")),
            hint=_ASSIGN,
        )

    @property
    def _what(self) -> str:
        return f"No token for the managed identity of {FIELD!r} ({self.identity})"
