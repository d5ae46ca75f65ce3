"""The operator that compares the qualifications of all customers with the wanted ones."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.exceptions import permanent_errors_fail
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.qualification.bulk.acknowledgements import read_acknowledged
from airflow_provider_partnercenter.qualification.bulk.concurrency import MAX_CONCURRENCY
from airflow_provider_partnercenter.qualification.bulk.reconcile import read_all, read_wanted
from airflow_provider_partnercenter.storage.entries import EntryFolder, folder_of
from airflow_provider_partnercenter.tasks.arguments import at_least_one, duration, one_of, rendered
from airflow_provider_partnercenter.tasks.bulk import OnFindings, conclude_reconciliation
from airflow_provider_partnercenter.tasks.stopping import Stoppable, stoppable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context, XComArg

    from airflow_provider_partnercenter.qualification.bulk.reconcile import Reading, Wanted


class PartnerCenterReconcileQualificationsOperator(Stoppable, BaseOperator):
    """
    Read the qualifications of all customers, within the request budget, and report those that are not as wanted.

    The operator only reads. The result is a dictionary with these keys:

    * ``counts``: the number of ``customers``, of items of the customer list ``without_id`` (nothing can be read about
      them), and of qualifications in each state: ``granted``, ``in_review``, ``stuck``, ``denied``, ``lost``,
      ``missing``, ``unlisted``, ``unknown_customer`` and ``unreadable`` (see
      :class:`~airflow_provider_partnercenter.qualification.bulk.findings.Standing`). Findings that are acknowledged are
      not among these; their number is ``acknowledged``.
    * ``findings``: a list with one dictionary for each qualification that is neither granted nor in review, and for
      each customer that could not be read: ``customer_id``, ``company_name``, ``qualification``, ``state``, ``since``,
      ``reason``, ``hint``, ``correlation_id`` and ``acknowledged``. The acknowledged ones come last.
      :func:`~airflow_provider_partnercenter.qualification.bulk.findings.sentence` turns one into a sentence.
    * ``omitted``: how many findings were left out of ``findings`` because they do not fit into Airflow's database.
    * ``path``: the path of a JSON file with all findings. ``None`` without ``storage_path``.
    * ``read_at``: when the operator began to read the customers, ISO 8601 UTC.

    :param wanted: the qualifications that customers should have: a list of dictionaries with ``customer_id`` and
        ``qualification``, or the output of a task that returns one. Without it nothing is reported as missing or
        unlisted, but qualifications that are lost, denied or stuck still are. (templated)
    :param acknowledged: findings that a person knows about: a list of dictionaries, copied from ``findings``. Such a
        finding is reported with ``acknowledged: true``, and is no reason to fail, as long as ``state``, ``since`` and
        ``reason`` stay the same. Keys other than these, ``customer_id`` and ``qualification`` do not matter.
        (templated)
    :param stuck_after: days, or a ``timedelta``, after which a request that is still in review is reported as stuck;
        seven days by default. Microsoft usually decides within three business days.
    :param on_findings: ``"report"`` (default): succeed with the report. ``"fail"``: if there are any findings that are
        not acknowledged, push the report as XCom and fail without a retry.
    :param report_all: whether ``findings`` also contains the qualifications that are granted or in review; ``False`` by
        default. They come last, and are no reason to fail.
    :param storage_path: a folder for a file with all findings, in any storage that Airflow's ``ObjectStoragePath``
        supports; optional. Files stay until
        :func:`~airflow_provider_partnercenter.storage.tidying.remove_finished` removes them. (templated)
    :param partnercenter_conn_id: the connection id; ``partnercenter_default`` by default. App-only is enough.
        (templated)
    :param max_concurrency: how many customers are read at the same time; 16 by default. The request budget limits them
        too.
    :raises ValueError: when the DAG is parsed, if an argument that is not templated is invalid.
    :raises CustomersNotQualifiedError: if there are any findings that are not acknowledged and ``on_findings`` is
        ``"fail"``.
    :raises PermanentFailureError: if an error occurs that no retry can cure.
    :raises PartnerCenterError: if an error occurs that a retry may cure.
    """

    template_fields: Sequence[str] = ("wanted", "acknowledged", "storage_path", "partnercenter_conn_id")
    ui_color = "#e3eefa"

    def __init__(
        self,
        *,
        wanted: Sequence[dict[str, Any]] | str | XComArg | None = None,
        acknowledged: Sequence[dict[str, Any]] | str | XComArg | None = None,
        stuck_after: timedelta | float = 7,
        on_findings: OnFindings = "report",
        report_all: bool = False,
        storage_path: str | XComArg | None = None,
        partnercenter_conn_id: str | XComArg = PartnerCenterHook.default_conn_name,
        max_concurrency: int = MAX_CONCURRENCY,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        # What is templated may be another task's output until Airflow renders it, hence Any.
        self.wanted: Any = wanted
        self.acknowledged: Any = acknowledged
        self.stuck_after = duration("stuck_after", stuck_after, "days")
        self.on_findings = one_of("on_findings", on_findings, ("report", "fail"))
        self.report_all = report_all
        self.storage_path: Any = storage_path
        self.partnercenter_conn_id: Any = partnercenter_conn_id
        self.max_concurrency = at_least_one("max_concurrency", max_concurrency)

    @stoppable
    def execute(self, context: Context) -> dict[str, Any]:
        with permanent_errors_fail():
            given = rendered(self.wanted)
            wanted = None if given is None else read_wanted(given)
            known = rendered(self.acknowledged)
            acknowledged = read_acknowledged([] if known is None else known)
            path = rendered(self.storage_path)
            folder = EntryFolder(folder_of(str(path), context)) if path else None
            if folder:
                folder.prepare()
            reading = asyncio.run(self._read(wanted))
        return conclude_reconciliation(
            context,
            self,
            reading,
            acknowledged,
            folder,
            on_findings=self.on_findings,
            report_all=self.report_all,
        )

    async def _read(self, wanted: Wanted | None) -> Reading:
        hook = PartnerCenterHook(self.partnercenter_conn_id)
        async with await hook.get_async_conn(max_connections=self.max_concurrency) as client:
            return await read_all(
                client,
                wanted,
                stuck_after=self.stuck_after,
                now=datetime.fromtimestamp(clock.now(), UTC),
                max_concurrency=self.max_concurrency,
            )
