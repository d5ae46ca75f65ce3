"""The webhooks of the partner's tenant: its registration, the tests of it, and the events that are sent."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.errors import refused, refused_by_gateway
from airflow_provider_partnercenter.emulator.scenario.faults import number
from airflow_provider_partnercenter.emulator.scenario.limits import Limit
from airflow_provider_partnercenter.emulator.webhooks.events import TEST_EVENT, make_event
from airflow_provider_partnercenter.emulator.webhooks.outbox import Outbox, new_deliveries
from airflow_provider_partnercenter.emulator.webhooks.posting import Message, Poster
from airflow_provider_partnercenter.emulator.webhooks.registration import Registration
from airflow_provider_partnercenter.emulator.webhooks.validation import ValidationEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.emulator.partner.clock import Clock
    from airflow_provider_partnercenter.emulator.settings import Settings

TEST_LIMIT = Limit(requests=2, window=60)
"""How often a test may be requested."""

# Microsoft publishes no error code for what can be wrong with a registration. These come closest.
_INVALID_PROPERTY, _INVALID_INPUT, _NOT_FOUND = 3000, 800002, 1000


class Webhooks:
    """
    The webhooks of the partner's tenant, which has one registration at most.

    This class is not thread-safe; only the server's event loop uses it.

    :param settings: the settings of the emulator.
    :param clock: the emulator's clock.
    :param base_url: returns the base URL of the emulator.
    """

    def __init__(self, settings: Settings, clock: Clock, base_url: Callable[[], str]) -> None:
        self._settings = settings
        self._clock = clock
        self._base_url = base_url
        self.outbox = Outbox(clock, settings.webhook_pause)
        self._poster = Poster(settings.webhook_ca, settings.webhook_timeout)
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
        base, tenant = self._base_url(), self._settings.tenant_id
        event = make_event(TEST_EVENT, base, tenant, None, datetime.now(UTC), lambda: correlation_id)
        deliveries = new_deliveries(TEST_EVENT, None, registration.url, "genuine", 1)
        message = Message((("Content-Type", "application/json"),), event.body())
        self.outbox.send(deliveries, partial(self._poster.post, registration.url, message))
        self._tests[correlation_id] = ValidationEvent(correlation_id, self._clock.now(), deliveries[0])
        return correlation_id

    def test_results(self, correlation_id: str) -> dict[str, Any]:
        """Return what became of a test."""
        test = self._tests.get(correlation_id.lower())
        if test is None or not test.kept(self._clock.now()):
            raise refused(404, _NOT_FOUND, "Not found: there is no validation event with this correlation id.")
        return test.to_json(self._settings.tenant_id)


def _read(body: bytes) -> Registration:
    try:
        return Registration.from_json(body)
    except ValueError as problem:
        raise refused(400, _INVALID_INPUT, f"Invalid request input: {problem}.") from None
