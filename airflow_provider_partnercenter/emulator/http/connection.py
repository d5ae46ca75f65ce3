"""uvicorn's HTTP/1.1 protocol, extended so that the application can send raw bytes and close connections."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from airflow_provider_partnercenter.emulator.gateway.delivery import WIRE

if TYPE_CHECKING:
    import asyncio

# Linger for 0 seconds: closing the socket discards unsent data and sends a TCP reset.
_LINGER = struct.pack("ii", 1, 0)


class Connection:
    """
    A client's connection; implements :class:`.delivery.Wire`.

    :param transport: the TLS transport.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.used = False

    def write(self, data: bytes) -> None:
        """Send raw bytes over the connection, which accepts no further request after that."""
        self.used = True
        self._transport.write(data)

    def close(self, *, hard: bool = False) -> None:
        """
        Close the connection at once.

        :param hard: whether to send a TCP reset.
        """
        if hard:
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        self._transport.abort()


class WireProtocol(H11Protocol):
    """
    Give every request the extension :data:`.delivery.WIRE`, which contains its :class:`Connection`.

    ASGI has no way to break off an answer: if the application raises or returns without one, the server sends a 500.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        """Remember the transport for the requests of this connection."""
        super().connection_made(transport)
        app = self.app
        self._wire = Connection(transport)

        async def with_wire(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[WIRE] = self._wire
            await app(scope, receive, send)

        self.app = with_wire
        self._await_client()

    def handle_events(self) -> None:
        """Start to wait anew for a client that has not sent a whole request yet."""
        super().handle_events()
        self._await_client()

    def _await_client(self) -> None:
        """
        Set the time after which a silent client is left.

        uvicorn does so only after an answer, and no longer once a byte of the next request has arrived.
        """
        waits = self.cycle is None or self.cycle.response_complete or self.cycle.more_body
        if waits and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            leave = self.timeout_keep_alive_handler
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, leave)

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, even in the middle of a request."""
        self.transport.close()

    def shutdown(self) -> None:
        """
        Close an idle connection, or one with a slow answer, at once.

        uvicorn would wait for the end of the answer and for the client's TLS close message, which a client with a
        connection pool does not send.
        """
        super().shutdown()
        if self.cycle is None or self.cycle.response_complete or self._wire.used:
            self.transport.abort()
