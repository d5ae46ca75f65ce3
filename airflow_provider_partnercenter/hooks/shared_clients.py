"""One client for all users of a connection in an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
    from airflow_provider_partnercenter.client.settings import ClientSettings


class _Shared:
    """
    The clients that work in one event loop: of every connection one, with its settings as they were last read.

    All triggers that use a connection share it, and with it one HTTP session, one token and one request budget, also
    when one begins after the others have ended. An edited connection has another; the old one lives as long as somebody
    uses it.
    """

    def __init__(self) -> None:
        self._clients: dict[str, AsyncPartnerCenterClient] = {}
        self._lock = asyncio.Lock()

    async def client(self, conn_id: str, settings: ClientSettings) -> AsyncPartnerCenterClient:
        # One at a time, so that many triggers that begin together make one client between them.
        async with self._lock:
            client = self._clients.get(conn_id)
            if client is None or client.settings != settings:
                # In a thread: reading CA files takes longer than a loop may stand still.
                client = self._clients[conn_id] = await asyncio.to_thread(_make_client, settings)
            return client


_shared: dict[asyncio.AbstractEventLoop, _Shared] = {}


async def shared_client(conn_id: str, settings: ClientSettings) -> AsyncPartnerCenterClient:
    """
    Return the client that all users of a connection in this event loop share.

    :param settings: what the connection says now; if they are others than those of the client, it is replaced.
    :raises PartnerCenterConfigurationError: if the CA file cannot be read.
    """
    # Weak references would not do to forget loops that have ended: a client's lock holds the loop it works in.
    for ended in [loop for loop in list(_shared) if loop.is_closed()]:
        _shared.pop(ended, None)
    return await _shared.setdefault(asyncio.get_running_loop(), _Shared()).client(conn_id, settings)


def _make_client(settings: ClientSettings) -> AsyncPartnerCenterClient:
    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
    from airflow_provider_partnercenter.storage.credential_variable import refresh_token_store

    store = refresh_token_store(settings)
    if store:
        store.begin()
    return AsyncPartnerCenterClient(settings, store)
