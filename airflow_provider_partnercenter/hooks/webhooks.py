"""The methods of the hook that are about webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from airflow_provider_partnercenter.client.models import ValidationEvent, WebhookRegistration
    from airflow_provider_partnercenter.client.sync import PartnerCenterClient


class WebhookMethods:
    """What a hook with a client can do about the tenant's webhook registration (page ``partner-center-webhooks``)."""

    def get_conn(self) -> PartnerCenterClient:
        """Return the client of this hook."""
        raise NotImplementedError

    def get_webhook_registration(self) -> WebhookRegistration | None:
        """
        Read where Partner Center sends which events (GET ``/webhooks/v1/registration``).

        :return: the tenant's registration; ``None`` if there is none.
        """
        return self.get_conn().get_webhook_registration()

    def create_webhook_registration(
        self, webhook_url: str, webhook_events: Collection[str], *, signature_token_to_ms_signature_header: bool = False
    ) -> WebhookRegistration:
        """
        Let Partner Center send events to an address (POST ``/webhooks/v1/registration``).

        If the answer is lost, the registration is read.

        :param webhook_url: where events are to be sent; https.
        :param webhook_events: the names of the events, at least one.
        :param signature_token_to_ms_signature_header: whether the signature is to be sent in the header
            ``x-ms-signature`` instead of ``Authorization``.
        :return: the registration as the service has it now.
        :raises PartnerCenterInvalidRequestError: if the tenant has a registration already; it can have only one.
        :raises PartnerCenterError: with ``outcome_unknown`` set if neither the answer nor a read shows what came of it.
        """
        return self.get_conn().create_webhook_registration(
            webhook_url,
            webhook_events,
            signature_token_to_ms_signature_header=signature_token_to_ms_signature_header,
        )

    def replace_webhook_registration(
        self, webhook_url: str, webhook_events: Collection[str], *, signature_token_to_ms_signature_header: bool = False
    ) -> WebhookRegistration:
        """
        Replace the tenant's registration, whoever has made it (PUT ``/webhooks/v1/registration``).

        The parameters are those of :meth:`create_webhook_registration`.

        :return: the registration as the service has it now.
        :raises PartnerCenterNotFoundError: if there is no registration.
        """
        return self.get_conn().replace_webhook_registration(
            webhook_url,
            webhook_events,
            signature_token_to_ms_signature_header=signature_token_to_ms_signature_header,
        )

    def get_webhook_events(self) -> list[str]:
        """Read the names of the events that the tenant can register for (GET ``/webhooks/v1/registration/events``)."""
        return self.get_conn().get_webhook_events()

    def send_validation_event(self) -> str:
        """
        Let Microsoft send the event ``test-created`` (POST ``/webhooks/v1/registration/validationEvents``).

        The registration must contain that event. Microsoft accepts two such requests a minute.

        :return: the correlation id of the event, for :meth:`get_validation_event`.
        """
        return self.get_conn().send_validation_event()

    def get_validation_event(self, correlation_id: str) -> ValidationEvent:
        """
        Read what became of a validation event so far (GET ``/webhooks/v1/registration/validationEvents/{id}``).

        :param correlation_id: what :meth:`send_validation_event` returned, at most seven days ago.
        :return: Microsoft's status of the event, and each attempt to deliver it.
        :raises PartnerCenterNotFoundError: if the service does not know the event, or not yet.
        """
        return self.get_conn().get_validation_event(correlation_id)
