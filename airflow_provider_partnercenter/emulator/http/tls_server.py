"""A server that runs an ASGI application over TLS in a thread of its own."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import uvicorn

from airflow_provider_partnercenter.emulator.http.certificates import CA_FILE, make_certificates
from airflow_provider_partnercenter.emulator.http.connection import WireProtocol
from airflow_provider_partnercenter.emulator.settings import host_name

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from starlette.types import ASGIApp

T = TypeVar("T")
START_TIMEOUT = 30
IDLE_SECONDS = 75
"""How long a client may be silent before it has sent a request; it may keep a connection between two polls."""
END_SECONDS = 2
"""How long the server waits at its end for answers that it is giving."""
_LOCAL, _ALL = ("127.0.0.1", "::1"), ("0.0.0.0", "::")


def certified_names(host: str, names: Sequence[str]) -> list[str]:
    """
    Return the host names and addresses for the server's certificate.

    :param host: the address that the server listens on.
    :param names: further host names and addresses.
    """
    return [name for name in dict.fromkeys(["localhost", *_LOCAL, host, *names]) if name not in _ALL]


class _Uvicorn(uvicorn.Server):
    """A uvicorn server that sets an event when it accepts connections."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()


class Server:
    """
    A server on one TLS port.

    :param application: the ASGI application to serve.
    :param host: the address to listen on.
    :param port: the port; 0 chooses a free port.
    :param directory: the directory for the certificates; by default a private temporary directory, which is removed
        when the server stops.
    :param names: further host names and addresses of the server; the first one is in its URL.
    :raises ValueError: if a name is neither a host name nor an IP address.
    """

    def __init__(
        self, application: ASGIApp, host: str, port: int, directory: Path | None, names: Sequence[str] = ()
    ) -> None:
        self._application = application
        self._host = host
        self.port = port
        self._given_directory = directory
        self._names = [host_name(name) for name in names]
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL of the server."""
        host = "localhost" if self._host in (*_LOCAL, *_ALL) else self._host
        name = self._names[0] if self._names else host
        return f"https://[{name}]:{self.port}" if ":" in name else f"https://{name}:{self.port}"

    @property
    def ca_file(self) -> Path:
        """The path of the CA certificate to trust, as PEM."""
        return self._directory / CA_FILE

    @property
    def directory(self) -> Path:
        """The directory of the certificates, once the server has started."""
        return self._directory

    @property
    def busy(self) -> int:
        """The number of requests in progress."""
        return self.call(lambda: len(self._server.server_state.tasks))

    def start(self) -> None:
        """
        Start to serve.

        :raises OSError: if the port cannot be bound or the certificates cannot be written.
        :raises ValueError: if the directory has files of a certificate authority that cannot be used.
        :raises RuntimeError: if the server is not ready after ``START_TIMEOUT`` seconds.
        """
        listener = self._listen()
        try:
            certificate = self.prepare()
            config = uvicorn.Config(
                self._application,
                http=WireProtocol,
                ws="none",
                lifespan="on",
                loop="asyncio",
                # Do not change the logging of the process that runs the emulator.
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ssl_certfile=certificate,
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=END_SECONDS,
            )
            ready = threading.Event()
            self._server = _Uvicorn(config, ready)
            self._thread = threading.Thread(target=self._serve, args=(listener, ready), name="emulator", daemon=True)
            self._thread.start()
            if not ready.wait(START_TIMEOUT) or not self._server.started:
                raise RuntimeError("the emulator did not start")
        except BaseException:
            listener.close()
            self.stop()
            raise

    def prepare(self) -> Path:
        """Write the certificates, and return the path of the server's own."""
        self._make_directory()
        return make_certificates(self._directory, certified_names(self._host, self._names))

    def stop(self) -> None:
        """Stop serving and close open connections."""
        if self._thread:
            self._server.should_exit = True
            self._thread.join()
            self._thread = None
        if not self._given_directory and hasattr(self, "_directory"):
            shutil.rmtree(self._directory, ignore_errors=True)

    def call(self, function: Callable[[], T]) -> T:
        """Run a function in the server's thread and return its result; only that thread may use the state."""
        if self._thread is None:
            return function()

        async def run() -> T:
            return function()

        return self.wait(run())

    def wait(self, coroutine: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """
        Run a coroutine in the server's event loop and return its result.

        :raises TimeoutError: if it takes more than ``timeout`` seconds; it is cancelled then.
        """
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # asyncio disables Nagle's algorithm, which costs 40 ms per answer, only if the socket names the protocol.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self._host, self.port))
        except BaseException:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        return listener

    def _make_directory(self) -> None:
        if self._given_directory:
            self._directory = self._given_directory.absolute()
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        else:
            self._directory = Path(tempfile.mkdtemp(prefix="partnercenter-emulator-"))

    def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve(sockets=[listener])

        try:
            asyncio.run(serve())
        finally:
            ready.set()
