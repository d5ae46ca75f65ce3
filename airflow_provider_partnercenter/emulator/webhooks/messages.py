"""What a receiver gets: the event, signed, with the headers that say by whom. No I/O."""

from __future__ import annotations

import base64
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_partnercenter.emulator.webhooks.kinds import KINDS, Signature, certificate_path, chain_of
from airflow_provider_partnercenter.emulator.webhooks.posting import Message

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.webhooks.certificates import Certificates
    from airflow_provider_partnercenter.emulator.webhooks.events import Event
    from airflow_provider_partnercenter.emulator.webhooks.kinds import SendingKind

_FORGER = "untrusted-root"
"""The chain with whose key a signature is forged."""


def compose(event: Event, kind: str, certificates: Certificates, base: str, *, ms_signature: bool) -> Message:
    """
    Return what is sent for an event.

    :param event: the event.
    :param kind: a name of :data:`.kinds.KINDS`.
    :param certificates: what the event is signed with. Making a key may take a second.
    :param base: the base URL of the emulator, where the certificate is.
    :param ms_signature: whether the signature is in ``x-ms-signature``.
    """
    row = KINDS[kind]
    event = _altered(event, row, base)
    body = event.body() + b" " * row.padding
    headers = [("Content-Type", "application/json")]
    if row.signature is not Signature.NONE:
        signer = chain_of(row.certificate) if row.signature is Signature.RIGHT else _FORGER
        token = base64.b64encode(certificates.sign(signer, body)).decode()
        headers.append(("x-ms-signature", token) if ms_signature else ("Authorization", f"Signature {token}"))
    headers += [
        ("X-MS-Certificate-Url", f"{_elsewhere(base) if row.elsewhere else base}{certificate_path(row.certificate)}"),
        ("X-MS-Signature-Algorithm", row.algorithm),
    ]
    if row.tampered:
        body = _tampered(event, body)
    return Message(tuple(headers), body, row.cut_off, row.pieces, row.seconds)


def _altered(event: Event, row: SendingKind, base: str) -> Event:
    event = event.moved(row.later)
    if row.event is not None:
        event = replace(event, name=row.event)
    if not row.with_customer:
        event = replace(event, customer_id=None, resource_uri=f"{base}/v1/customers")
    return event


def _tampered(event: Event, body: bytes) -> bytes:
    """Return the body with another customer; without one, with one more blank."""
    if event.customer_id is None:
        return body + b" "
    other = str(uuid.uuid5(uuid.NAMESPACE_URL, event.customer_id))
    return body.replace(event.customer_id.encode(), other.encode())


def _elsewhere(base: str) -> str:
    """Return the same address with the emulator's other name, at which a journal shows who came."""
    parts = urlsplit(base)
    other = "127.0.0.1" if parts.hostname == "localhost" else "localhost"
    return f"{parts.scheme}://{other}:{parts.port or 443}"
