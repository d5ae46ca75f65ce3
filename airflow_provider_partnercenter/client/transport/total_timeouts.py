"""
Total time-outs for ``requests``.

The time-out of a socket applies to each piece that arrives, so a peer that sends a byte now and then keeps an ordinary
session waiting for ever. Here one time-out applies to connecting as a whole (all addresses, proxy, TLS), and one to the
headers and the body of the answer together. Only the look-up of the host name has the limits of the system's resolver.
"""

from __future__ import annotations

import socket
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from airflow_provider_partnercenter.client.transport.http_answer import Answer, left


class PunctualAdapter(HTTPAdapter):
    """Makes a ``requests`` session apply its time-outs to the whole request, not to each read from the socket."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _make_punctual(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        _make_punctual(manager)
        return manager


def _make_punctual(manager: Any) -> None:
    # The pools of a SOCKS proxy have their own connection class, so they stay unchanged.
    if manager.pool_classes_by_scheme["https"] is HTTPSConnectionPool:
        manager.pool_classes_by_scheme = {"https": _Pool}


class _Connection(HTTPSConnection):
    response_class = Answer

    def _new_conn(self) -> socket.socket:
        deadline = time.monotonic() + float(self.timeout or 0.0)
        addresses = socket.getaddrinfo(self.host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        failure = OSError("the name has no address")
        for tried, (family, kind, protocol, _, address) in enumerate(addresses):
            try:
                sock = socket.socket(family, kind, protocol)
            except OSError as problem:
                failure = problem
                continue
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                # An address that does not answer must leave time for the others.
                sock.settimeout(left(deadline) / (len(addresses) - tried))
                sock.connect(address)
                sock.settimeout(left(deadline))
            except OSError as problem:
                sock.close()
                failure = problem
            else:
                return sock
        raise failure


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection
