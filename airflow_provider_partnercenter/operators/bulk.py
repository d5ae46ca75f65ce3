"""The operator that qualifies many customers in one task, with one token and one request budget."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.compat import conf
from airflow_provider_partnercenter.exceptions import permanent_errors_fail
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.qualification.bulk.batches import is_complete, read_rest
from airflow_provider_partnercenter.qualification.bulk.concurrency import MAX_CONCURRENCY
from airflow_provider_partnercenter.qualification.bulk.report import Result
from airflow_provider_partnercenter.qualification.bulk.rows import Row, read_rows
from airflow_provider_partnercenter.qualification.bulk.submitting import submit_all
from airflow_provider_partnercenter.qualification.bulk.watching import Watch, watch_all
from airflow_provider_partnercenter.qualification.submission import require_user
from airflow_provider_partnercenter.qualification.waiting.intervals import MAX_WAIT
from airflow_provider_partnercenter.qualification.waiting.wait import PROPAGATION_GRACE, WAIT_TIMEOUT
from airflow_provider_partnercenter.storage.entries import (
    INLINE_BYTES,
    EntryFolder,
    folder_of,
    needs_storage,
    rest_needs_storage,
)
from airflow_provider_partnercenter.storage.submission_notes import notes_of_many
from airflow_provider_partnercenter.tasks.arguments import (
    at_least_one,
    decision_of,
    one_of,
    read_wait_options,
    rendered,
    seconds,
    started_by_person,
)
from airflow_provider_partnercenter.tasks.batches import (
    conclude_run,
    entries_of,
    require_all_that_batches_need,
    watch_of,
)
from airflow_provider_partnercenter.tasks.bulk import OnBulkDenied, defer_for_all, leave_to_retry, tell_waiting
from airflow_provider_partnercenter.tasks.deferral import ends_as_sensor_timeout
from airflow_provider_partnercenter.tasks.stopping import Stoppable, stoppable
from airflow_provider_partnercenter.tasks.verdicts import require_partition_keys, require_wait
from airflow_provider_partnercenter.triggers.bulk_payloads import BulkEnding, read_bulk_event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from airflow.sdk import Context, XComArg

    from airflow_provider_partnercenter.qualification.bulk.batches import Rest
    from airflow_provider_partnercenter.qualification.bulk.report import Entry
    from airflow_provider_partnercenter.qualification.preparation import Preflight
    from airflow_provider_partnercenter.qualification.records import SubmissionNotes


_SOME_MISSING = (
    "Some verdicts did not arrive in time, and the trigger did not report which.",
    "What to do: clear the task to keep waiting.",
)


class PartnerCenterQualifyCustomersOperator(Stoppable, BaseOperator):
    """
    Request qualifications for many customers in one task, each once, and wait for all verdicts.

    Each customer is treated as by
    :class:`~airflow_provider_partnercenter.operators.qualification.PartnerCenterUpdateQualificationOperator`: the
    operator reads first, requests nothing that is already approved or in review, and requests a denied qualification
    again only if the row names the denial. An invalid row, a denial or a refusal affects only that customer. A retry or
    a cleared task continues where the last try stopped, and submits nothing twice.

    The result is a dictionary with these keys:

    * ``counts``: how many customers and qualifications there are (``total``), how many have each outcome
      (``approved``, ``denied``, ``in_review``, ``refused``, ``failed``), and how many this task requested
      (``submitted``).
    * ``customers``: a list with one dictionary for each customer and qualification: ``rows`` (numbers of the rows, from
      0), ``customer_id``, ``qualification``, ``outcome``, ``reason``, ``hint``, ``vetting_status``,
      ``vetting_reason``, ``vetting_created_date``, ``submitted``, ``submitted_at``, ``request_id``,
      ``correlation_id``, ``resubmit_denied_of`` and ``attempts_left``. ``None`` if the result has a ``path``.
    * ``path``: the path of a JSON file with ``counts`` and ``customers``. ``None`` if no storage was needed.
    * ``rest``: what is left to another run, a dictionary for its argument ``rest``; its ``run_id`` is the id that this
      run should have. ``counts`` and ``customers`` are then only about the others, except for ``counts["rest"]``, which
      says how many are left. ``None`` if nobody is left.

    An outlet that is the asset of :func:`~airflow_provider_partnercenter.assets.verdicts_asset` gets an event for each
    verdict whenever the task succeeds (Airflow 3.3). About eighty fit, one for each customer; the others are in
    ``rest``, also without ``batch_after``. See ``docs/guides/batches.md``.

    :param customers: a list of dictionaries, or the output of a task that returns one. Each has ``customer_id`` and
        ``qualification`` and may have ``education_segment``, ``website``, ``validation_code``, ``organization`` and
        ``resubmit_denied_of``, as for a single customer. Rows for the same customer and qualification are merged. Rows
        that contradict each other are refused. (templated)
    :param partnercenter_conn_id: the connection id; ``partnercenter_default`` by default. The connection must be
        App+User. (templated)
    :param storage_path: a folder for data that is too large for Airflow's database, in any storage that Airflow's
        ``ObjectStoragePath`` supports. Workers and triggerers must be able to reach it. Required from 40 customers on,
        or from 12 if each row names a denial. Files stay until
        :func:`~airflow_provider_partnercenter.storage.tidying.remove_finished` removes them. (templated)
    :param wait_for_approval: whether to wait until no customer is in review; ``True`` by default.
    :param on_denied: ``"report"`` (default): succeed with the report, whatever it contains. ``"fail"``: if any customer
        is not qualified, push the report as XCom and fail without a retry.
    :param preflight: whether to check, before each Education request, for what gets it denied: ``"warn"`` logs it,
        ``"fail"`` refuses the customer, ``"off"`` (default) does not check. The check takes one more API request for
        each customer.
    :param max_concurrency: how many customers are processed at the same time; 16 by default. The request budget limits
        them too.
    :param success_statuses: list of vetting statuses that mean approval, in addition to ``Approved``; empty by default.
    :param failure_statuses: list of vetting statuses that mean denial, in addition to ``Denied``; empty by default.
    :param propagation_grace: seconds, or a ``timedelta``, after which reads are sure to show a submitted request; 120 s
        by default.
    :param poke_interval: seconds, or a ``timedelta``, between two polls for one customer, ± 20 %. By default the first
        poll comes 30 s after the request and the second after another 300 s; then the interval grows up to
        ``max_wait``. If the request budget does not suffice for all polls that are due, the one that has been due for
        longest comes first.
    :param max_wait: the longest interval between two polls if ``poke_interval`` is not given, in seconds or as a
        ``timedelta``; one hour by default.
    :param timeout: how long one try waits, in seconds or as a ``timedelta``; seven days by default. Customers still in
        review at that point are reported as ``in_review``. With ``batch_after``, all runs of a chain together wait for
        as long as this.
    :param batch_after: how long a verdict may wait to be handed out, in seconds or as a ``timedelta``. The task then
        ends this long after the first verdict that it sees, or earlier if no more verdicts fit into the events of one
        task, and hands out what it has seen; another run must go on with ``rest``. ``None`` (default): the task ends
        once no customer is in review. See ``docs/guides/batches.md``.
    :param rest: what an earlier run of the chain left: the ``rest`` of its result. Then ``customers`` is not read,
        nothing is requested, and the wait goes on. ``None`` (default) or an empty string or dictionary in the first
        run. (templated)
    :param deferrable: whether to wait in the triggerer, without a worker; ``[operators] default_deferrable`` by
        default.
    :raises ValueError: when the DAG is parsed, if an argument that is not templated is invalid.
    :raises SubmissionsFailedError: if some customers failed temporarily and Airflow has a try left.
    :raises CustomersNotQualifiedError: if any customer is not qualified and ``on_denied`` is ``"fail"``.
    :raises AirflowSensorTimeout: if the trigger has not ended two minutes after ``timeout``.
    :raises PermanentFailureError: if an error that no retry can cure concerns the whole task.
    :raises PartnerCenterError: if an error that a retry may cure concerns the whole task.
    """

    template_fields: Sequence[str] = ("customers", "partnercenter_conn_id", "storage_path", "rest")
    ui_color = "#e3eefa"

    def __init__(
        self,
        *,
        customers: Sequence[dict[str, Any]] | str | XComArg,
        partnercenter_conn_id: str | XComArg = PartnerCenterHook.default_conn_name,
        storage_path: str | XComArg | None = None,
        wait_for_approval: bool = True,
        on_denied: OnBulkDenied = "report",
        preflight: Preflight = "off",
        max_concurrency: int = MAX_CONCURRENCY,
        success_statuses: Sequence[str] = (),
        failure_statuses: Sequence[str] = (),
        propagation_grace: timedelta | float = PROPAGATION_GRACE,
        poke_interval: timedelta | float | None = None,
        max_wait: timedelta | float = MAX_WAIT,
        timeout: timedelta | float = WAIT_TIMEOUT,
        batch_after: timedelta | float | None = None,
        rest: dict[str, Any] | str | XComArg | None = None,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        # What is templated may be another task's output until Airflow renders it, hence Any.
        self.customers: Any = customers
        self.partnercenter_conn_id: Any = partnercenter_conn_id
        self.storage_path: Any = storage_path
        self.rest: Any = rest
        self.wait_for_approval = wait_for_approval
        self.on_denied = one_of("on_denied", on_denied, ("report", "fail"))
        self.preflight = one_of("preflight", preflight, ("warn", "fail", "off"))
        self.max_concurrency = at_least_one("max_concurrency", max_concurrency)
        self.wait_options = read_wait_options(
            success_statuses=success_statuses,
            failure_statuses=failure_statuses,
            propagation_grace=propagation_grace,
            poke_interval=poke_interval,
            max_wait=max_wait,
            timeout=timeout,
        )
        self.deferrable = deferrable
        self.batch_after = None if batch_after is None else seconds("batch_after", batch_after, positive=True)
        require_all_that_batches_need(self, self.batch_after, self.on_denied, wait_for_approval)
        require_wait(self, wait_for_approval)
        require_partition_keys(self)

    @stoppable
    def execute(self, context: Context) -> dict[str, Any]:
        with permanent_errors_fail():
            rest = read_rest(rendered(self.rest))
            entries, watch, folder = self._go_on(rest, context) if rest else self._begin(context)
        if self.deferrable and self._must_wait(entries):
            defer_for_all(
                context,
                self,
                entries,
                watch,
                partnercenter_conn_id=self.partnercenter_conn_id,
                max_concurrency=self.max_concurrency,
                folder=folder,
            )
        return self._conclude(context, BulkEnding(entries, folder, watch.started_at, watch.deadline))

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, Any]:
        """End the task with the result in the trigger's event."""
        return self._conclude(context, read_bulk_event(event))

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        with ends_as_sensor_timeout(*_SOME_MISSING):
            return super().resume_execution(next_method, next_kwargs, context)

    def _begin(self, context: Context) -> tuple[list[Entry], Watch, EntryFolder | None]:
        rows = read_rows(
            rendered(self.customers),
            by_person=started_by_person(context),
            success_statuses=self.wait_options.success_statuses,
            failure_statuses=self.wait_options.failure_statuses,
        )
        folder = self._folder(len(rows), context) if needs_storage(rows) else None
        return *asyncio.run(self._work(rows, notes_of_many(context), context)), folder

    def _go_on(self, rest: Rest, context: Context) -> tuple[list[Entry], Watch, EntryFolder | None]:
        entries = entries_of(rest)
        folder = self._folder(len(entries), context) if rest_needs_storage(entries) else None
        watch = watch_of(rest, self.wait_options, self.batch_after, context, self)
        if not self.deferrable and self._must_wait(entries):
            tell_waiting(context, self, entries, watch)
            asyncio.run(self._watch(entries, watch))
        return entries, watch, folder

    def _folder(self, customers: int, context: Context) -> EntryFolder:
        path = str(rendered(self.storage_path) or "").strip()
        if not path:
            raise PartnerCenterConfigurationError(
                f"storage_path is missing: {customers} customers may take more than the {INLINE_BYTES // 1000} KB that "
                "this provider stores in Airflow's database; nothing was requested",
                hint="give a folder that workers and triggerers can reach, for example s3://connection@bucket/folder",
            )
        folder = EntryFolder(folder_of(path, context))
        folder.prepare()
        return folder

    async def _work(
        self, rows: Sequence[Row], notes: Callable[[str], SubmissionNotes], context: Context
    ) -> tuple[list[Entry], Watch]:
        with ThreadPoolExecutor(self.max_concurrency + 2) as threads:
            # Threads write the notes. One for each customer in progress lets the notes of all share the next write.
            asyncio.get_running_loop().set_default_executor(threads)
            hook = PartnerCenterHook(self.partnercenter_conn_id)
            async with await hook.get_async_conn(max_connections=self.max_concurrency) as client:
                require_user(client.settings.credentials, self.partnercenter_conn_id, "The customers were")
                entries = await submit_all(
                    client,
                    rows,
                    lambda row: notes(f"{row.customer_id} {row.qualification}"),
                    decision=decision_of(context),
                    max_concurrency=self.max_concurrency,
                    preflight_mode=self.preflight,
                    propagation_grace=self.wait_options.propagation_grace,
                    confirm=not self.wait_for_approval,
                )
                leave_to_retry(context, entries)
                watch = Watch.begin(self.wait_options, self.batch_after)
                if not self.deferrable and self._must_wait(entries):
                    tell_waiting(context, self, entries, watch)
                    await watch_all(client, entries, watch, max_concurrency=self.max_concurrency)
        return entries, watch

    async def _watch(self, entries: list[Entry], watch: Watch) -> None:
        hook = PartnerCenterHook(self.partnercenter_conn_id)
        async with await hook.get_async_conn(max_connections=self.max_concurrency) as client:
            await watch_all(client, entries, watch, max_concurrency=self.max_concurrency)

    def _must_wait(self, entries: Sequence[Entry]) -> bool:
        waits = self.wait_for_approval and any(entry.outcome == Result.IN_REVIEW for entry in entries)
        return waits and (self.batch_after is None or not is_complete(entries))

    def _conclude(self, context: Context, ending: BulkEnding) -> dict[str, Any]:
        with permanent_errors_fail():
            rest = read_rest(rendered(self.rest))
        return conclude_run(
            context,
            self,
            ending,
            rest,
            on_denied=self.on_denied,
            waited=self.wait_for_approval,
            in_batches=self.batch_after is not None,
        )
