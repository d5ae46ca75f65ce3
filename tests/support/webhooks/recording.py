"""A receiver of webhooks that keeps what arrives, and answers as it is told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from testbed.patience import CALL_PATIENCE, PATIENCE, wait_until

if TYPE_CHECKING:
    import ssl
    from types import TracebackType


@dataclass(slots=True)
class Arrived:
    """
    One request.

    :param headers: the names and values of its headers.
    :param body: what of its body has arrived.
    :param whole: whether the body was as long as announced.
    """

    path: str
    headers: list[tuple[str, str]]
    body: bytes
    whole: bool

    def header(self, name: str) -> str | None:
        return next((value for each, value in self.headers if each.lower() == name.lower()), None)


@dataclass(slots=True)
class Receiver:
    """
    An HTTP server on localhost.

    :param answers: the statuses of the first answers; all others are 200. Instead of a ``None``, none comes.
    :param at_once: whether it answers after the first byte of a body.
    :param redirect_to: where a status of redirection leads.
    :param context: the TLS context; without one it speaks plain HTTP.
    """

    answers: list[int | None] = field(default_factory=list)
    at_once: bool = False
    redirect_to: str = "/elsewhere"
    context: ssl.SSLContext | None = None
    arrived: list[Arrived] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        scheme = "https" if self.context else "http"
        return f"{scheme}://localhost:{self._server.server_port}/webhook"

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = CALL_PATIENCE

            def do_POST(self) -> None:
                receiver.take(self)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Say nothing of a sender that has gone."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if self.context:
            self._server.socket = self.context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers["Content-Length"])
        body = handler.rfile.read(1 if self.at_once else length)
        self.arrived.append(Arrived(handler.path, list(handler.headers.items()), body, len(body) == length))
        status = self.answers.pop(0) if self.answers else 200
        if status is None:
            self._ended.wait(PATIENCE)
            return
        handler.send_response(status)
        if 300 <= status < 400:
            handler.send_header("Location", self.redirect_to)
        text = f"answer {status}".encode()
        handler.send_header("Content-Length", str(len(text)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(text)

    def wait(self, number: int = 1) -> None:
        """Wait until this many requests have arrived."""
        wait_until(lambda: len(self.arrived) >= number, f"{number} requests have arrived")
