"""An emulator for tests: everything the control API offers, as methods."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.http.app import create_application
from airflow_provider_partnercenter.emulator.http.control_api import describe_customer, describe_faults
from airflow_provider_partnercenter.emulator.http.tls_server import Server
from airflow_provider_partnercenter.emulator.mix import Mix
from airflow_provider_partnercenter.emulator.scenario.limits import Limit
from airflow_provider_partnercenter.emulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType


class Emulator:
    """
    A Partner Center of one's own, for as long as the ``with`` block lasts.

    ::

        with Emulator(Settings(vetting=After(seconds=None, reads=2))) as emulator:
            requests.get(f"{emulator.url}/emulator/health", verify=str(emulator.ca_file))

    :param settings: tenant, credentials, vetting and so on; the documented defaults if left out.
    :param host: the address to listen on.
    :param port: the port; 0 takes any free one.
    :param directory: where the certificates go; by default a private one that is removed in the end.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        directory: Path | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self._application = create_application(self.settings)
        self._server = Server(self._application.asgi, host, port, directory)
        self._call = self._server.call

    @property
    def tenant_id(self) -> str:
        """The partner's tenant."""
        return self.settings.tenant_id

    @property
    def client_id(self) -> str:
        """The application that may ask for tokens."""
        return self.settings.client_id

    @property
    def client_secret(self) -> str:
        """Its secret."""
        return self.settings.client_secret

    @property
    def refresh_token(self) -> str:
        """The first refresh token, minted with MFA."""
        return self.settings.refresh_token

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    @property
    def url(self) -> str:
        """Where API, login service and control API are."""
        return self._server.url

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority to trust, as PEM."""
        return self._server.ca_file

    def connection(self) -> dict[str, Any]:
        """Return the Airflow connection (its JSON form) that talks to this emulator as App+User."""
        return {
            "conn_type": "partnercenter",
            "login": self.client_id,
            "password": self.client_secret,
            "host": self.url,
            "extra": {
                "tenant_id": self.tenant_id,
                "refresh_token": self.refresh_token,
                "authority": self.url,
                "ca_bundle": str(self.ca_file),
            },
        }

    def connection_json(self) -> str:
        """Return :meth:`connection` as the value of an ``AIRFLOW_CONN_...`` variable."""
        return json.dumps(self.connection())

    def start(self) -> Self:
        """
        Start to serve.

        :raises OSError: if the port cannot be had.
        """
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop to serve; open connections are closed."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def reset(self) -> None:
        """Bring everything back to the start: customers, codes, refresh tokens, clock, journal, faults and limit."""
        self._call(self._application.reset)

    def journal(
        self, customer_id: str | None = None, path: str | None = None, method: str | None = None
    ) -> list[dict[str, Any]]:
        """
        Return the requests so far, oldest first.

        :param customer_id: only those of this customer (an id, or the name of a magic customer).
        :param path: only those whose path contains this text.
        :param method: only those with this HTTP method.
        """
        wanted = customer_id and _id_of(customer_id)
        return self._call(lambda: self._application.journal.select(wanted, path, method))

    def advance(self, seconds: float) -> None:
        """Move the emulator's time on instead of waiting."""
        self._call(lambda: self._application.state.clock.advance(seconds))

    def configure(self, customer_id: str, **changes: Any) -> str:
        """
        Change or create a customer, as ``PUT /emulator/customers/{id}`` does.

        :param customer_id: an id, or the name of a magic customer.
        :param changes: see :mod:`.override`.
        :return: the id.
        """
        return self._call(lambda: self._application.state.override(_id_of(customer_id), changes)).customer_id

    def customer(self, customer_id: str) -> Mapping[str, Any]:
        """
        Return what the emulator knows of a customer, as ``GET /emulator/customers/{id}`` does.

        :raises KeyError: if there is none.
        """

        def describe() -> dict[str, Any]:
            state = self._application.state
            if (record := state.find(_id_of(customer_id))) is None:
                raise KeyError(customer_id)
            return describe_customer(record, state)

        return self._call(describe)

    def faults(self, mix: Mix | None = None, **members: Any) -> None:
        """
        Let things go wrong from now on, until the next call or reset: ``faults(rate=0.2, seed=7)``.

        :param mix: how much, and what; without it, and without members, nothing.
        :param members: those of :class:`.mix.Mix`, instead of one.
        """
        mix = mix or Mix(**members)
        self._call(lambda: self._application.faults.use(mix))

    def struck(self) -> dict[str, int]:
        """Return how often each kind of fault struck by rate, since the mix was set."""
        struck: dict[str, int] = self._call(lambda: describe_faults(self._application.faults))["struck"]
        return struck

    def limit(self, limit: Limit | str | None) -> None:
        """
        Limit the rate of requests to the API from now on, until the next call or reset; the counts begin anew.

        :param limit: for example ``"sliding:500/60"``; ``None`` for no limit.
        """
        limit = Limit.parse(limit) if isinstance(limit, str) else limit
        self._call(lambda: self._application.traffic.use(limit))

    def traffic(self) -> dict[str, Any]:
        """Return how many requests the API got, admitted and refused; see :meth:`.traffic.Traffic.to_json`."""
        return self._call(self._application.traffic.to_json)

    def consent(self, *, mfa: bool = True) -> str:
        """
        Sign a user in once more.

        :param mfa: whether with a second factor.
        :return: the new refresh token.
        """
        return self._call(lambda: self._application.tokens.consent(mfa=mfa))

    def revoke(self, refresh_token: str) -> None:
        """
        Revoke a refresh token with its ancestors and successors; access tokens live on.

        :raises KeyError: if there is no such token.
        """
        self._call(lambda: self._application.tokens.revoke(refresh_token))

    def revoke_refresh_tokens(self) -> None:
        """Revoke all refresh tokens there are."""
        self._call(self._application.tokens.revoke)


def _id_of(customer: str) -> str:
    row = magic.BY_NAME.get(customer)
    return row.customer_id if row else customer
