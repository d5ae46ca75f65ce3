"""Wait on this machine for the request with which a browser comes back from a sign-in."""

from __future__ import annotations

import queue
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_ADDRESS = "127.0.0.1"
# Seconds. Browsers open connections in advance and send nothing on them.
_SILENCE = 30
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'",
    "Cache-Control": "no-store",
    # The address contains the code.
    "Referrer-Policy": "no-referrer",
    "Connection": "close",
}


class Loopback(Generic[T]):
    """
    Listens on 127.0.0.1 until one request brings what is waited for. Use it in ``with``, and begin by :meth:`serve`.

    :param port: the port; 0 chooses a free one.
    :param reply: takes the path and the query of a request. Returns the HTTP status, the page, and what the request
        brings, or ``None`` if it is not the one that is waited for.
    :param taken: the status and the page for requests after that one.
    :ivar others: how many requests were refused because something else is waited for; not found ones do not count.
    :raises PartnerCenterConfigurationError: if the port cannot be used.
    """

    def __init__(
        self, port: int, reply: Callable[[str], tuple[int, str, T | None]], taken: tuple[int, str, T | None]
    ) -> None:
        self._reply, self._taken = reply, taken
        self._lock, self._answered = threading.Lock(), False
        self._brought: queue.SimpleQueue[T] = queue.SimpleQueue()
        self.others = 0
        try:
            self._server = _Server((_ADDRESS, port), _handler(self._judge, self._brought))
        except (OSError, OverflowError) as problem:
            why = getattr(problem, "strerror", None) or "it is not a port"
            raise PartnerCenterConfigurationError(
                f"The command cannot listen on port {port} of {_ADDRESS}: {why}",
                hint="choose another port by --port, or none, so that a free one is taken; or use --paste",
            ) from problem
        self.port: int = self._server.server_address[1]
        self._thread: threading.Thread | None = None

    def serve(self) -> None:
        """Begin to answer requests. What opens a browser may not return before the browser has been here."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def wait(self, timeout: float) -> T | None:
        """
        Wait for the request.

        :param timeout: how many seconds at most.
        :return: what it brings; ``None`` if it did not come.
        """
        try:
            return self._brought.get(timeout=timeout)
        except queue.Empty:
            return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _judge(self, target: str) -> tuple[int, str, T | None]:
        status, page, brought = self._reply(target)
        with self._lock:
            if self._answered:
                return self._taken
            self._answered = brought is not None
            self.others += brought is None and status != 404
        return status, page, brought


class _Server(socketserver.ThreadingTCPServer):
    # Otherwise, a port could not be used for a minute after the last sign-in.
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print no stack trace if a browser goes away."""


def _handler(
    judge: Callable[[str], tuple[int, str, T | None]], brought: queue.SimpleQueue[T]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _SILENCE

        def do_GET(self) -> None:
            status, page, found = judge(self.path)
            body = page.encode()
            try:
                self.send_response_only(status)
                for name, value in {**_HEADERS, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            finally:
                # Last, because the process may end after it.
                if found is not None:
                    brought.put(found)

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing: the address of a request contains the code."""

    return Handler
