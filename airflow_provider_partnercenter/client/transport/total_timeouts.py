"""
Total time-outs for ``requests``.

The time-out of a socket applies to each piece that arrives, so a peer that sends a byte now and then keeps an ordinary
session waiting for ever. Here one time-out applies to connecting as a whole (all addresses, proxy, TLS), and one to the
headers and the body of the answer together. Only the look-up of the host name has the limits of the system's resolver.
"""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from airflow_provider_partnercenter.client.transport.http_rules import check_framing


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


class _Answer(HTTPResponse):
    """An answer that must be complete within the time-out that its socket has at the beginning."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = _Lines(_Receiver(sock, self.fp.detach()))

    def begin(self) -> None:
        super().begin()
        # The library skips only "100 Continue". If it returned another 1xx answer, the next request would read the
        # true answer.
        while 100 < self.status < 200 and self.status != 101:
            self.headers = self.msg = None  # type: ignore[assignment]  # what its constructor does
            super().begin()
        # The library passes over lines that are no headers, and over headers that contradict each other.
        check_framing(self.msg.items(), valid=not self.msg.defects)


class _Lines(io.BufferedReader):
    """Refuses an incomplete line, which the library would read as the last header of a complete answer."""

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n") and len(line) != size:
            raise ConnectionResetError("the answer broke off")
        return line


class _Receiver(io.RawIOBase):
    """
    Reads from a socket until a deadline.

    :param sock: the socket; its time-out applies to all reads together.
    :param raw: the stream that reads from the socket.
    """

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self._deadline = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left(self._deadline))
        count = self._raw.readinto(buffer)
        # The next step, such as TLS after the answer of a proxy, gets the remaining time.
        self._sock.settimeout(_left(self._deadline))
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Connection(HTTPSConnection):
    response_class = _Answer

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
                sock.settimeout(_left(deadline) / (len(addresses) - tried))
                sock.connect(address)
                sock.settimeout(_left(deadline))
            except OSError as problem:
                sock.close()
                failure = problem
            else:
                return sock
        raise failure


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time-out has expired")
    return left
