"""The sensor that waits for new customers."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from airflow.sdk import PokeReturnValue

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.compat import AirflowSensorTimeout, add_partitions, conf
from airflow_provider_partnercenter.exceptions import permanent_errors_fail, tell
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.onboarding.known_customers import KnownCustomers, guid_of, new_customers
from airflow_provider_partnercenter.onboarding.looking import Source, first_day, look
from airflow_provider_partnercenter.qualification.waiting.intervals import jittered
from airflow_provider_partnercenter.qualification.waiting.wait import WAIT_TIMEOUT
from airflow_provider_partnercenter.sensors.base import WaitingSensor
from airflow_provider_partnercenter.storage.known_customers import CustomerMemory, memory_name
from airflow_provider_partnercenter.tasks.arguments import one_of, seconds
from airflow_provider_partnercenter.tasks.deferral import MIN_DEFERRAL, defer_until
from airflow_provider_partnercenter.tasks.runs import run_state
from airflow_provider_partnercenter.tasks.stopping import stoppable
from airflow_provider_partnercenter.triggers.customer_payloads import News, read_news

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context, XComArg

    from airflow_provider_partnercenter.client.models import Customer

POKE_INTERVAL = 600.0

_LOOK_AGAIN = "What to do: nothing if the next run looks again; otherwise clear the task."


class PartnerCenterNewCustomersSensor(WaitingSensor):
    """
    Wait until the partner has new customers, and return them.

    New is a customer that was not there before. The first run takes all customers that are there as known. A customer
    that leaves and returns is not new.

    The sensor remembers what it knows in an Airflow Variable of its own, ``partnercenter_customers.<DAG id>.<task
    id>.<hash>``. The customers that a run has found count as known once that run has succeeded; if it fails, or a
    process is killed, they are found again. So whatever the run starts for a customer has to be started with a run id
    that depends on the customer (see :func:`.tasks.starting.start_onboardings`). Let one run of the DAG be active at a
    time.

    The flags of Airflow's base sensor work as in :class:`.sensors.qualification.PartnerCenterQualificationSensor`.

    The result is a list of dictionaries with these keys, at most 24,000 bytes of JSON; further new customers are
    returned by the next run, at once.

    * ``customer_id``: the customer's tenant id.
    * ``company_name`` and ``domain``: as in Partner Center's customer list, cut to 256 characters; or ``None``.

    From Airflow 3.3 on, each asset in ``outlets`` gets one event for each customer, with the customer's id as its
    partition key. Before, it gets one event without a key for all of them, and a warning is logged.

    :param partnercenter_conn_id: the connection id; ``partnercenter_default`` by default. App-only is enough.
        (templated)
    :param source: ``"customers"`` (default): read the list of all customers, with one request for each 500.
        ``"audit_records"``: read the audit records of the last days for operations that added a customer. This takes
        few requests however many customers there are, and ``domain`` is ``None``. It needs App+User, and is not known
        to tell of every way in which a customer is added (page ``auditing-resources``).
    :param first_look: what to do with the customers that are there when there is no Variable yet. ``"remember"``
        (default): take them as known. ``"report"``: return them.
    :param poke_interval: seconds, or a ``timedelta``, between two looks, ± 20 %; 600 s by default. In reschedule mode
        at least 10 s. Sensors in one triggerer that have the same connection and interval share their looks.
    :param timeout: how long one try waits, in seconds or as a ``timedelta``; seven days by default. ``None`` means
        Airflow's ``[sensors] default_timeout``. With ``soft_fail`` the task is then skipped.
    :param deferrable: whether to wait in the triggerer, without a worker; ``[operators] default_deferrable`` by
        default. If it is ``True``, ``mode`` has no effect.
    :raises ValueError: when the DAG is parsed, if an argument that is not templated is invalid.
    :raises AirflowSensorTimeout: if there is no new customer within ``timeout``.
    :raises PermanentFailureError: if an error occurs that no retry can cure.
    :raises PartnerCenterError: if the first look fails for another reason. Until it succeeds, nothing is known.
    """

    template_fields: Sequence[str] = ("partnercenter_conn_id",)
    ui_color = "#cfe3f5"
    no_last_word = (
        "No new customer was found in time, and the trigger did not report its last look.",
        _LOOK_AGAIN,
    )

    def __init__(
        self,
        *,
        partnercenter_conn_id: str | XComArg = PartnerCenterHook.default_conn_name,
        source: Source = "customers",
        first_look: Literal["remember", "report"] = "remember",
        poke_interval: timedelta | float = POKE_INTERVAL,
        timeout: timedelta | float | None = WAIT_TIMEOUT,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        if timeout is None:
            timeout = conf.getfloat("sensors", "default_timeout")
        super().__init__(
            poke_interval=seconds("poke_interval", poke_interval, positive=True),
            timeout=seconds("timeout", timeout),
            **kwargs,
        )
        # Templated, so it may be another task's output until Airflow renders it, hence Any.
        self.partnercenter_conn_id: Any = partnercenter_conn_id
        self.source: Source = one_of("source", source, ("customers", "audit_records"))
        self.first_look = one_of("first_look", first_look, ("remember", "report"))
        self.deferrable = deferrable
        self._known: KnownCustomers | None = None
        self._deadline = 0.0
        self._look_at = 0.0

    @stoppable
    def execute(self, context: Context) -> Any:
        with self._endings():
            self._begin(context)
        if not self.deferrable:
            return super().execute(context)
        return self._defer(self._memory(context).name)

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once, if that is due. Apply the flags and the timeout here, alike in every mode."""
        with self._endings():
            known = self._known or self._begin(context)
            news = self._look(known) if clock.now() >= self._look_at else News([], known.looked_at)
            if news.customers:
                return PokeReturnValue(True, self._report(context, news))
            self._known = known.seen(news.looked_at)
            if clock.now() >= self._deadline:
                self._conclude(context, news)
            return PokeReturnValue(False)

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """End the task with the customers in the trigger's event."""
        news = read_news(event)
        return self._report(context, news) if news.customers else self._conclude(context, news)

    def _pause(self) -> float:
        return max(0.0, min(self._look_at, self._deadline) - clock.now())

    def _memory(self, context: Context) -> CustomerMemory:
        ti = context["ti"]
        return CustomerMemory(memory_name(ti.dag_id, ti.task_id, -1 if ti.map_index is None else ti.map_index))

    def _begin(self, context: Context) -> KnownCustomers:
        """Find out what is known, make the first look if nothing is, and plan the next look."""
        ti, now = context["ti"], clock.now()
        # A rescheduled sensor runs in a new process each time; Airflow stores when the wait began.
        began = ti.get_first_reschedule_date(context) if self.reschedule and not self.deferrable else None
        self._deadline = (began.timestamp() if began else now) + self.timeout
        with permanent_errors_fail():
            before = self._remembered(context) or self._look_first(context)
            others = {run_id: run_state(ti.dag_id, run_id) for run_id in before.reports if run_id != ti.run_id}
            self._known = known = before.at_start_of(ti.run_id, others)
            if known != before:
                self._memory(context).write(known)
        self._look_at = known.looked_at + jittered(self.poke_interval, clock.chance()) if known.looked_at else now
        return known

    def _remembered(self, context: Context) -> KnownCustomers | None:
        known = self._memory(context).read()
        if known is not None and known.scope != (scope := self._scope()):
            tell(f"What is known is of: {known.scope}. This is a first look at: {scope}.", level=logging.WARNING)
            return None
        return known

    def _scope(self) -> str:
        settings = self._hook.get_conn().settings
        return f"{self.source} of {settings.credentials.tenant_id.lower()} at {settings.base_url}"

    def _look_first(self, context: Context) -> KnownCustomers:
        known = KnownCustomers(self._scope())
        if self.first_look == "remember":
            # Twice, because a list that changes while it is read may leave out a customer, who would later seem new.
            listed = [customer for _ in range(2) for customer in self._listed(clock.now(), first=True)]
            customers = frozenset(filter(None, map(guid_of, listed)))
            known = KnownCustomers(known.scope, clock.now(), customers)
            self.log.info("%d customers are there already and count as known.", len(customers))
        self._memory(context).write(known)
        return known

    def _look(self, known: KnownCustomers) -> News:
        self._look_at = clock.now() + jittered(self.poke_interval, clock.chance())
        try:
            with permanent_errors_fail():
                listed = self._listed(known.looked_at)
        except PartnerCenterError as error:
            self._look_at = max(self._look_at, clock.now() + (error.retry_after or 0.0))
            return News([], known.looked_at)
        customers, complete = new_customers(listed, known)
        return News(customers, clock.now() if complete else 0.0)

    def _listed(self, looked_at: float, *, first: bool = False) -> list[Customer]:
        since = first_day(looked_at, clock.now())
        return self._hook.with_conn(lambda client: client.run(look(client.exchange, self.source, since, first=first)))

    def _report(self, context: Context, news: News) -> list[dict[str, Any]]:
        """Remember the report, and hand it on."""
        ids = [customer["customer_id"] for customer in news.customers]
        with permanent_errors_fail():
            known = self._still_remembered(context)
            self._memory(context).write(known.with_report(context["ti"].run_id, ids, clock.now(), news.looked_at))
        for customer in news.customers:
            self.log.info("Customer %(customer_id)s: new, %(company_name)s (%(domain)s).", customer)
        add_partitions(context, self.outlets, ids)
        return news.customers

    def _conclude(self, context: Context, news: News) -> NoReturn:
        """End the task without a new customer."""
        with permanent_errors_fail():
            self._memory(context).write(self._still_remembered(context).seen(news.looked_at))
        raise AirflowSensorTimeout(
            tell(
                f"No new customer within {timedelta(seconds=round(self.timeout))}. Last look: {_time(news)}.",
                _LOOK_AGAIN,
            )
        )

    def _still_remembered(self, context: Context) -> KnownCustomers:
        # Read again: a wait takes days, and this may be another process.
        if known := self._remembered(context):
            return known
        raise PartnerCenterServiceUnavailableError(
            f"Variable {self._memory(context).name!r} was deleted or replaced during the wait",
            hint="nothing if the task is retried: it begins with a first look; otherwise clear it",
        )

    def _defer(self, memory: str) -> NoReturn:
        from airflow_provider_partnercenter.triggers.customers import PartnerCenterNewCustomersTrigger

        now = clock.now()
        self.log.info("Waiting in the triggerer until %s at the latest.", moment(self._deadline))
        trigger = PartnerCenterNewCustomersTrigger(
            partnercenter_conn_id=self.partnercenter_conn_id,
            source=self.source,
            memory=memory,
            poke_interval=self.poke_interval,
            look_at=self._look_at,
            deadline=self._deadline,
            not_before=now + MIN_DEFERRAL,
            silent_fail=self.silent_fail,
        )
        defer_until(self, trigger, self._deadline, now)


def _time(news: News) -> str:
    return moment(news.looked_at) if news.looked_at else "none succeeded"
