"""The application as MSAL has it, and what the exceptions of MSAL mean."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import msal

from airflow_provider_partnercenter.client.auth.login import HttpClient, LoginTransport, no_login_service
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterConfigurationError,
    PartnerCenterError,
    PartnerCenterLoginUnavailableError,
)
from airflow_provider_partnercenter.client.protocol.commands import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_partnercenter.client.auth.credentials import Credentials


def make_application(
    credentials: Credentials, transport: HttpClient, on_secret: Callable[[str], None]
) -> msal.ConfidentialClientApplication:
    """
    Return MSAL's application, which asks the login service for the addresses of the tenant.

    :param transport: sends the requests to the login service.
    :param on_secret: is called with every token that proves who the application is.
    """
    return msal.ConfidentialClientApplication(
        credentials.client_id,
        client_credential=credentials.proof.for_msal(on_secret),
        authority=f"{credentials.authority}/{credentials.tenant_id}",
        http_client=LoginTransport(transport, name_of(credentials)),
        # MSAL would ask the public cloud whether the authority is genuine, which fails in national clouds and in
        # closed networks. The authority comes from our table of clouds or from the connection.
        instance_discovery=False,
    )


def name_of(credentials: Credentials) -> str:
    """Return what messages call the login service."""
    return f"the login service {credentials.authority}"


@contextlib.contextmanager
def errors_of_msal(credentials: Credentials) -> Iterator[None]:
    """Turn the exceptions of MSAL into ours."""
    try:
        yield
    except PartnerCenterConfigurationError:
        raise  # it already names the field; it is a ValueError too
    except (ValueError, RuntimeError, TransportError) as problem:
        raise _login_error(problem, credentials) from problem
    except (TypeError, AttributeError, LookupError, ArithmeticError) as problem:
        # MSAL does not check the members of an answer and their types.
        raise no_login_service(name_of(credentials)) from problem


def _login_error(problem: Exception, credentials: Credentials) -> PartnerCenterError:
    where = name_of(credentials)
    if isinstance(problem, TransportError):
        return PartnerCenterLoginUnavailableError(
            f"Signing in got no answer from {where}: {problem}", retryable=not problem.permanent, hint=problem.hint
        )
    page = json.JSONDecodeError in (type(problem), type(problem.__context__))
    if page or isinstance(problem, RuntimeError):
        # Something else answered: with a page, which may be temporary, or with a redirect (the RuntimeError).
        return no_login_service(where, retryable=page)
    # The other errors mean that the login service refused to return the tenant's configuration.
    return PartnerCenterAuthenticationError(
        f"Signing in failed: {where} does not know the tenant {credentials.tenant_id!r}",
        hint="the owner of the connection must check 'tenant_id', 'cloud' and 'authority'",
    )
