"""The operations of the control API for webhooks, as methods."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.http.certificates import WEBHOOK_ROOT_FILE
from airflow_provider_partnercenter.emulator.webhooks.events import ACCEPTED, EVENTS
from airflow_provider_partnercenter.emulator.webhooks.registration import Registration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.http.tls_server import Server
    from airflow_provider_partnercenter.emulator.webhooks.state import Webhooks

WAIT_SECONDS = 600.0


class WebhookControls:
    """
    The webhooks of an emulator; ``emulator.webhooks`` is one.

    ::

        emulator.webhooks.register("http://localhost:8080/partnercenter/webhook")
        event_id = emulator.webhooks.send("reseller-relationship-accepted-by-customer", customer_id, kind="forged")
        (delivery,) = emulator.webhooks.wait(event_id)
        assert delivery["attempts"][0]["status"] == 401

    A customer that is added by :meth:`.Emulator.configure` has accepted the partner, of which the receiver is told.

    :param server: the server of the emulator.
    :param webhooks: what it controls.
    """

    def __init__(self, server: Server, webhooks: Webhooks) -> None:
        self._server = server
        self._webhooks = webhooks

    @property
    def root_file(self) -> Path:
        """The path of the root that a receiver has to trust, as PEM: the signing certificate's chain ends at it."""
        return self._server.directory / WEBHOOK_ROOT_FILE

    @property
    def certificate_host(self) -> str:
        """The host, with its port, from which a receiver has to fetch the signing certificate."""
        return urlsplit(self._server.url).netloc

    def register(self, url: str, events: Iterable[str] = tuple(EVENTS), *, ms_signature: bool = False) -> None:
        """
        Register a receiver, or replace it. Unlike in the API, this needs no token.

        :param url: where events are sent, with ``http://`` or ``https://``.
        :param events: the names of the events; all by default.
        :param ms_signature: whether signatures are in ``x-ms-signature`` instead of ``Authorization``.
        :raises ValueError: if the address or a name is invalid.
        """
        document = Registration(url, tuple(events), ms_signature).to_json()
        registration = Registration.from_json(json.dumps(document).encode())
        self._server.call(lambda: setattr(self._webhooks, "registration", registration))

    def registration(self) -> dict[str, Any] | None:
        """Return the registration in Microsoft's format; ``None`` if there is none."""
        registration = self._server.call(lambda: self._webhooks.registration)
        return None if registration is None else registration.to_json()

    def send(
        self,
        event: str = ACCEPTED,
        customer_id: str | None = None,
        *,
        kind: str = "genuine",
        attempts: int | None = None,
    ) -> str:
        """
        Let an event happen, and send it in the background.

        :param event: the name of the event.
        :param customer_id: the customer, whom the emulator need not know: an id, or the name of a magic customer.
        :param kind: how it is sent; ``partnercenter-emulator --help`` lists the ways.
        :param attempts: how often each copy is tried until the receiver takes it. The default is ten, and one for kinds
            that a receiver has to refuse.
        :return: the id of the event for :meth:`deliveries` and :meth:`wait`.
        :raises ValueError: if an argument is wrong, or the registration does not want the event.
        """
        wanted = customer_id and magic.id_of(customer_id)
        return self._server.call(lambda: self._webhooks.send(event, wanted, kind, attempts))

    def deliveries(
        self, event_id: str | None = None, event: str | None = None, customer_id: str | None = None
    ) -> list[dict[str, Any]]:
        """
        Return what was sent so far, oldest first.

        :param event_id: return only the copies of this event.
        :param event: return only events with this name.
        :param customer_id: return only events that name this customer (an id, or the name of a magic customer).
        :return: one dictionary per copy, with the members of :class:`.deliveries.Delivery`.
        """
        wanted = customer_id and magic.id_of(customer_id)
        return self._server.call(lambda: self._webhooks.outbox.log.select(event_id, event, wanted))

    def wait(self, event_id: str | None = None, timeout: float = WAIT_SECONDS) -> list[dict[str, Any]]:
        """
        Wait until nothing is pending any more, and return :meth:`deliveries`.

        :param event_id: wait only for this event, and return only its copies.
        :param timeout: how long to wait, in seconds.
        :raises TimeoutError: if something is still pending then.
        """
        self._server.wait(self._webhooks.outbox.settled(event_id), timeout)
        return self.deliveries(event_id)
