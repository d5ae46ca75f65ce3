"""An emulator for tests, with the operations of the control API as methods."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_partnercenter.emulator import connections, magic
from airflow_provider_partnercenter.emulator.http.app import create_application
from airflow_provider_partnercenter.emulator.http.certificates import make_webhook_root
from airflow_provider_partnercenter.emulator.http.control_api import describe_customer, describe_faults
from airflow_provider_partnercenter.emulator.http.tls_server import Server
from airflow_provider_partnercenter.emulator.mix import Mix
from airflow_provider_partnercenter.emulator.scenario.customer_list import ListFault
from airflow_provider_partnercenter.emulator.scenario.limits import Limit
from airflow_provider_partnercenter.emulator.scenario.login_refusals import refusal
from airflow_provider_partnercenter.emulator.settings import Settings
from airflow_provider_partnercenter.emulator.webhook_controls import WebhookControls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType


class Emulator:
    """
    A Partner Center emulator that runs while its ``with`` block does.

    ::

        with Emulator(Settings(vetting=After(seconds=None, reads=2))) as emulator:
            requests.get(f"{emulator.url}/emulator/health", verify=str(emulator.ca_file))

    :param settings: tenant, credentials, vetting and so on; by default those of :class:`.Settings`.
    :param host: the address to listen on.
    :param port: the port; 0 chooses a free port.
    :param directory: the directory for the certificates. Its certificate authority is used again, so that clients can
        go on trusting it. The default is a private temporary directory, which is removed when the emulator stops.
    :param names: further host names and addresses of the emulator, for example of its container. The server's
        certificate has them all, and :attr:`url` the first one.
    :raises ValueError: if the client certificate or the federated key of the settings is not PEM, or not RSA, its
        authorities for webhooks are not PEM certificates, or a name is neither a host name nor an IP address.

    :ivar webhooks: the registration for webhooks, and events to send; see :class:`.WebhookControls`.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        directory: Path | None = None,
        names: Sequence[str] = (),
    ) -> None:
        self.settings = settings or Settings()
        self._application = create_application(self.settings, base_url=lambda: self.url)
        self._server = Server(self._application.asgi, host, port, directory, names)
        self._call = self._server.call
        self.webhooks = WebhookControls(self._server, self._application.webhooks)

    @property
    def tenant_id(self) -> str:
        """The partner's tenant."""
        return self.settings.tenant_id

    @property
    def client_id(self) -> str:
        """The client id of the application that may request tokens."""
        return self.settings.client_id

    @property
    def client_secret(self) -> str:
        """The client secret of that application."""
        return self.settings.client_secret

    @property
    def refresh_token(self) -> str:
        """The first refresh token; it was issued with MFA."""
        return self.settings.refresh_token

    @property
    def port(self) -> int:
        """The port the emulator listens on."""
        return self._server.port

    @property
    def url(self) -> str:
        """The base URL of the API, the login service and the control API."""
        return self._server.url

    @property
    def ca_file(self) -> Path:
        """The path of the CA certificate to trust, as PEM."""
        return self._server.ca_file

    def connection(self) -> dict[str, Any]:
        """Return an App+User connection to this emulator, in Airflow's JSON format for connections."""
        return connections.partnercenter(self.settings, self.url, self.ca_file)

    def connection_json(self) -> str:
        """Return :meth:`connection` as a JSON string, for an ``AIRFLOW_CONN_...`` environment variable."""
        return json.dumps(self.connection())

    def environment(self) -> dict[str, str]:
        """Return environment variables with :meth:`connection`, and with connections of two stock providers."""
        found = {
            "PARTNERCENTER_DEFAULT": self.connection(),
            "PARTNERCENTER_HTTP": connections.http(self.url, self.ca_file),
            "PARTNERCENTER_MSGRAPH": connections.msgraph(self.settings, self.url, self.ca_file),
        }
        return {f"AIRFLOW_CONN_{name}": json.dumps(each) for name, each in found.items()}

    def prepare(self) -> None:
        """
        Write the certificates into the ``directory``, without starting. An emulator that starts there later uses them.

        :raises OSError: if they cannot be written.
        :raises ValueError: if the directory has files of a certificate authority that cannot be used.
        """
        self._server.prepare()

    def start(self) -> Self:
        """
        Start to serve.

        :raises OSError: if the port cannot be bound or the certificates cannot be written.
        :raises ValueError: if the directory has files of a certificate authority that cannot be used.
        :raises RuntimeError: if the server is not ready after 30 seconds.
        """
        self._server.start()
        try:
            self._application.webhooks.certificates.use(make_webhook_root(self._server.directory))
        except BaseException:
            self._server.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop serving and close open connections."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def reset(self) -> None:
        """Restore the initial state: customers, audit records, codes, refresh tokens, clock, journal, faults, limit."""
        self._call(self._application.reset)

    def journal(
        self, customer_id: str | None = None, path: str | None = None, method: str | None = None
    ) -> list[dict[str, Any]]:
        """
        Return the requests so far, oldest first.

        :param customer_id: return only requests for this customer (an id, or the name of a magic customer).
        :param path: return only requests whose path contains this string.
        :param method: return only requests with this HTTP method.
        :return: one dictionary per request, with the members of :class:`.journal.Record`.
        """
        wanted = customer_id and magic.id_of(customer_id)
        return self._call(lambda: self._application.journal.select(wanted, path, method))

    def advance(self, seconds: float) -> None:
        """Move the emulator's clock forward by ``seconds``, instead of waiting."""
        self._call(lambda: self._application.state.clock.advance(seconds))

    def configure(self, customer_id: str, **changes: Any) -> str:
        """
        Change or add a customer, as ``PUT /emulator/customers/{id}`` does.

        Of a customer that is added the audit records tell. ``configure(customer, has_relationship=False)`` ends the
        relationship with a customer, which vanishes from the list.

        :param customer_id: an id, or the name of a magic customer; a new id adds a customer.
        :param changes: the members to change, as in the JSON document of that request: ``vetting`` (``"reads:2"``) and
            ``verdict`` (``"deny:REASON"``) of later submissions, ``qualifications``, ``company``, ``has_relationship``
            and so on. The message about an unknown member lists all of them.
        :return: the customer's id.
        :raises ValueError: if the id is not a GUID, or a change is unknown or invalid.
        """
        return self._call(lambda: self._application.state.override(magic.id_of(customer_id), changes)).customer_id

    def customer(self, customer_id: str) -> Mapping[str, Any]:
        """
        Return a customer's state, as ``GET /emulator/customers/{id}`` does.

        :param customer_id: an id, or the name of a magic customer.
        :raises KeyError: if the customer does not exist.
        """

        def describe() -> dict[str, Any]:
            state = self._application.state
            if (record := state.find(magic.id_of(customer_id))) is None:
                raise KeyError(customer_id)
            return describe_customer(record, state)

        return self._call(describe)

    def faults(self, mix: Mix | None = None, **members: Any) -> None:
        """
        Make a share of the requests fail, until this is called again or the emulator is reset.

        ``faults(rate=0.2, seed=7)`` makes a fifth of the requests fail; ``faults()`` makes none fail.

        :param mix: the mix of faults.
        :param members: the members of a :class:`.mix.Mix`, if ``mix`` is not given.
        :raises ValueError: if a kind is unknown or a number is out of range.
        """
        mix = mix or Mix(**members)
        self._call(lambda: self._application.faults.use(mix))

    def struck(self) -> dict[str, int]:
        """Return how often each kind of fault has occurred since the mix was set."""
        struck: dict[str, int] = self._call(lambda: describe_faults(self._application.faults))["struck"]
        return struck

    def limit(self, limit: Limit | str | None) -> None:
        """
        Set the API's rate limit and restart its counts. It applies until it is set again or the emulator is reset.

        :param limit: the limit, for example ``"sliding:500/60"``; ``None`` for no limit.
        :raises ValueError: if the string is not a limit.
        """
        limit = Limit.parse(limit) if isinstance(limit, str) else limit
        self._call(lambda: self._application.traffic.use(limit))

    def customer_list(self, fault: ListFault | str | None) -> None:
        """
        Let ``GET /customers`` be faulty, until this is called again or the emulator is reset.

        :param fault: a :class:`.customer_list.ListFault` or its value; ``None`` for no fault.
        :raises ValueError: if the fault is unknown.
        """
        self._call(lambda: setattr(self._application.state, "list_fault", None if fault is None else ListFault(fault)))

    def traffic(self) -> dict[str, Any]:
        """Return the limit and the counts of the requests to the API, and the most in any of its windows."""
        return self._call(self._application.traffic.to_json)

    def consent(self, *, mfa: bool = True) -> str:
        """
        Sign a user in again.

        :param mfa: whether the user signs in with MFA.
        :return: the new refresh token.
        """
        return self._call(lambda: self._application.tokens.consent(mfa=mfa))

    def user(self, name: str | None = None) -> None:
        """
        Set who signs in from now on if the browser does not say it, until it is set again or the emulator is reset.

        :param name: the user, for example ``without-mfa@partner.example``; ``partnercenter-emulator --help`` lists the
            magic ones. ``None`` for the user of the settings.
        """
        self._call(lambda: setattr(self._application.login, "user", name or self.settings.user))

    def refuse_sign_ins(
        self, number: int | None, *, error: str | None = None, suberror: str | None = None, claims: str | None = None
    ) -> None:
        """
        Refuse all requests to the token endpoint, until this is called again or the emulator is reset.

        :param number: any number after ``AADSTS``; ``None`` to refuse nothing any more.
        :param error: the OAuth error; by default the one that Microsoft's service sends with this number.
        :param suberror: the ``suberror``, for example ``basic_action``; by default that of the number, if it has one.
        :param claims: the ``claims``, as JSON; by default those of the number, if it has some.
        """
        refused = None if number is None else refusal(number, error=error, suberror=suberror, claims=claims)
        self._call(lambda: setattr(self._application.login, "refuses", refused))

    def federated_token(self, seconds: float = 3600, **claims: Any) -> str:
        """
        Return a token that the application may present instead of a secret, as Kubernetes and Azure write it.

        :param seconds: how long it is valid, by the clock of this machine; may be negative.
        :param claims: claims that differ from what the settings say, for example ``sub="somebody else"``.
        """
        return self._application.login.federated_token(seconds, **claims)

    def revoke(self, refresh_token: str) -> None:
        """
        Revoke a refresh token and all others of the same consent; access tokens stay valid.

        :raises KeyError: if the refresh token is unknown.
        """
        self._call(lambda: self._application.tokens.revoke(refresh_token))

    def revoke_refresh_tokens(self) -> None:
        """Revoke all refresh tokens; access tokens stay valid."""
        self._call(self._application.tokens.revoke)
