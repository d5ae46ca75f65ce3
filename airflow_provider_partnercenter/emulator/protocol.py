"""uvicorn's HTTP/1.1 protocol, taught to let the application close a connection without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from airflow_provider_partnercenter.emulator.middleware import ABORT

if TYPE_CHECKING:
    import asyncio


class AbortableProtocol(H11Protocol):
    """
    Gives every request the extension :data:`.middleware.ABORT`, a function that drops the connection.

    ASGI has no way to do that: an application that raises or returns without an answer gets a 500 sent for it.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the transport for the requests of this connection."""
        super().connection_made(transport)
        app = self.app

        async def with_abort(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[ABORT] = transport.abort
            await app(scope, receive, send)

        self.app = with_abort

    def shutdown(self) -> None:
        """Close an idle connection at once: a pooling client would not answer TLS's goodbye, and it is waited for."""
        super().shutdown()
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()
