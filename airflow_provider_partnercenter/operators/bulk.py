"""Operators for many customers at once: one task, one token, one budget."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, conf

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.exceptions import SubmissionsFailedError, permanent_errors_fail
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.qualification.bulk.concurrency import MAX_CONCURRENCY
from airflow_provider_partnercenter.qualification.bulk.report import Result
from airflow_provider_partnercenter.qualification.bulk.rows import Row, read_rows
from airflow_provider_partnercenter.qualification.bulk.submitting import submit_all
from airflow_provider_partnercenter.qualification.bulk.watching import Watch, watch_all
from airflow_provider_partnercenter.qualification.intervals import MAX_WAIT
from airflow_provider_partnercenter.qualification.submission import Preflight, require_user
from airflow_provider_partnercenter.qualification.waiting import PROPAGATION_GRACE, WAIT_TIMEOUT
from airflow_provider_partnercenter.storage.entries import INLINE_BYTES, EntryFolder, folder_of, needs_storage
from airflow_provider_partnercenter.storage.submission_notes import notes_of_many
from airflow_provider_partnercenter.tasks.arguments import (
    at_least_one,
    one_of,
    read_wait_options,
    rendered,
    started_by_person,
)
from airflow_provider_partnercenter.tasks.bulk import OnBulkDenied, conclude_all, defer_for_all
from airflow_provider_partnercenter.tasks.deferral import ends_as_sensor_timeout
from airflow_provider_partnercenter.triggers.bulk_payloads import read_bulk_event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from airflow.sdk import Context

    from airflow_provider_partnercenter.qualification.bulk.report import Entry
    from airflow_provider_partnercenter.qualification.records import SubmissionNotes


_SOME_MISSING = "Not all verdicts came in time, and the trigger did not say which. What to do: clear the task to go on."


class PartnerCenterQualifyCustomersOperator(BaseOperator):
    """
    Request qualifications for many customers in one task, each once, and wait for all verdicts.

    For every customer the decisions are those of
    :class:`~airflow_provider_partnercenter.operators.qualification.PartnerCenterUpdateQualificationOperator`: it reads
    first, requests nothing that is approved or in review already, and an earlier denial only if the row names it. A row
    that cannot work, a denial or a refusal is that customer's; the others go on. A retry or a cleared task goes on
    where the last try was, and submits nothing twice.

    The result is a dictionary: ``counts`` (``total``, ``approved``, ``denied``, ``in_review``, ``refused``, ``failed``,
    ``submitted``), ``customers`` (one entry for each customer and qualification: ``rows``, ``customer_id``,
    ``qualification``, ``outcome``, ``reason``, ``hint``, ``vetting_status``, ``vetting_reason``,
    ``vetting_created_date``, ``submitted``, ``submitted_at``, ``request_id``, ``correlation_id``,
    ``resubmit_denied_of``, ``attempts_left``) and ``path`` (of a JSON file with counts and customers; ``customers`` is
    ``None`` then).

    :param customers: a list of dictionaries, or a task's output that is one, each with ``customer_id``,
        ``qualification`` and, as for a single customer, ``education_segment``, ``website``, ``validation_code``,
        ``organization`` and ``resubmit_denied_of``. Rows for the same customer and qualification are merged; those that
        contradict each other are refused. (templated)
    :param partnercenter_conn_id: the connection id; it must be App+User. (templated)
    :param storage_path: a folder for what is too large for Airflow's database, in any storage of Airflow's
        ``ObjectStoragePath`` that workers and triggerers reach; required from forty customers on, or twelve if each row
        names a denial. (templated)
    :param wait_for_approval: wait for the verdicts, as far as something is in review.
    :param on_denied: ``"report"``: succeed with the report whatever is in it; ``"fail"``: push it as XCom and fail
        without a retry if anybody is not qualified.
    :param preflight: before an Education request, look for what gets it denied: ``"warn"``, ``"fail"``, or ``"off"``,
        because it takes a request of its own for each customer.
    :param max_concurrency: how many customers are dealt with at a time; the request budget limits them too.
    :param success_statuses: vetting statuses, unknown to this package, that mean approval.
    :param failure_statuses: vetting statuses, unknown to this package, that mean denial.
    :param propagation_grace: seconds, or a ``timedelta``, after which a request is sure to be visible to reads.
    :param poke_interval: seconds, or a ``timedelta``, between two looks at one customer, ± 20 %. By default the first
        comes 30 s after its request and the next after 300 s, then ever more rarely up to ``max_wait``. Where the
        request budget does not suffice for all that are due, who has been due for longest comes first.
    :param max_wait: the longest interval of the default, in seconds or a ``timedelta``.
    :param timeout: seconds, or a ``timedelta``, that one try waits; seven days by default. Who is still in review then
        is reported so.
    :param deferrable: wait in the triggerer, without a worker.
    :raises ValueError: when the DAG is parsed, for an argument that is not templated and can never work.
    """

    template_fields: Sequence[str] = ("customers", "partnercenter_conn_id", "storage_path")
    ui_color = "#e3eefa"

    def __init__(
        self,
        *,
        customers: Sequence[dict[str, Any]] | str,
        partnercenter_conn_id: str = PartnerCenterHook.default_conn_name,
        storage_path: str | None = None,
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
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.customers = customers
        self.partnercenter_conn_id = partnercenter_conn_id
        self.storage_path = storage_path
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

    def execute(self, context: Context) -> dict[str, Any]:
        with permanent_errors_fail():
            rows = read_rows(
                rendered(self.customers),
                by_person=started_by_person(context),
                success_statuses=self.wait_options.success_statuses,
                failure_statuses=self.wait_options.failure_statuses,
            )
            folder = self._folder(rows, context)
            if folder:
                folder.prepare()
            entries, watch = asyncio.run(self._work(rows, notes_of_many(context), context))
        if self.deferrable and self._must_wait(entries):
            defer_for_all(
                self,
                entries,
                watch,
                partnercenter_conn_id=self.partnercenter_conn_id,
                max_concurrency=self.max_concurrency,
                folder=folder,
            )
        return self._conclude(context, entries, folder)

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, Any]:
        """End the task by the trigger's event."""
        return self._conclude(context, *read_bulk_event(event))

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        with ends_as_sensor_timeout(_SOME_MISSING):
            return super().resume_execution(next_method, next_kwargs, context)

    def _folder(self, rows: Sequence[Row], context: Context) -> EntryFolder | None:
        if not needs_storage(rows):
            return None
        path = str(rendered(self.storage_path) or "").strip()
        if not path:
            raise PartnerCenterConfigurationError(
                f"storage_path is missing: {len(rows)} customers are more than {INLINE_BYTES // 1000} KB in Airflow's "
                "database; nothing was requested",
                hint="give a folder that workers and triggerers reach, for example s3://connection@bucket/folder",
            )
        return EntryFolder(folder_of(path, context))

    async def _work(
        self, rows: Sequence[Row], notes: Callable[[str], SubmissionNotes], context: Context
    ) -> tuple[list[Entry], Watch]:
        with ThreadPoolExecutor(self.max_concurrency + 2) as threads:
            # Notes are written by threads; those of all that are under way go together into the next write.
            asyncio.get_running_loop().set_default_executor(threads)
            hook = PartnerCenterHook(self.partnercenter_conn_id)
            async with await hook.get_async_conn(max_connections=self.max_concurrency) as client:
                require_user(client.settings.credentials, self.partnercenter_conn_id, f"{len(rows)} customers were")
                entries = await submit_all(
                    client,
                    rows,
                    lambda row: notes(f"{row.customer_id} {row.qualification}"),
                    max_concurrency=self.max_concurrency,
                    preflight_mode=self.preflight,
                    propagation_grace=self.wait_options.propagation_grace,
                    confirm=not self.wait_for_approval,
                )
                self._leave_to_retry(context, entries)
                watch = Watch.begin(self.wait_options)
                if not self.deferrable and self._must_wait(entries):
                    await watch_all(client, entries, watch, max_concurrency=self.max_concurrency)
        return entries, watch

    def _must_wait(self, entries: Sequence[Entry]) -> bool:
        return self.wait_for_approval and any(entry.outcome == Result.IN_REVIEW for entry in entries)

    @staticmethod
    def _leave_to_retry(context: Context, entries: Sequence[Entry]) -> None:
        """Let another try begin with those that met trouble, as long as there is one; the last try reports them."""
        troubled = [entry for entry in entries if entry.retryable]
        unknown = any(entry.outcome == Result.FAILED and not entry.retryable for entry in entries)
        if unknown and not context.get("task_state_store"):
            # Below Airflow 3.3 the next try could not know, and would request these again.
            return
        ti = context.get("ti")
        if troubled and ti is not None and ti.try_number <= getattr(ti, "max_tries", 0):
            raise SubmissionsFailedError(
                f"{len(troubled)} of {len(entries)} customers could not be requested for now, the first of them because"
                f" of: {troubled[0].error}. The next try goes on with them; nothing is requested twice."
            )

    def _conclude(self, context: Context, entries: Sequence[Entry], folder: EntryFolder | None) -> dict[str, Any]:
        return conclude_all(context, self, entries, folder, on_denied=self.on_denied, waited=self.wait_for_approval)
