"""The webhooks of the partner's tenant: its registration, the tests of it, and the events that are sent."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.errors import refused, refused_by_gateway
from airflow_provider_partnercenter.emulator.scenario.faults import number
from airflow_provider_partnercenter.emulator.scenario.ids import GUID
from airflow_provider_partnercenter.emulator.scenario.limits import Limit
from airflow_provider_partnercenter.emulator.scenario.reading import read_at
from airflow_provider_partnercenter.emulator.settings import authorities
from airflow_provider_partnercenter.emulator.webhooks.certificates import Certificates
from airflow_provider_partnercenter.emulator.webhooks.events import ACCEPTED, EVENTS, TEST_EVENT, make_event
from airflow_provider_partnercenter.emulator.webhooks.kinds import KINDS
from airflow_provider_partnercenter.emulator.webhooks.messages import compose
from airflow_provider_partnercenter.emulator.webhooks.outbox import Outbox, new_deliveries
from airflow_provider_partnercenter.emulator.webhooks.posting import Poster
from airflow_provider_partnercenter.emulator.webhooks.registration import Registration
from airflow_provider_partnercenter.emulator.webhooks.validation import ValidationEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.emulator.partner.clock import Clock
    from airflow_provider_partnercenter.emulator.settings import Settings
    from airflow_provider_partnercenter.emulator.webhooks.deliveries import Delivery

TEST_LIMIT = Limit(requests=2, window=60)
"""How often a test may be requested."""

MAX_ATTEMPTS = 1000
"""The most attempts that :meth:`Webhooks.send` takes."""

# Microsoft publishes no error code for what can be wrong with a registration. These come closest.
_INVALID_PROPERTY, _INVALID_INPUT, _NOT_FOUND = 3000, 800002, 1000


class Webhooks:
    """
    The webhooks of the partner's tenant, which has one registration at most.

    This class is not thread-safe; only the server's event loop uses it.

    :param settings: the settings of the emulator.
    :param clock: the emulator's clock.
    :param base_url: returns the base URL of the emulator.
    :raises ValueError: if the authorities in the settings are not PEM certificates.
    """

    def __init__(self, settings: Settings, clock: Clock, base_url: Callable[[], str]) -> None:
        self._settings = settings
        self._clock = clock
        self._base_url = base_url
        if settings.webhook_ca is not None:
            read_at("webhook_ca", authorities, settings.webhook_ca)
        self.certificates = Certificates()
        self.outbox = Outbox(Poster(settings.webhook_ca, settings.webhook_timeout), clock, settings.webhook_pause)
        self.reset()

    def reset(self) -> None:
        """Remove the registration, and give up what is being sent."""
        self.registration: Registration | None = None
        self._tests: dict[str, ValidationEvent] = {}
        self._limiter = TEST_LIMIT.limiter()
        self.outbox.reset()

    @property
    def subscriber_id(self) -> str:
        """The id of the registration, which stays the same when it is replaced."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"webhooks/{self._settings.tenant_id}"))

    def show(self) -> dict[str, Any]:
        """Return the registration, without its id, as in Microsoft's example."""
        return self._registered().to_json()

    def register(self, body: bytes) -> dict[str, Any]:
        """Register, or refuse it because there is a registration."""
        wanted = _read(body)
        if self.registration is not None:
            text = "Registration already exists, use the PUT method to update a registration."
            raise refused(409, _INVALID_PROPERTY, text)
        return self._keep(wanted)

    def replace(self, body: bytes) -> dict[str, Any]:
        """Replace the registration, or refuse it because there is none."""
        wanted = _read(body)
        self._registered()
        return self._keep(wanted)

    def _keep(self, wanted: Registration) -> dict[str, Any]:
        self.registration = wanted
        return {"SubscriberId": self.subscriber_id, **wanted.to_json()}

    def _registered(self) -> Registration:
        if self.registration is None:
            raise refused(404, _NOT_FOUND, "Not found: the tenant has no webhook registration.")
        return self.registration

    def request_test(self) -> str:
        """
        Send a test event.

        :return: its correlation id.
        """
        if (wait := self._limiter.admit(self._clock.elapsed())) is not None:
            seconds = number(TEST_LIMIT.retry_after(wait))
            text = f"Rate limit is exceeded. Try again in {seconds} seconds."
            raise refused_by_gateway(429, text, {"Retry-After": seconds})
        registration = self._registered()
        if not registration.wants(TEST_EVENT):
            text = f"Invalid request input: the registration does not contain the event {TEST_EVENT!r}."
            raise refused(400, _INVALID_INPUT, text)
        correlation_id = str(uuid.uuid4())
        (delivery,) = self._send(registration, TEST_EVENT, new_id=lambda: correlation_id)
        self._tests[correlation_id] = ValidationEvent(correlation_id, self._clock.now(), delivery)
        return correlation_id

    def test_results(self, correlation_id: str) -> dict[str, Any]:
        """Return what became of a test."""
        test = self._tests.get(correlation_id.lower())
        if test is None or not test.kept(self._clock.now()):
            raise refused(404, _NOT_FOUND, "Not found: there is no validation event with this correlation id.")
        return test.to_json(self._settings.tenant_id)

    def joined(self, customer_id: str) -> None:
        """Tell the receiver that a customer has accepted the partner, if the registration wants that."""
        if self.registration is not None and self.registration.wants(ACCEPTED):
            self._send(self.registration, ACCEPTED, customer_id)

    def send(
        self, event: str, customer_id: str | None = None, kind: str = "genuine", attempts: int | None = None
    ) -> str:
        """
        Let an event happen.

        :param event: its name.
        :param customer_id: the customer whom it is about.
        :param kind: how it is sent, a name of :data:`.kinds.KINDS`.
        :param attempts: how often each copy is tried; ``None`` for what is usual for the kind.
        :return: the id of the event in the log.
        :raises ValueError: if an argument is wrong, or the registration does not want the event.
        """
        if event not in EVENTS:
            raise ValueError(f"event: {event[:100]!r} is not the name of an event. Known names: {', '.join(EVENTS)}")
        if kind not in KINDS:
            raise ValueError(f"kind: {kind[:100]!r} is not known. Known kinds: {', '.join(KINDS)}")
        if customer_id is None and EVENTS[event].of_customer:
            raise ValueError(f"customer_id: is required, because {event} is about a customer")
        if customer_id is not None and not GUID.fullmatch(customer_id.lower()):
            raise ValueError(f"customer_id: must be a GUID, not {customer_id[:100]!r}")
        if attempts is not None and not 1 <= attempts <= MAX_ATTEMPTS:
            raise ValueError(f"attempts: must be a number from 1 to {MAX_ATTEMPTS}, not {attempts!r}")
        if self.registration is None:
            raise ValueError("event: nobody would get it, because no webhook is registered")
        if not self.registration.wants(event):
            wanted = ", ".join(self.registration.events)
            raise ValueError(f"event: the registration does not contain {event}, only: {wanted}")
        return self._send(self.registration, event, customer_id, kind, attempts)[0].event_id

    def _send(
        self,
        registration: Registration,
        name: str,
        customer_id: str | None = None,
        kind: str = "genuine",
        attempts: int | None = None,
        new_id: Callable[[], object] = uuid.uuid4,
    ) -> list[Delivery]:
        base, row = self._base_url(), KINDS[kind]
        customer_id = customer_id and customer_id.lower()
        # Receivers compare the date with their own clocks, which show real time.
        event = make_event(name, base, self._settings.tenant_id, customer_id, datetime.now(UTC), new_id)
        deliveries = new_deliveries(name, event.customer_id, registration.url, kind, row.copies)
        signed = partial(compose, event, kind, self.certificates, base, ms_signature=bool(registration.ms_signature))
        self.outbox.send(deliveries, signed, attempts or row.attempts, at_once=row.at_once)
        return deliveries


def _read(body: bytes) -> Registration:
    try:
        return Registration.from_json(body)
    except ValueError as problem:
        raise refused(400, _INVALID_INPUT, f"Invalid request input: {problem}.") from None
