"""Requests to the emulator's application without a socket; what it answers has to be HTTP nevertheless."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import h11

from airflow_provider_partnercenter.emulator.gateway.delivery import WIRE
from airflow_provider_partnercenter.emulator.http.app import Application, create_application
from airflow_provider_partnercenter.emulator.login.scopes import AUDIENCES
from airflow_provider_partnercenter.emulator.login.users import User
from airflow_provider_partnercenter.emulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import ASGIApp, Message


@dataclass(slots=True)
class Answered:
    """An answer; ``status`` is ``None`` if the connection was closed or written to below HTTP."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)


class _Connection:
    """Stands in for the TLS connection."""

    def write(self, data: bytes) -> None:
        assert isinstance(data, bytes)

    def close(self, *, hard: bool = False) -> None:
        assert isinstance(hard, bool)


def ask(
    app: ASGIApp,
    method: str,
    path: str,
    body: bytes | Iterable[bytes] = b"",
    headers: Mapping[str, str | None] | None = None,
) -> Answered:
    """
    Send one request to an ASGI application; what it answers must be valid HTTP.

    :param path: the path and, after a question mark, the query.
    :param body: the body, in one piece or in several.
    :param headers: further headers; one that is ``None`` is left out.
    """
    pieces = deque([body] if isinstance(body, bytes) else body)
    path, _, query = path.partition("?")
    content_type = "application/x-www-form-urlencoded" if path.endswith("/token") else "application/json"
    fields = {"host": "localhost", "content-type": content_type, **(headers or {})}
    answered = Answered()
    server = h11.Connection(h11.SERVER)
    server.receive_data(f"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    server.next_event()

    async def run() -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "https",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [
                (name.lower().encode(), value.encode("latin-1")) for name, value in fields.items() if value is not None
            ],
            "extensions": {WIRE: _Connection()},
        }

        async def receive() -> Message:
            if pieces:
                return {"type": "http.request", "body": pieces.popleft(), "more_body": bool(pieces)}
            # The client does not wait for slow answers.
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.status = message["status"]
                answered.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
                server.send(h11.Response(status_code=message["status"], headers=message["headers"]))
            else:
                answered.body += message["body"]
                server.send(h11.Data(data=b"" if method == "HEAD" else message["body"]))
                server.send(h11.EndOfMessage())

        await app(scope, receive, send)

    asyncio.run(run())
    return answered


class InProcess:
    """An emulator without a server, and a user's token for it."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.application: Application = create_application(settings or Settings())
        self.token = self.application.tokens.mint_access_token(AUDIENCES[0], User("agent@partner.example"))

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] = b"",
        document: Any = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answered:
        """Send one request with the user's token; a document becomes the body."""
        # An infinite number is written as JSON can write it.
        body = body if document is None else json.dumps(document).replace("Infinity", "1e999").encode()
        return ask(
            self.application.asgi, method, path, body, {"authorization": f"Bearer {self.token}", **(headers or {})}
        )

    def journal(self) -> list[dict[str, Any]]:
        return self.application.journal.select()
