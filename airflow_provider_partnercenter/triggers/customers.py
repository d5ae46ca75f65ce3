"""The trigger that waits for new customers. It only reads; every write happens on a worker."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.onboarding.known_customers import new_customers
from airflow_provider_partnercenter.onboarding.looking import first_day, look
from airflow_provider_partnercenter.qualification.waiting.intervals import jittered
from airflow_provider_partnercenter.storage.known_customers import CustomerMemory
from airflow_provider_partnercenter.threads import in_thread
from airflow_provider_partnercenter.triggers.base import WaitingTrigger
from airflow_provider_partnercenter.triggers.customer_payloads import make_found_event, make_timeout_event
from airflow_provider_partnercenter.triggers.payloads import make_error_event
from airflow_provider_partnercenter.triggers.shared_looks import shared_look

if TYPE_CHECKING:
    from datetime import date

    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
    from airflow_provider_partnercenter.client.models import Customer
    from airflow_provider_partnercenter.onboarding.known_customers import KnownCustomers
    from airflow_provider_partnercenter.onboarding.looking import Source


class PartnerCenterNewCustomersTrigger(WaitingTrigger):
    """
    Wait until the partner has a customer that is not known yet, or the deadline has passed.

    The constructor only stores its arguments, because an exception there would stop the whole triggerer. All arguments
    are plain JSON types, and none is a secret, because Airflow stores them unencrypted.

    :param partnercenter_conn_id: the connection id.
    :param source: ``"customers"`` or ``"audit_records"``: where to look.
    :param memory: the key of the Variable with the known customers. It is read once, when the trigger starts.
    :param poke_interval: the seconds between two looks, ± 20 %.
    :param look_at: when to look first, in seconds since the epoch.
    :param deadline: when the wait ends without a new customer, in seconds since the epoch.
    :param not_before: the earliest time at which the trigger may end, in seconds since the epoch.
    :param silent_fail: whether an unexpected error is only logged and the wait goes on; ``False`` by default.
    """

    def __init__(
        self,
        *,
        partnercenter_conn_id: str,
        source: Source,
        memory: str,
        poke_interval: float,
        look_at: float,
        deadline: float,
        not_before: float,
        silent_fail: bool = False,
    ) -> None:
        super().__init__(partnercenter_conn_id=partnercenter_conn_id, not_before=not_before)
        self.source: Source = source
        self.memory = memory
        self.poke_interval = poke_interval
        self.look_at = look_at
        self.deadline = deadline
        self.silent_fail = silent_fail

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "partnercenter_conn_id": self.partnercenter_conn_id,
                "source": self.source,
                "memory": self.memory,
                "poke_interval": self.poke_interval,
                "look_at": self.look_at,
                "deadline": self.deadline,
                "not_before": self.not_before,
                "silent_fail": self.silent_fail,
            },
        )

    async def _watch(self) -> dict[str, Any]:
        try:
            known = await in_thread(CustomerMemory(self.memory).read)
            if known is None:
                raise PartnerCenterServiceUnavailableError(f"Variable {self.memory!r} was deleted during the wait")
            return await self._wait_for_news(known)
        except PartnerCenterError as error:
            return make_error_event(error)

    async def _wait_for_news(self, known: KnownCustomers) -> dict[str, Any]:
        looked_at, due = known.looked_at, self.look_at
        since = first_day(known.looked_at, clock.now())
        while due < self.deadline:
            retry_after = 0.0
            try:
                listed = await self._next_look(due, since)
                looked_at = clock.now()
                customers, complete = new_customers(listed, known)
                if customers:
                    return make_found_event(customers, looked_at if complete else 0.0)
            except PartnerCenterError as error:
                if not error.retryable:
                    raise
                self.log.warning("%s Looking again later.", error)
                retry_after = error.retry_after or 0.0
            except Exception:
                if not self.silent_fail:
                    raise
                self.log.exception("An unexpected error occurred. Looking again later.")
            due = clock.now() + max(jittered(self.poke_interval, clock.chance()), retry_after)
        await clock.async_sleep(max(0.0, self.deadline - clock.now()))
        return make_timeout_event(looked_at)

    async def _next_look(self, due: float, since: date) -> list[Customer]:
        """Look together with all triggers that use the same client and look in the same way."""
        # The list of customers is the same for any day.
        day = since if self.source == "audit_records" else None

        async def look_together(client: AsyncPartnerCenterClient) -> list[Customer]:
            key = (client, self.poke_interval, day)
            return await shared_look(key, due, partial(self._look, client, since), latest=self.deadline)

        return await PartnerCenterHook(self.partnercenter_conn_id).with_async_conn(look_together)

    async def _look(self, client: AsyncPartnerCenterClient, since: date) -> list[Customer]:
        # A look may outlast the trigger that planned it.
        async with client:
            return await client.run(look(client.exchange, self.source, since))
