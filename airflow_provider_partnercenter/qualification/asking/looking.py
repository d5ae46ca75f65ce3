"""The read before a person is asked. No I/O, no Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.models import CustomerQualification
from airflow_provider_partnercenter.client.protocol.commands import Call, Procedure
from airflow_provider_partnercenter.qualification import outcome
from airflow_provider_partnercenter.qualification.generations import asynchronous_validation
from airflow_provider_partnercenter.qualification.submission import as_found
from airflow_provider_partnercenter.qualification.vetting import Outcome

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange
    from airflow_provider_partnercenter.qualification.records import Submission, SubmissionNotes
    from airflow_provider_partnercenter.qualification.request import SubmissionRequest


def look(
    exchange: Exchange, request: SubmissionRequest, notes: SubmissionNotes, *, propagation_grace: float
) -> Procedure[Submission]:
    """
    Read what the customer has. Nobody is asked about a denial that an earlier try may have dealt with just now.

    :param exchange: sends the calls.
    :param request: whose qualification it is about; what to request does not matter.
    :param notes: the note of earlier tries of the same task.
    :param propagation_grace: seconds after which a submission is sure to be visible to reads.
    :return: what was found, as a submission that sent nothing, or as that of an earlier try.
    :raises PartnerCenterError: if it cannot be read.
    """
    exchange = exchange.scoped()
    began = exchange.now()
    api = asynchronous_validation(exchange, request)
    note = yield Call(notes.load)
    if note and note.payload and note.payload["customer_id"] != request.customer_id:
        # A cleared task may render another customer.
        note = None
    entries = yield from api.read()
    if note:
        # Below Airflow 3.3 nothing is known of what an earlier try has read.
        before = [CustomerQualification.from_dict(entry) for entry in note.baseline] or entries
        if request.judge(entries, before).outcome is Outcome.ABSENT:
            since = began if note.may_be_out else note.posted_at
            entries = yield from outcome.settle(exchange, api, request, before, since + propagation_grace)
    return as_found(exchange, request, request.judge(entries), entries, note)
