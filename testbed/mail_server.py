"""A mail server on this machine that keeps what it is sent, for tests of what sends mail."""

from __future__ import annotations

import email
import email.policy
import json
import socketserver
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from email.message import EmailMessage
    from types import TracebackType


class MailServer:
    """
    Accepts mail on a free port of localhost, without a password or TLS.

    Use it as a context manager.

    :ivar mails: the mails so far. To refuse mail, set ``refuses``.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses = False

    @property
    def connection(self) -> str:
        """An Airflow connection to this server, as JSON."""
        extra: dict[str, Any] = {"from_email": "airflow@example.com", "disable_tls": True, "disable_ssl": True}
        return json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": self._port, "extra": extra})

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self._port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, owner: MailServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Session)


class _Session(socketserver.StreamRequestHandler):
    """What one client says (RFC 5321), as far as it delivers mail."""

    server: _Server

    def handle(self) -> None:
        self._answer("220 ready")
        while line := self.rfile.readline():
            match line.decode().split()[0].upper():
                case "DATA" if not self.server.owner.refuses:
                    self._answer("354 go on")
                    self._receive()
                    self._answer("250 kept")
                case "DATA":
                    self._answer("451 not now")
                case "QUIT":
                    self._answer("221 bye")
                    return
                case "EHLO" | "HELO" | "MAIL" | "RCPT" | "RSET" | "NOOP":
                    self._answer("250 ok")
                case _:
                    self._answer("502 unknown")

    def _receive(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            # A dot at the beginning of a line is doubled.
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail = b"".join(lines).replace(b"\r\n", b"\n")
        self.server.owner.mails.append(email.message_from_bytes(mail, policy=email.policy.default))

    def _answer(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
