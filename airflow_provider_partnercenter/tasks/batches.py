"""Hand out a batch of verdicts, and hand the rest on to the next run of a chain."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.exceptions import permanent_errors_fail, tell
from airflow_provider_partnercenter.onboarding.run_ids import batch_run_id, chain_of
from airflow_provider_partnercenter.qualification.bulk.batches import Rest, deadline_of, split
from airflow_provider_partnercenter.qualification.bulk.watching import Watch
from airflow_provider_partnercenter.storage.entries import INLINE_BYTES, EntryFolder, rest_needs_storage, shortened
from airflow_provider_partnercenter.tasks.arguments import clear_number
from airflow_provider_partnercenter.tasks.bulk import conclude_all, is_good
from airflow_provider_partnercenter.tasks.verdicts import emit_verdicts, verdict_outlets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import BaseOperator, Context

    from airflow_provider_partnercenter.qualification.bulk.report import Entry
    from airflow_provider_partnercenter.qualification.waiting.wait import WaitOptions
    from airflow_provider_partnercenter.tasks.bulk import OnBulkDenied
    from airflow_provider_partnercenter.triggers.bulk_payloads import BulkEnding


def require_all_that_batches_need(
    operator: BaseOperator, batch_after: float | None, on_denied: OnBulkDenied, wait_for_approval: bool
) -> None:
    """
    Check that the other arguments of a task go together with ``batch_after``, if it is given.

    :raises ValueError: if one does not.
    """
    if batch_after is None:
        return
    for name, value, needed, why in (
        ("on_denied", on_denied, "report", "a task that fails hands out nothing, so the customers before it were lost"),
        ("wait_for_approval", wait_for_approval, True, "without it the task does not wait for any verdict"),
        ("do_xcom_push", operator.do_xcom_push, True, "the result says what the next run has to go on with"),
    ):
        if value != needed:
            raise ValueError(f"batch_after needs {name}={needed!r}, not {value!r}: {why}.")


def entries_of(rest: Rest) -> list[Entry]:
    """
    Return the entries that an earlier run left.

    :raises PartnerCenterConfigurationError: if their folder cannot be read, and a retry would not help.
    :raises PartnerCenterServiceUnavailableError: if it cannot be read at the moment.
    """
    return EntryFolder(rest.path, rest.deferral_id).read_rest(rest.total) if rest.path else rest.inline()


def watch_of(
    rest: Rest, options: WaitOptions, batch_after: float | None, context: Context, operator: BaseOperator
) -> Watch:
    """
    Return the watch that goes on with the wait of an earlier run: the chain as a whole waits for ``timeout``.

    :param options: how long to wait and how often to poll, as this run's task has it.
    """
    cleared = bool(clear_number(context, operator))
    deadline = deadline_of(rest, now=clock.now(), cleared=cleared, timeout=options.timeout)
    return Watch.begin(options, batch_after, started_at=rest.started_at, deadline=deadline)


def conclude_run(
    context: Context,
    operator: BaseOperator,
    ending: BulkEnding,
    before: Rest | None,
    *,
    on_denied: OnBulkDenied,
    waited: bool,
    in_batches: bool,
) -> dict[str, Any]:
    """
    End the task: with a report on everybody, or with a batch and what another run has to go on with.

    :param ending: how the wait ended.
    :param before: what an earlier run left to this one.
    :param waited: whether the task waited for verdicts.
    :param in_batches: whether it may end while others are in review, for whom another run then waits until the
        deadline.
    :return: the report, see :func:`.bulk.conclude_all`.
    :raises CustomersNotQualifiedError: if ``on_denied`` is ``"fail"`` and any customer is not qualified. The report is
        pushed as XCom first.
    """
    fails = on_denied == "fail" and any(not is_good(entry.outcome, waited=waited) for entry in ending.entries)
    if (in_batches or verdict_outlets(operator)) and not fails:
        over = not in_batches or clock.now() >= ending.deadline
        report = _conclude_batch(context, operator, ending, before, waited=waited, over=over)
    else:
        report = conclude_all(context, operator, ending.entries, ending.folder, on_denied=on_denied, waited=waited)
    if report["rest"] and not in_batches:
        tell(
            f"{report['rest']['total']} verdicts do not fit into the asset events of one task, or are the second one "
            "of their customer.",
            "What to do: let another run go on with 'rest' of the result, as the DAG onboard_in_batches does.",
            level=logging.WARNING,
        )
    if before and before.path:
        _release(EntryFolder(before.path))
    return report


def _conclude_batch(
    context: Context, operator: BaseOperator, ending: BulkEnding, before: Rest | None, *, waited: bool, over: bool
) -> dict[str, Any]:
    batch = split(ending.entries, over=over)
    # Under names of their own, the files that a result names are not those of an earlier try that still runs.
    folder = EntryFolder(ending.folder.path, f"{clock.now():.3f}") if ending.folder else None
    rest = _hand_on(context, operator, ending, batch.left, before, folder) if batch.left else None
    report = conclude_all(context, operator, batch.reported, folder, on_denied="report", waited=waited, rest=rest)
    emit_verdicts(context, operator, batch.verdicts)
    return report


def _release(folder: EntryFolder) -> None:
    """Let the rest of an earlier run be tidied up, now that this one has gone on with it."""
    try:
        folder.release_rest()
    except PartnerCenterError as error:
        # It is only kept for longer.
        tell(*error.lines, level=logging.WARNING)


def _hand_on(
    context: Context,
    operator: BaseOperator,
    ending: BulkEnding,
    left: Sequence[Entry],
    before: Rest | None,
    folder: EntryFolder | None,
) -> Rest:
    ti = context["ti"]
    index = getattr(ti, "map_index", None)
    # Whom a first run requests once it is cleared, the chain that it had begun does not know.
    clear = clear_number(context, operator)
    chain = before.chain if before else chain_of(ti.run_id, ti.task_id, -1 if index is None else index, clear)
    number = before.number + 1 if before else 2
    plain = shortened(left)
    stored = folder if folder and (rest_needs_storage(left) or len(json.dumps(plain)) > INLINE_BYTES) else None
    if stored:
        with permanent_errors_fail():
            stored.write_rest(left)
    return Rest(
        batch_run_id(chain, number),
        chain,
        number,
        ending.started_at,
        ending.deadline,
        len(left),
        entries=None if stored else tuple(plain),
        path=stored.path if stored else None,
        deferral_id=stored.deferral_id if stored else "",
    )
