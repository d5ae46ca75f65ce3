"""The endpoint at which Azure gives a machine or a service the token of its managed identity."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEADER = "the header that only this service knows"


@dataclass
class AzureEndpoint:
    """
    What the endpoint answers, and what it was asked.

    :param token: returns a token.
    :param answer: status and body of an answer that is none; ``None`` to give tokens.
    """

    token: Callable[[], str]
    answer: tuple[int, str] | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    address: str = ""

    def respond(self, path: str, headers: dict[str, str]) -> tuple[int, str]:
        query = dict(parse_qsl(urlsplit(path).query))
        self.asked.append({**query, "header": headers.get("X-IDENTITY-HEADER", ""), "metadata": headers["Metadata"]})
        if self.answer:
            return self.answer
        document: dict[str, Any] = {
            "access_token": self.token(),
            # A virtual machine has the first of them, App Service the second.
            "expires_in": "86399",
            "expires_on": str(int(time.time()) + 86399),
            "resource": query["resource"],
            "token_type": "Bearer",
        }
        return 200, json.dumps(document)


@contextmanager
def azure_endpoint(token: Callable[[], str]) -> Iterator[AzureEndpoint]:
    """Run an endpoint on this machine."""
    endpoint = AzureEndpoint(token)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = endpoint.respond(self.path, dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Do not write to the output of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    endpoint.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
