"""Running an emulator: TLS, a port, and a server in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import trustme
import uvicorn

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.app import create_application
from airflow_provider_partnercenter.emulator.control import describe_customer
from airflow_provider_partnercenter.emulator.protocol import AbortableProtocol
from airflow_provider_partnercenter.emulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from airflow_provider_partnercenter.emulator.state import State

T = TypeVar("T")
START_TIMEOUT = 30


class _Server(uvicorn.Server):
    """Tells another thread when it accepts connections."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()


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
        self._host = host
        self._port = port
        self._given_directory = directory
        self._application = create_application(self.settings)
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> State:
        """The state behind the API. It belongs to the server's thread: read it, and change it by the methods here."""
        return self._application.state

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
        return self._port

    @property
    def url(self) -> str:
        """Where API, login service and control API are."""
        host = "localhost" if self._host in ("127.0.0.1", "0.0.0.0", "::1", "::") else self._host
        return f"https://{host}:{self._port}"

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority to trust, as PEM."""
        return self._directory / "ca.pem"

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
        listener = self._listen()
        try:
            certificate = self._make_certificates()
            config = uvicorn.Config(
                self._application.asgi,
                http=AbortableProtocol,
                ws="none",
                lifespan="off",
                loop="asyncio",
                # The logging of the process that embeds it is left alone.
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ssl_certfile=certificate,
                # Clients of a long wait may keep their connection between two looks.
                timeout_keep_alive=75,
                timeout_graceful_shutdown=2,
            )
            ready = threading.Event()
            self._server = _Server(config, ready)
            self._thread = threading.Thread(target=self._serve, args=(listener, ready), name="emulator", daemon=True)
            self._thread.start()
            if not ready.wait(START_TIMEOUT) or not self._server.started:
                raise RuntimeError("the emulator did not start")
        except BaseException:
            listener.close()
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop to serve; open connections are closed."""
        if self._thread:
            self._server.should_exit = True
            self._thread.join()
            self._thread = None
        if not self._given_directory and hasattr(self, "_directory"):
            shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def reset(self) -> None:
        """Bring everything back to the start: customers, codes, refresh tokens, clock and journal."""
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
        return self._call(lambda: self.state.journal.select(wanted, path, method))

    def advance(self, seconds: float) -> None:
        """Move the emulator's time on instead of waiting."""
        self._call(lambda: self.state.clock.advance(seconds))

    def configure(self, customer_id: str, **changes: Any) -> str:
        """
        Change or create a customer, as ``PUT /emulator/customers/{id}`` does.

        :param customer_id: an id, or the name of a magic customer.
        :param changes: see :mod:`.override`.
        :return: the id.
        """
        return self._call(lambda: self.state.override(_id_of(customer_id), changes)).customer_id

    def customer(self, customer_id: str) -> Mapping[str, Any]:
        """
        Return what the emulator knows of a customer, as ``GET /emulator/customers/{id}`` does.

        :raises KeyError: if there is none.
        """

        def describe() -> dict[str, Any]:
            if (record := self.state.find(_id_of(customer_id))) is None:
                raise KeyError(customer_id)
            return describe_customer(record, self.state)

        return self._call(describe)

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # asyncio turns off Nagle's algorithm only if the protocol is named; it costs 40 ms for every answer.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self._host, self._port))
        except BaseException:
            listener.close()
            raise
        self._port = listener.getsockname()[1]
        return listener

    def _make_certificates(self) -> Path:
        if self._given_directory:
            self._directory = self._given_directory.absolute()
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        else:
            self._directory = Path(tempfile.mkdtemp(prefix="partnercenter-emulator-"))
        authority = trustme.CA(organization_name="Partner Center emulator")
        names = dict.fromkeys(["localhost", "127.0.0.1", "::1", self._host])
        certificate = authority.issue_cert(*(name for name in names if name not in ("0.0.0.0", "::")))
        authority.cert_pem.write_to_path(self.ca_file)
        path = self._directory / "server.pem"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(certificate.private_key_and_cert_chain_pem.bytes())
        return path

    def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve(sockets=[listener])

        try:
            asyncio.run(serve())
        finally:
            ready.set()

    def _call(self, function: Callable[[], T]) -> T:
        """Run a function in the server's thread, the only one that may touch the state."""
        if self._thread is None:
            return function()

        async def call() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result()


def _id_of(customer: str) -> str:
    row = magic.BY_NAME.get(customer)
    return row.customer_id if row else customer
