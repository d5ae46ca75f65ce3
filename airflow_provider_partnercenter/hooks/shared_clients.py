"""One client for all users of a connection in an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.threads import in_thread

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
    from airflow_provider_partnercenter.client.settings import ClientSettings


class _Shared:
    """
    The clients of one event loop: one for each connection, with the settings that were read last.

    All triggers that use a connection share its client, and so one HTTP session, one token and one request budget. This
    includes triggers that start after the others have ended. An edited connection gets a new client; the old one
    remains until its last user has ended.
    """

    def __init__(self) -> None:
        self._clients: dict[str, AsyncPartnerCenterClient] = {}
        self._lock = asyncio.Lock()

    async def client(self, conn_id: str, settings: ClientSettings) -> AsyncPartnerCenterClient:
        # The lock lets many triggers that start together make one client.
        async with self._lock:
            client = self._clients.get(conn_id)
            if client is None or client.settings != settings:
                # Runs in a thread, because reading CA files would block the event loop for too long.
                client = self._clients[conn_id] = await in_thread(_make_client, settings)
            return client


_shared: dict[asyncio.AbstractEventLoop, _Shared] = {}


async def shared_client(conn_id: str, settings: ClientSettings) -> AsyncPartnerCenterClient:
    """
    Return the client that all users of a connection in this event loop share.

    :param settings: the settings of the connection as just read. If the client has other settings, it is replaced.
    :raises PartnerCenterConfigurationError: if the CA file cannot be read.
    """
    # Weak references would not drop closed loops, because a client's lock refers to its loop.
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
