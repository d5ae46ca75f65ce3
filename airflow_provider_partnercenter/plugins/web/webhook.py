"""
The receiver of webhooks: an endpoint that anybody can reach, and that believes nothing before it is verified.

Microsoft sends an event up to ten times, until the answer is a success. So an event that cannot be stored now is
answered with 503, and everything that is not Microsoft's with the same refusal.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.client.wire import printable
from airflow_provider_partnercenter.compat import AIRFLOW_VERSION, EVENTS_HAVE_PARTITIONS
from airflow_provider_partnercenter.plugins.web.asset_events import NotStoredError, store
from airflow_provider_partnercenter.plugins.web.signing_certificates import (
    CertificateUnavailableError,
    SigningCertificates,
    fetch_with,
)
from airflow_provider_partnercenter.plugins.web.webhook_settings import read_webhook_settings
from airflow_provider_partnercenter.qualification.webhooks.delivery import Delivery
from airflow_provider_partnercenter.qualification.webhooks.event import check_length, why_ignored
from airflow_provider_partnercenter.qualification.webhooks.refusal import ANSWER, WebhookRefusedError
from airflow_provider_partnercenter.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from airflow_provider_partnercenter.plugins.web.webhook_settings import WebhookSettings
    from airflow_provider_partnercenter.qualification.webhooks.event import WebhookEvent

log = logging.getLogger(__name__)

# Seconds in which a body must have arrived, and in which the answer is given.
_BODY_WITHIN = 10.0
_ANSWER_WITHIN = 30.0
# How many are verified and stored at the same time. Microsoft repeats what is sent away.
_MOST_AT_ONCE = 64
_LONGEST_SENDER = 64

_STORED = "The event is stored."
_IGNORED = "The event is known, and nothing begins with it."
_LATER = "The event cannot be taken now. Send it again."


class WebhookReceiver:
    """
    The endpoint of one process.

    :param settings: how webhooks are received.
    :param certificates: the certificates that they are signed with.
    :param store: stores an event and returns whether it is new, or raises :class:`.NotStoredError`. It may block.
    """

    def __init__(
        self, settings: WebhookSettings, certificates: SigningCertificates, store: Callable[[WebhookEvent], bool]
    ) -> None:
        self._settings = settings
        self._certificates = certificates
        self._store = store
        self._in_hand = 0

    @property
    def asset(self) -> str:
        """The name of the asset whose events the webhooks become."""
        return self._settings.asset

    async def receive(self, request: Request) -> PlainTextResponse:
        """Answer one request."""
        # A proxy may pass on whatever the sender says.
        sender = printable(request.client.host)[:_LONGEST_SENDER] if request.client else "an unknown address"
        try:
            delivery = await self._delivery(request)
            if self._in_hand >= _MOST_AT_ONCE:
                return _later(sender, f"{_MOST_AT_ONCE} others are in hand")
            self._in_hand += 1
            try:
                async with asyncio.timeout(_ANSWER_WITHIN):
                    return await self._answer(delivery)
            finally:
                self._in_hand -= 1
        except WebhookRefusedError as refused:
            log.warning("A webhook from %s was refused: %s.", sender, refused.reason)
            return PlainTextResponse(ANSWER, 403)
        except CertificateUnavailableError as problem:
            return _later(sender, f"the certificate that it is signed with cannot be fetched: {problem}")
        except NotStoredError as problem:
            return _later(sender, str(problem))
        except TimeoutError:
            return _later(sender, f"it could not be verified and stored within {_ANSWER_WITHIN:g} s")

    async def _delivery(self, request: Request) -> Delivery:
        headers, hosts = request.headers.items(), self._settings.certificate_hosts
        # Of whom the headers say already that it is not Microsoft, no body is read.
        Delivery.from_http(headers, b"", hosts)
        return Delivery.from_http(headers, await _body_of(request), hosts)

    async def _answer(self, delivery: Delivery) -> PlainTextResponse:
        event = await self._verified(delivery)
        if reason := why_ignored(event, self._settings.events):
            log.info("Webhook %s was received: %s.", event.event_id, reason)
            return PlainTextResponse(_IGNORED)
        new = await in_thread(self._store, event)
        log.info(
            "Webhook %s was received%s: customer %s is an event of the asset %r.",
            event.event_id,
            "" if new else " again",
            event.customer_id,
            self._settings.asset,
        )
        return PlainTextResponse(_STORED)

    async def _verified(self, delivery: Delivery) -> WebhookEvent:
        certificate = await self._certificates.get(delivery.certificate_url)
        try:
            certificate.verify(delivery.signature, delivery.body, clock.now())
        except WebhookRefusedError:
            # The address stays the same when Microsoft renews its certificate.
            certificate = await self._certificates.renewed(delivery.certificate_url)
        return delivery.event(certificate, clock.now(), self._settings.freshness)


def make_route() -> Callable[[Request], Awaitable[PlainTextResponse]]:
    """Return what answers webhooks. As long as the configuration is wrong, it sends them away."""
    try:
        return make_receiver().receive
    except PartnerCenterConfigurationError as error:
        log.error("Webhooks of Partner Center are not received. %s", error)  # noqa: TRY400  # the text says it all
        return _unavailable


def make_receiver() -> WebhookReceiver:
    """
    Make the receiver of this API server, as Airflow's configuration says.

    :raises PartnerCenterConfigurationError: if an option is wrong, or this Airflow is too old.
    """
    if not EVENTS_HAVE_PARTITIONS:
        raise PartnerCenterConfigurationError(
            f"Airflow {AIRFLOW_VERSION} has no partitioned asset events", hint="upgrade to Airflow 3.2 or newer"
        )
    settings = read_webhook_settings()
    certificates = SigningCertificates(fetch_with(settings.ca_bundle), settings.roots)
    known_for = settings.freshness.back + settings.freshness.ahead
    return WebhookReceiver(settings, certificates, partial(store, asset_name=settings.asset, known_for=known_for))


async def _unavailable(request: Request) -> PlainTextResponse:
    return PlainTextResponse(_LATER, 503)


async def _body_of(request: Request) -> bytes:
    """
    Read a body, piece by piece, because its sender may never stop.

    :raises WebhookRefusedError: if it is too long, too slow, or not complete.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_WITHIN):
            async for piece in request.stream():
                body += piece
                check_length(body)
    except TimeoutError:
        raise WebhookRefusedError(f"The body did not arrive within {_BODY_WITHIN:g} s") from None
    except ClientDisconnect:
        raise WebhookRefusedError("The connection ended before the body did") from None
    return bytes(body)


def _later(sender: str, reason: str) -> PlainTextResponse:
    log.warning("A webhook from %s was not taken now, and Microsoft sends it again: %s.", sender, reason)
    return PlainTextResponse(_LATER, 503)
