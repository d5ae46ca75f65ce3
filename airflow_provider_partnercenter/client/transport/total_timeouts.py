"""
Time-outs for ``requests`` that hold for the whole.

The time-out of a socket is for each piece that arrives, so a peer that sends a byte now and then keeps a plain session
waiting for ever. Here the time for connecting is for all of it (addresses, proxy, TLS), and the time for the answer is
for its headers and its body together. Only the look-up of the host's name keeps to the limits of the system's resolver.
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


class PunctualAdapter(HTTPAdapter):
    """What makes a ``requests`` session keep its time-outs in total."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _make_punctual(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        _make_punctual(manager)
        return manager


def _make_punctual(manager: Any) -> None:
    # Those of a SOCKS proxy make connections of their own.
    if manager.pool_classes_by_scheme["https"] is HTTPSConnectionPool:
        manager.pool_classes_by_scheme = {"https": _Pool}


class _Answer(HTTPResponse):
    """An answer that is complete when the time-out that its socket has at the beginning is over, or never."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = _Lines(_Receiver(sock, self.fp.detach()))

    def begin(self) -> None:
        super().begin()
        # The library skips only "100 Continue"; taken for the answer, another one would leave the true answer behind
        # for the next request.
        while 100 < self.status < 200 and self.status != 101:
            self.headers = self.msg = None  # type: ignore[assignment]  # what its constructor does
            super().begin()


class _Lines(io.BufferedReader):
    """Refuses half a line, which the library would take for the last header of a complete answer."""

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n") and len(line) != size:
            raise ConnectionResetError("the answer broke off")
        return line


class _Receiver(io.RawIOBase):
    """
    Reads from a socket until a moment.

    :param sock: the socket, whose time-out is the time for all that is read.
    :param raw: what reads from it.
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
        # What follows, such as TLS after the answer of a proxy, has the rest.
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
                # One that does not answer leaves time for the others.
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
        raise TimeoutError("the time is over")
    return left
