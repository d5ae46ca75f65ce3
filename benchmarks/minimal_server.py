"""
A server that does as little as a server can: over TLS, it gives each request the same prepared answer.

The emulator takes longer for an answer than a client for its call, so next to it one client looks as fast as another.
This server is a process of its own, which leaves the client a core.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

#: Seconds that it has to end.
PATIENCE = 10.0
APPROVED = {
    "qualification": "Education",
    "vettingStatus": "Approved",
    "vettingCreatedDate": "2026-01-02T03:04:05Z",
}
END_OF_HEAD = b"\r\n\r\n"


class MinimalServer:
    """
    One that serves on a free port for as long as the ``with`` block lasts.

    :param certificate: PEM file with the certificate for ``localhost`` and its private key.
    """

    def __init__(self, certificate: Path) -> None:
        self._certificate = certificate

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.minimal_server", str(self._certificate)]
        root = Path(__file__).parents[1]
        self._process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        port = self._process.stdout.readline().strip()
        if not port:
            raise RuntimeError(f"the server has ended with {self._process.wait()}")
        self.url = f"https://localhost:{port}"
        self.pid = self._process.pid
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._process.communicate(timeout=PATIENCE)  # closes its input
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def _answer(status: str, document: object) -> bytes:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + END_OF_HEAD + body


class PreparedAnswers(asyncio.Protocol):
    """One connection, which stays open; requests may come in pieces, or several at a time."""

    _KNOWN = re.compile(rb"GET /v1/customers/[0-9a-f-]{36}/qualifications HTTP/1\.1\r\n")
    _FOUND = _answer("200 OK", [APPROVED])
    _NOT_FOUND = _answer("404 Not Found", {"description": "This server answers one kind of request."})

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        *heads, self._rest = (self._rest + data).split(END_OF_HEAD)
        for head in heads:
            if not self._KNOWN.match(head):
                # It may have a body, so what follows is not known to be a request.
                self._transport.write(self._NOT_FOUND)
                self._transport.close()
                return
            self._transport.write(self._FOUND)


async def _serve(certificate: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(PreparedAnswers, "127.0.0.1", 0, ssl=context)
    # Its input is closed by whoever has started it, and by the system if that has died.
    loop.add_reader(sys.stdin.fileno(), ended.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
