"""The settings of a client, as one immutable value that compares and hashes by its contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.protocol.budget import POLL_SHARE, REQUESTS_PER_MINUTE, shared_budget
from airflow_provider_partnercenter.client.protocol.exchange import Exchange
from airflow_provider_partnercenter.client.protocol.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.client.auth import Credentials
    from airflow_provider_partnercenter.client.auth.tokens import RefreshTokenStore
    from airflow_provider_partnercenter.client.observer import Observer

CONNECT_TIMEOUT = 10.0
CALL_TIMEOUT = 100.0


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """
    How to reach Partner Center.

    :param credentials: the credentials to sign in with.
    :param base_url: the API's base URL, ``https://…`` without a trailing slash.
    :param ca_bundle: path of a PEM file with the certificate authorities to trust; by default the environment's or
        those of ``certifi``.
    :param requests_per_minute: the request budget of one process; 480 by default, 0 for no limit.
    :param poll_share: the share of the budget that the polls of waiting tasks may use, from 0.01 to 1; 0.2 by default.
    :param timeout: how many seconds one call may take in total, 100 by default, apart from
        waits for the budget and for ``Retry-After``; also the limit of each request to the login service.
    :param locale: the language of Microsoft's texts (``X-Locale``).
    :param user_agent: the ``User-Agent`` header.
    :param credential_variable: the name of the Airflow Variable that stores the refresh token. It is part of the
        settings only so that changing the name builds a new client.
    :param on_secret: is called with every token, so that it can be masked in logs.
    :param on_sign_in: is called after each sign-in that succeeded, with the credentials and the store of the
        refresh token.
    :param observer: is told about requests, 429s and sign-ins; ``None`` by default.
    """

    credentials: Credentials
    base_url: str
    ca_bundle: str | None = None
    requests_per_minute: int = REQUESTS_PER_MINUTE
    poll_share: float = POLL_SHARE
    timeout: float = CALL_TIMEOUT
    locale: str = "en-US"
    user_agent: str = "airflow-provider-partnercenter"
    credential_variable: str | None = None
    on_secret: Callable[[str], None] = lambda _: None
    on_sign_in: Callable[[Credentials, RefreshTokenStore], None] = lambda *_: None
    observer: Observer | None = None

    def exchange(self) -> Exchange:
        """Return the exchange for a client. It uses the request budget that all clients of this process share."""
        counted_by = (self.base_url, self.credentials.tenant_id.lower())
        return Exchange(
            self.base_url,
            headers={
                "User-Agent": self.user_agent,
                "X-Locale": self.locale,
                "MS-PartnerCenter-Application": "airflow-provider-partnercenter",
            },
            budget=shared_budget(counted_by, self.requests_per_minute, self.poll_share),
            policy=RetryPolicy(total=self.timeout),
            observer=self.observer,
        )
