"""What the commands about customers say and show. Pure functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterUnknownOutcomeError
from airflow_provider_partnercenter.client.models import CustomerQualification
from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.qualification.denials import advice, name_of, remedy
from airflow_provider_partnercenter.qualification.vetting import MAX_ATTEMPTS, VETTED, Outcome, describe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_partnercenter.client.models import Customer, Qualification
    from airflow_provider_partnercenter.client.protocol.endpoints import Endpoint
    from airflow_provider_partnercenter.database.waits import WaitingTask
    from airflow_provider_partnercenter.qualification.records import SubmissionNote
    from airflow_provider_partnercenter.qualification.request import SubmissionRequest
    from airflow_provider_partnercenter.qualification.vetting import Judgement

_VETTING = ("qualification", "outcome", "vetting_status", "vetting_reason", "vetting_created_date", "attempts_left")


# -- customers --------------------------------------------------------------------------------------------------------


def row_of_customer(customer: Customer) -> dict[str, Any]:
    """Return a customer as a row."""
    return {"customer_id": customer.id, "company_name": customer.company_name, "domain": customer.domain}


def about_search(number: int, text: str, *, contains: bool, more: bool) -> tuple[str, ...]:
    """
    Say what a search has not shown, and how to find it.

    :param number: how many customers were shown.
    :param more: whether there are more.
    """
    where = "contains" if contains else "begins with"
    if more:
        return (
            f"There are more customers whose company name or domain {where} {text!r}; the first {number} are shown.",
            "What to do: search for more of the name, or raise --limit.",
        )
    if number:
        return ()
    advice = "check the spelling" if contains else "search with --contains, which reads the whole list of customers"
    return (f"No customer's company name or domain {where} {text!r}.", f"What to do: {advice}.")


# -- status -----------------------------------------------------------------------------------------------------------


TABLE = ("customer_id", "customers", "qualification", "outcome", "vetting_reason", "vetting_created_date", "waiting")
"""The columns that fit into a line."""


def row_of_status(
    customer_id: str, wanted: Qualification | None, verdict: Judgement | None, tasks: Sequence[WaitingTask]
) -> dict[str, Any]:
    """
    Return what a customer's qualification is as a row.

    :param wanted: the qualification; ``None`` if the customer has none.
    :param verdict: what the customer's entries mean; ``None`` if they could not be read.
    :param tasks: the tasks of this Airflow that wait for it.
    """
    found = describe(customer_id, verdict, wanted) if verdict and wanted else {"qualification": wanted}
    since = [task.since for task in tasks if task.since]
    return {
        "customer_id": customer_id,
        **{name: found.get(name) for name in _VETTING},
        "outcome": verdict.outcome.value if verdict else None,
        "what_to_do": _advice(verdict, found) if verdict else None,
        "waiting": [task.name for task in tasks],
        "waiting_since": min(since).isoformat(timespec="seconds") if since else None,
    }


def row_of_task(task: WaitingTask) -> dict[str, Any]:
    """Return a task that waits for many customers, or for nobody knows whom, as a row."""
    row = row_of_status("", None, None, [task])
    return {**row, "customer_id": None, "customers": task.customers.count}


def _advice(verdict: Judgement, found: Mapping[str, Any]) -> str | None:
    match verdict.outcome:
        case Outcome.DENIED:
            return str(found["hint"])
        case Outcome.IN_REVIEW:
            return verdict.remark or "wait for Microsoft's verdict"
        case Outcome.ABSENT:
            return "request it by 'airflow partnercenter qualify' or in a DAG"
    return verdict.remark


def about_denials(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Say of each denial what does not fit into a table."""
    return tuple(
        f"Customer {row['customer_id']}: {row['qualification']} was denied, and {row['attempts_left']} of "
        f"{MAX_ATTEMPTS} requests are left at most. What to do: {row['what_to_do']}."
        for row in rows
        if row["outcome"] == Outcome.DENIED
    )


def about_nobody() -> tuple[str, ...]:
    """Say that no task waits."""
    return ("No task of this Airflow waits for a customer.",)


def about_unread(number: int) -> tuple[str, ...]:
    """Say that not all customers were read."""
    return (
        f"{number} more customers are waited for whose qualifications were not read.",
        "What to do: name those that you need: 'airflow partnercenter status CUSTOMER…'.",
    )


# -- qualify ----------------------------------------------------------------------------------------------------------


def about_sending(
    sends: Endpoint[Any],
    base_url: str,
    request: SubmissionRequest,
    customer: Customer,
    problems: Sequence[str],
    earlier: SubmissionNote | None,
    grace: float,
) -> tuple[str, ...]:
    """
    Say what would be sent, for whom, and what is known about it.

    :param sends: the request.
    :param base_url: the address of the API.
    :param customer: the customer, as just read.
    :param problems: what the preflight found.
    :param earlier: the note of a call that sent the same request, if its outcome is unknown.
    :param grace: seconds for which is read first, if there is such a note.
    """
    query = f"?{urlencode(sends.query)}" if sends.query else ""
    whom = ", ".join(name for name in (customer.company_name, customer.domain) if name) or "without a name"
    lines = [
        f"To request {request.qualification} for customer {request.customer_id} ({whom}), this would be sent:",
        f"  {sends.method} {base_url}{sends.path}{query}",
        f"  MS-RequestId: {sends.request_id}",
        f"  {json.dumps(sends.body, ensure_ascii=False)}",
        *(f"Preflight: {problem}." for problem in problems),
    ]
    if earlier:
        lines.append(
            f"An earlier call noted this request at {moment(earlier.posted_at)}, and its outcome is unknown. For up to "
            f"{grace:g} s, the customer is read; the request is sent again only if reads do not show it."
        )
    if request.qualification in VETTED:
        lines.append(f"A customer has {MAX_ATTEMPTS} verification requests in its life, and this one counts.")
    return tuple(lines)


SUBMISSION_TABLE = ("customer_id", "qualification", "outcome", "vetting_reason", "submitted", "request_id")
"""The columns that fit into a line."""


def row_of_submission(result: Mapping[str, Any], customer: Customer) -> dict[str, Any]:
    """
    Return the result of a request as a row.

    :param result: :meth:`.Submission.to_dict`, or the result of the wait that followed.
    """
    names = ("submitted", "submitted_at", "request_id", "correlation_id")
    return {
        "customer_id": result["customer_id"],
        "company_name": customer.company_name,
        **{name: result.get(name) for name in (*_VETTING, *names)},
        "what_to_do": result.get("hint"),
    }


def row_of_lost(request: SubmissionRequest, customer: Customer, ids: Mapping[str, str | None]) -> dict[str, Any]:
    """Return a request whose outcome is unknown as a row."""
    lost = {"customer_id": request.customer_id, "qualification": str(request.qualification), "outcome": "unknown"}
    return row_of_submission({**lost, "submitted": True, **ids}, customer)


def about_result(request: SubmissionRequest, verdict: Judgement, *, sent: bool) -> tuple[str, ...]:
    """
    Say what came of a request.

    :param verdict: what the service says now.
    :param sent: whether this call has sent it.
    """
    customer, what = f"Customer {request.customer_id}:", request.qualification
    done = f"{what} was requested" if sent else "nothing was sent"
    match verdict.outcome:
        case Outcome.APPROVED:
            return (f"{customer} {done}. {what} is approved.",)
        case Outcome.IN_REVIEW:
            return (
                f"{customer} {done}. {what} is in review.",
                f"What to do: wait, and look by 'airflow partnercenter status {request.customer_id}'.",
            )
    denial, left = verdict.entry or CustomerQualification(what), verdict.attempts_left
    todo = advice(denial, left, verdict.remark)
    if left:
        before = f"{verdict.remark}; " if verdict.remark else ""
        todo = (
            f"{before}{remedy(denial)}; then repeat the command with --resubmit-denied-of {name_of(denial)!r}. At most "
            f"{left} of {MAX_ATTEMPTS} requests are left"
        )
    reason = denial.vetting_reason or "no reason given"
    return (f"{customer} {done}. Microsoft has denied {what}: {reason}.", f"What to do: {todo}.")


def about_no_verdict(request: SubmissionRequest, seconds: float, summary: str | None) -> tuple[str, ...]:
    """Say that ``--wait`` was over before there was a verdict."""
    what = f"Customer {request.customer_id}: no verdict on {request.qualification} within {seconds:g} s."
    return (
        f"{what} Last seen: {summary}.",
        f"What to do: look later, by 'airflow partnercenter status {request.customer_id}'.",
    )


def about_lost(
    problem: Exception | KeyboardInterrupt,
    request: SubmissionRequest,
    ids: Mapping[str, str | None],
    *,
    noted: bool,
) -> tuple[str, ...]:
    """
    Say that it is unknown whether a request was carried out.

    :param problem: what ended the call.
    :param ids: the ids that Microsoft's support asks for.
    :param noted: whether the next call knows about it.
    """
    what = f"Customer {request.customer_id}: it is unknown whether {request.qualification} was submitted"
    if isinstance(problem, PartnerCenterUnknownOutcomeError):
        what = problem.lines[0].rstrip(".")
    elif isinstance(problem, PartnerCenterError):
        what += f". {problem.lines[0].rstrip('.')}"
    elif isinstance(problem, KeyboardInterrupt):
        what += ", because the command was interrupted"
    else:
        # Not its text, which may contain anything.
        what += f". Unexpected: {type(problem).__name__}"
    again = (
        "repeat the command. It first reads what came of the request, and sends it again, with the same request id, "
        "only if reads do not show it. If it ends like this again, check the customer in Partner Center, and ask "
        "Microsoft's support with these ids"
        if noted
        else "check the customer in Partner Center before you repeat the command, which cannot know of this request; "
        "ask Microsoft's support with these ids"
    )
    known = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in ids.items() if value)
    return (f"{what}.", f"What to do: {again}.", f"[{known}]")
