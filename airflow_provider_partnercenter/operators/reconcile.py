"""The operator that compares what all customers hold with what is wanted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.exceptions import permanent_errors_fail
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.qualification.bulk.concurrency import MAX_CONCURRENCY
from airflow_provider_partnercenter.qualification.bulk.reconcile import read_all, read_wanted
from airflow_provider_partnercenter.storage.entries import EntryFolder, folder_of
from airflow_provider_partnercenter.tasks.arguments import at_least_one, one_of, rendered, seconds
from airflow_provider_partnercenter.tasks.bulk import OnFindings, conclude_reconciliation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

    from airflow_provider_partnercenter.qualification.bulk.reconcile import Finding, Wanted


class PartnerCenterReconcileQualificationsOperator(BaseOperator):
    """
    Page through all customers, read their qualifications within the request budget, and report what is not as wanted.

    It only reads. The result is a dictionary: ``counts`` (``customers``, and how many qualifications are ``granted``,
    ``in_review``, ``stuck``, ``denied``, ``lost``, ``missing``, ``unlisted``, ``unknown_customer``, ``unreadable``),
    ``findings`` (all but those granted or in review: ``customer_id``, ``company_name``, ``qualification``, ``state``,
    ``since``, ``reason``, ``hint``), ``omitted`` (how many findings are too many for Airflow's database) and ``path``
    (of a JSON file with all findings, if ``storage_path`` is given).

    :param wanted: a list of dictionaries with ``customer_id`` and ``qualification``, or a task's output that is one:
        what customers should hold. Without it nothing is missing or unlisted, but what is lost or stuck is told all the
        same. (templated)
    :param stuck_after: days, or a ``timedelta``, after which a request that is still in review is called stuck;
        Microsoft usually decides within three business days.
    :param on_findings: ``"report"``: succeed with the report; ``"fail"``: push it as XCom and fail without a retry if
        there are any.
    :param storage_path: a folder for a file with all findings, see
        :class:`~airflow_provider_partnercenter.operators.bulk.PartnerCenterQualifyCustomersOperator`. (templated)
    :param partnercenter_conn_id: the connection id; App-only is enough. (templated)
    :param max_concurrency: how many customers are read at a time; the request budget limits them too.
    :raises ValueError: when the DAG is parsed, for an argument that is not templated and can never work.
    """

    template_fields: Sequence[str] = ("wanted", "storage_path", "partnercenter_conn_id")
    ui_color = "#e3eefa"

    def __init__(
        self,
        *,
        wanted: Sequence[dict[str, Any]] | str | None = None,
        stuck_after: timedelta | float = 7,
        on_findings: OnFindings = "report",
        storage_path: str | None = None,
        partnercenter_conn_id: str = PartnerCenterHook.default_conn_name,
        max_concurrency: int = MAX_CONCURRENCY,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.wanted = wanted
        days = (
            stuck_after if isinstance(stuck_after, timedelta) else timedelta(days=seconds("stuck_after", stuck_after))
        )
        self.stuck_after = days
        self.on_findings = one_of("on_findings", on_findings, ("report", "fail"))
        self.storage_path = storage_path
        self.partnercenter_conn_id = partnercenter_conn_id
        self.max_concurrency = at_least_one("max_concurrency", max_concurrency)

    def execute(self, context: Context) -> dict[str, Any]:
        with permanent_errors_fail():
            given = rendered(self.wanted)
            wanted = None if given is None else read_wanted(given)
            path = rendered(self.storage_path)
            folder = EntryFolder(folder_of(str(path), context)) if path else None
            if folder:
                folder.prepare()
            customers, findings = asyncio.run(self._read(wanted))
        return conclude_reconciliation(context, self, customers, findings, folder, on_findings=self.on_findings)

    async def _read(self, wanted: Wanted | None) -> tuple[int, list[Finding]]:
        hook = PartnerCenterHook(self.partnercenter_conn_id)
        async with await hook.get_async_conn(max_connections=self.max_concurrency) as client:
            return await read_all(
                client,
                wanted,
                stuck_after=self.stuck_after,
                now=datetime.fromtimestamp(clock.now(), UTC),
                max_concurrency=self.max_concurrency,
            )
