"""Read an answer for ``requests``: by the rules that both transports share, and within one time-out."""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPMessage, HTTPResponse
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.protocol.commands import MAX_BODY
from airflow_provider_partnercenter.client.transport.http_rules import (
    LONGEST_LINE,
    LONGEST_LINE_OF_PROXY,
    UnreadableAnswerError,
    body_length,
    check_excess,
    check_head,
    chunk_length,
    closes,
    first_of_each,
    read_fields,
    read_status,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# More than one record of TLS, so that what comes together with a short answer is seen.
_BUFFER = 65536


class Answer(HTTPResponse):
    """An answer that must be complete within the time-out that its socket has at the beginning."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self._sock = sock
        self._receiver = _Receiver(sock, self.fp.detach())
        self.fp = _Lines(self._receiver, _BUFFER)
        self._left: int | None = None
        self._number = 0
        self._closing = False

    def begin(self) -> None:
        """Read the status and the headers. Interim answers are passed over."""
        version, self.status, reason = self._status()
        fields = read_fields(self._lines())
        while self.status < 200 and self.status != 101:
            if closes(version, fields):
                raise UnreadableAnswerError("an interim answer closes the connection")
            version, self.status, reason = self._status()
            fields = read_fields(self._lines())
        check_head(self.status, reason, fields)
        self.reason = text(reason)
        self.code = self.status
        self.version = 10 + version
        self.headers = self.msg = HTTPMessage()
        for name, value in first_of_each(fields).items():
            self.headers[name] = value
        self.chunked, self._left = body_length(self.status, fields)
        self.length = self._left
        self._closing = closes(version, fields)
        # Without chunks and a length, the body ends with the connection.
        self.will_close = self._closing or (self._left is None and not self.chunked)
        self._number = len(fields)

    def read1(self, n: int = -1) -> bytes:
        """Return some of the body; nothing at its end."""
        if self.fp is None:
            return b""
        if self.chunked and not self._left:
            self._left = chunk_length(self._line(MAX_BODY))
            if not self._left:
                read_fields(self._lines(), before=self._number)
        if self._left == 0:
            self._finish()
            return b""
        data = self._some(n)
        if self._left is None:
            if not data:
                self.close()
            return data
        self._left -= len(data)
        if not self._left:
            if self.chunked:
                self._end_chunk()
            else:
                # The library does not call again, because it counts too.
                self._finish()
        return data

    def _read_status(self) -> tuple[str, int, str]:
        # The library calls this for the answer of a proxy, and then skips headers without any limit.
        version, status, reason = self._status()
        read_fields(self._lines(), longest=LONGEST_LINE_OF_PROXY)
        self.fp.close()
        self.fp = io.BufferedReader(io.BytesIO(b"\r\n"))
        return f"HTTP/1.{version}", status, text(reason)

    def _status(self) -> tuple[int, int, bytes]:
        # aiohttp passes over empty lines before an answer.
        while not (line := self._line().lstrip(b"\r\n")):
            pass
        return read_status(line)

    def _lines(self) -> Iterator[bytes]:
        """Yield the lines up to the empty one."""
        while (line := self._line()) not in (b"\n", b"\r\n"):
            yield line

    def _line(self, longest: int = LONGEST_LINE) -> bytes:
        line: bytes = self.fp.readline(longest)
        if len(line) == longest and not line.endswith(b"\n"):
            raise UnreadableAnswerError(f"a line has more than {longest} bytes")
        return line

    def _some(self, n: int) -> bytes:
        data: bytes = self.fp.read1(n if self._left is None else min(n if n >= 0 else self._left, self._left))
        if not data and self._left:
            raise _broken_off()
        return data

    def _end_chunk(self) -> None:
        if self.fp.readline(2) not in (b"\n", b"\r\n"):
            raise UnreadableAnswerError("a chunk is longer than its length")

    def _finish(self) -> None:
        self._receiver.finished = True
        if excess := self.fp.peek(1):
            check_excess(excess, closing=self._closing)
            # The next request must not get it for an answer. TLS inside TLS has no shutdown of its own.
            getattr(self._sock, "socket", self._sock).shutdown(socket.SHUT_RDWR)
        self.close()


class _Lines(io.BufferedReader):
    """Refuses an incomplete line, which would be read as the last header of a complete answer."""

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n") and len(line) != size:
            raise _broken_off()
        return line


class _Receiver(io.RawIOBase):
    """
    Reads from a socket until a deadline.

    :param sock: the socket; its time-out applies to all reads together.
    :param raw: the stream that reads from the socket.
    """

    #: Set at the end of the answer: nothing more is read.
    finished = False

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self._deadline = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.finished:
            return 0
        self._sock.settimeout(left(self._deadline))
        count = self._raw.readinto(buffer)
        # The next step, such as TLS after the answer of a proxy, gets the remaining time.
        self._sock.settimeout(left(self._deadline))
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


def left(deadline: float) -> float:
    """
    Return how many seconds are left.

    :raises TimeoutError: if there are none.
    """
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time-out has expired")
    return seconds


def _broken_off() -> ConnectionResetError:
    return ConnectionResetError("the answer broke off")
