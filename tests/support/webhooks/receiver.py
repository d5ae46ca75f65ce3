"""A receiver of webhooks on this machine that answers as a test tells it."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Receiver:
    """
    What a receiver was sent, and what it answers.

    :param url: its address.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        #: The statuses of the next answers; the last one is given again and again.
        self.statuses = [200]
        self.bodies: list[bytes] = []
        #: While it is not set, nothing is answered.
        self.answering = threading.Event()
        self.answering.set()

    def answer(self, body: bytes) -> int:
        self.bodies.append(body)
        self.answering.wait()
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver, with http, as only one on the same machine may have it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.answer(body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/webhook")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.answering.set()
            server.shutdown()
            thread.join()
