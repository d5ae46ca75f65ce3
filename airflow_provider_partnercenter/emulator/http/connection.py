"""uvicorn's HTTP/1.1 protocol, taught to let the application reach the connection below HTTP."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from airflow_provider_partnercenter.emulator.gateway.delivery import WIRE

if TYPE_CHECKING:
    import asyncio

# On, for no seconds: closing discards what was not sent and tells the other side so.
_LINGER = struct.pack("ii", 1, 0)


class Connection:
    """
    The connection of a client; see :class:`.delivery.Wire`.

    :param transport: TLS over TCP.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.used = False

    def write(self, data: bytes) -> None:
        """Send bytes past HTTP; such a connection takes no further request."""
        self.used = True
        self._transport.write(data)

    def close(self, *, hard: bool = False) -> None:
        """
        Drop the connection.

        :param hard: whether by a TCP reset.
        """
        if hard:
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        self._transport.abort()


class WireProtocol(H11Protocol):
    """
    Gives every request the extension :data:`.delivery.WIRE`, its :class:`Connection`.

    ASGI has no way to break an answer: an application that raises or returns without one gets a 500 sent for it.
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

    def shutdown(self) -> None:
        """
        Close an idle connection at once, and one with a slow answer.

        A pooling client would not answer TLS's goodbye, and it is waited for; so is the end of an answer.
        """
        super().shutdown()
        if self.cycle is None or self.cycle.response_complete or self._wire.used:
            self.transport.abort()
