"""Ask the receiver of webhooks, with neither a socket nor a database."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.routing import Route

from airflow_provider_partnercenter.plugins.web.signing_certificates import SigningCertificates
from airflow_provider_partnercenter.plugins.web.webhook import WebhookReceiver
from airflow_provider_partnercenter.plugins.web.webhook_settings import WebhookSettings
from airflow_provider_partnercenter.qualification.webhooks.event import BEGINNINGS, Freshness
from airflow_provider_partnercenter.qualification.webhooks.headers import CERTIFICATE_HOSTS
from tests.support.webhooks import signing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp, Message

    from airflow_provider_partnercenter.qualification.webhooks.event import WebhookEvent

CUSTOMER = "4b2a6e33-8791-4386-bd2b-0d55baf25039"
ACCEPTED = "reseller-relationship-accepted-by-customer"
NEVER = object()
GONE = object()


def body_of(event: str = ACCEPTED, **changes: Any) -> bytes:
    """Return the body of an event, as in Microsoft's examples."""
    members = {
        "EventName": event,
        "ResourceUri": f"https://api.partnercenter.microsoft.com/v1/customers/{CUSTOMER}",
        "ResourceName": "Customer",
        "AuditUri": None,
        "ResourceChangeUtcDate": "2026-11-27T11:59:00Z",
    }
    return json.dumps(members | changes).encode()


@dataclass
class Receiver:
    """
    A receiver for Microsoft's certificate, at the time of :mod:`.signing`.

    :param served: what is at the address of the certificate, or the error that fetching it raises.
    :param storing: what happens when an event is stored.
    """

    served: list[bytes | Exception] = field(default_factory=lambda: [signing.pem(signing.leaf())])
    storing: Callable[[WebhookEvent], object] | None = None
    fetched: list[str] = field(default_factory=list)
    stored: list[WebhookEvent] = field(default_factory=list)

    def _fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        found = self.served.pop(0) if len(self.served) > 1 else self.served[0]
        if isinstance(found, Exception):
            raise found
        return found

    def _store(self, event: WebhookEvent) -> bool:
        if self.storing:
            self.storing(event)
        self.stored.append(event)
        return len(self.stored) == 1

    def made(self) -> ASGIApp:
        """Return it; it belongs to one event loop."""
        settings = WebhookSettings(
            asset="webhooks",
            events=BEGINNINGS,
            freshness=Freshness(),
            certificate_hosts=CERTIFICATE_HOSTS,
            roots=signing.roots(),
            ca_bundle=None,
        )
        receiver = WebhookReceiver(settings, SigningCertificates(self._fetch, settings.roots), self._store)
        return Starlette(routes=[Route("/webhook", receiver.receive, methods=["POST"])])

    def ask(self, body: bytes, headers: list[tuple[str, str]] | None = None) -> tuple[int, str]:
        """Send one webhook, by default a signed one, and return the status and the text of the answer."""
        signed = signing.headers(signing.sign(body)) if headers is None else headers

        async def once() -> tuple[int, str]:
            return await send(self.made(), signed, [body])

        return asyncio.run(once())


async def send(
    app: ASGIApp,
    headers: list[tuple[str, str]],
    pieces: Sequence[Any],
    *,
    path: str = "/webhook",
    sender: str = "10.1.2.3",
) -> tuple[int, str]:
    """
    Send a webhook to an application.

    :param pieces: the pieces of its body; after :data:`NEVER` nothing comes any more, and with :data:`GONE` the sender
        hangs up.
    """
    left = list(pieces)
    answer: list[Message] = []

    async def receive() -> Message:
        piece = left.pop(0)
        if piece is NEVER:
            await asyncio.Event().wait()
        if piece is GONE:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    async def keep(message: Message) -> None:
        answer.append(message)

    fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    scope = {"type": "http", "method": "POST", "path": path, "headers": fields, "client": (sender, 5)}
    await app({**scope, "query_string": b"", "root_path": ""}, receive, keep)
    return answer[0]["status"], b"".join(message.get("body", b"") for message in answer[1:]).decode()
