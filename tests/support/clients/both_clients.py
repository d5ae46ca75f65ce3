"""Both clients behind one face, and a TLS server that answers as a test tells it: for what no emulator would do."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import select
import socket
import ssl
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import trustme

from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.protocol.budget import RequestBudget
from airflow_provider_partnercenter.client.settings import ClientSettings
from airflow_provider_partnercenter.client.sync import PartnerCenterClient
from testbed.patience import CALL_PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.server import Emulator

KINDS = ("requests", "aiohttp")


def settings_of(emulator: Emulator, *, credentials: dict[str, Any] | None = None, **changes: Any) -> ClientSettings:
    """Settings that reach an emulator as App+User, without a request budget to wait for."""
    given = {"client_secret": emulator.client_secret, "refresh_token": emulator.refresh_token, **(credentials or {})}
    who = Credentials(
        **{
            "client_id": emulator.client_id,
            "tenant_id": emulator.tenant_id,
            "authority": emulator.url,
            "scope": "https://api.partnercenter.microsoft.com/.default",
            **given,
        }
    )
    settings = ClientSettings(
        who, emulator.url, ca_bundle=str(emulator.ca_file), requests_per_minute=0, timeout=CALL_PATIENCE
    )
    return replace(settings, **changes)


class User:
    """
    One of the clients, used as if it were synchronous: every operation is a method that returns its result.

    :param kind: ``"requests"`` or ``"aiohttp"``.
    """

    def __init__(self, kind: str, settings: ClientSettings) -> None:
        # Either of them, and a test may put a stand-in in the place of a part.
        self.client: Any = PartnerCenterClient(settings) if kind == "requests" else AsyncPartnerCenterClient(settings)
        self._runner = asyncio.Runner() if kind == "aiohttp" else None
        # A pause that one test provokes is not for the next.
        self.client.exchange.budget = RequestBudget(0)
        # Nobody waits for the second attempt's full second.
        self.client.exchange.policy = replace(self.client.exchange.policy, backoff=0.01)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method = getattr(self.client, operation)
        if self._runner is None:
            return method
        runner = self._runner

        async def call(*args: Any, **options: Any) -> Any:
            return await method(*args, **options)

        return lambda *args, **options: runner.run(call(*args, **options))

    def all_customers(self, **options: Any) -> list[Any]:
        return self.whole("get_customers", **options)

    def whole(self, operation: str, **options: Any) -> list[Any]:
        """Return all that the iterator of an operation gives."""
        method = getattr(self.client, operation)
        if self._runner is None:
            return list(method(**options))

        async def collect() -> list[Any]:
            return [item async for item in method(**options)]

        return self._runner.run(collect())

    def together(self, operation: str, times: int) -> list[Any]:
        """Call an operation so many times: at once, if the client can do that."""
        method = getattr(self.client, operation)
        if self._runner is None:
            return [method() for _ in range(times)]

        async def gather() -> list[Any]:
            return await asyncio.gather(*(method() for _ in range(times)))

        return self._runner.run(gather())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
        if self._runner:
            self._runner.close()


class TlsServer:
    """
    A server that leaves the answer to a function; it keeps what was asked, without bodies.

    :param directory: where its certificates go.
    :param answer: is given the handler of every request.
    """

    def __init__(self, directory: Path, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            def respond(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                requests.append((self.command, self.path, dict(self.headers)))
                self.close_connection = True
                # The client may have had enough.
                with contextlib.suppress(OSError):
                    answer(self)

            do_GET = do_POST = respond  # noqa: N815

            def log_message(self, *args: object) -> None:
                pass

        authority = trustme.CA()
        self.ca_file = directory / "tls-server-ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def ca_file_with(self, emulator: Emulator) -> str:
        """A CA file that trusts both this server and an emulator."""
        both = self.ca_file.with_name("both-cas.pem")
        both.write_bytes(self.ca_file.read_bytes() + emulator.ca_file.read_bytes())
        return str(both)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class RawTlsServer:
    """
    A server that does with its connections what it is told, above TLS but below HTTP.

    :param directory: where its certificates go.
    :param behave: is given every connection, in a thread of its own.
    :param names: what its certificate is valid for.
    :param validity: other beginnings and ends of its certificate, as trustme takes them.
    """

    def __init__(
        self,
        directory: Path,
        behave: Callable[[ssl.SSLSocket], None],
        names: tuple[str, ...] = ("localhost", "127.0.0.1"),
        **validity: datetime,
    ) -> None:
        authority = trustme.CA()
        self.ca_file = directory / "raw-server-ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names, **validity).configure_cert(self._context)  # type: ignore[arg-type]  # for mypy, also other arguments
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.url = f"https://localhost:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        # Until the listener is closed.
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._listener.accept()[0],), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        # The client may have had enough.
        with contextlib.suppress(OSError), self._context.wrap_socket(plain, server_side=True) as connection:
            connection.settimeout(CALL_PATIENCE)
            self._behave(connection)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextlib.contextmanager
def plain_server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """
    Run a server that does with its connections what it is told, one after the other, and does not even speak TLS.

    :return: its host and port.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            # Until the listener is closed.
            with contextlib.suppress(OSError):
                while True:
                    with listener.accept()[0] as connection, contextlib.suppress(OSError):
                        behave(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"localhost:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


class ConnectProxy:
    """
    An HTTP proxy that opens tunnels, and counts them.

    :param password: what it demands of a user ``somebody``; nothing if ``None``.
    """

    def __init__(self, password: str | None = None) -> None:
        self.tunnels: list[str] = []
        proxy = self
        wanted = password and "Basic " + base64.b64encode(f"somebody:{password}".encode()).decode()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self) -> None:
                self.close_connection = True
                if wanted and self.headers.get("Proxy-Authorization") != wanted:
                    self.send_error(407)
                    return
                assert "Authorization" not in self.headers
                proxy.tunnels.append(self.path)
                host, _, port = self.path.partition(":")
                with socket.create_connection((host, int(port))) as there, contextlib.suppress(OSError):
                    self.send_response(200)
                    self.end_headers()
                    relay(self.connection, there)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def relay(here: socket.socket, there: socket.socket) -> None:
    while True:
        for ready in select.select([here, there], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            (there if ready is here else here).sendall(data)


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    """Send a complete answer; ``Content_Type="…"`` becomes a header."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
