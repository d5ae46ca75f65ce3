"""The registration of a tenant: where events are sent, and which ones. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_partnercenter.client.wire import Members, loads
from airflow_provider_partnercenter.emulator.webhooks.events import EVENTS

MAX_URL = 2048
_BY_SPELLING = {name.lower(): name for name in EVENTS}


@dataclass(frozen=True, slots=True)
class Registration:
    """
    Where the events of a tenant are sent.

    :param url: the receiver.
    :param events: the names of the events that are sent.
    :param ms_signature: whether the signature is in ``x-ms-signature`` instead of ``Authorization``; ``None`` if the
        registration does not say it, which means no.
    """

    url: str
    events: tuple[str, ...]
    ms_signature: bool | None = None

    @classmethod
    def from_json(cls, body: bytes) -> Registration:
        """
        Read Microsoft's format.

        :param body: the body of a request.
        :raises ValueError: if it is not a registration; the message says what is wrong.
        """
        try:
            document = loads(body)
        except ValueError:
            raise ValueError("the body is not valid JSON") from None
        if not isinstance(document, Mapping):
            raise ValueError("the body must be one object")
        members = Members(document)
        named = members.get("SignatureTokenToMsSignatureHeader")
        ms_signature = members.boolean("SignatureTokenToMsSignatureHeader")
        if named is not None and ms_signature is None:
            raise ValueError("'SignatureTokenToMsSignatureHeader' must be true or false")
        return cls(_url(members.get("WebhookUrl")), _events(members.get("WebhookEvents")), ms_signature)

    def to_json(self) -> dict[str, Any]:
        """Return Microsoft's format; a member that was not given is not there."""
        document: dict[str, Any] = {"WebhookUrl": self.url, "WebhookEvents": list(self.events)}
        if self.ms_signature is not None:
            document["SignatureTokenToMsSignatureHeader"] = self.ms_signature
        return document

    def wants(self, event: str) -> bool:
        """Return whether the events of a name are sent."""
        return event in self.events


def _url(value: object) -> str:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        # A port that is not a number raises an error, too.
        valid = parts is not None and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not isinstance(value, str) or not valid or len(value) > MAX_URL or not value.isprintable() or " " in value:
        raise ValueError("'WebhookUrl' must be the address of a receiver, with http:// or https://")
    return value


def _events(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("'WebhookEvents' must be a list with at least one name")
    names = []
    for each in value:
        name = _BY_SPELLING.get(each.lower()) if isinstance(each, str) else None
        if name is None:
            raise ValueError(f"'WebhookEvents' contains {str(each)[:100]!r}, which is not the name of an event")
        names.append(name)
    return tuple(dict.fromkeys(names))
