"""
The ids of runs that tasks start. Airflow refuses a second run with the same id.

So each event starts one onboarding at most, each approval one run of what follows it, and each run of a chain one that
goes on.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, for_message, to_qualification

# What Airflow accepts by default ([scheduler] allowed_run_id_pattern); besides, it refuses two dots in a row. A run id
# has at most 250 characters.
_ALLOWED = re.compile(r"[A-Za-z0-9_.~:+-]{1,200}")
_HASHED = "sha256:"


def onboarding_run_id(customer_id: object, event_id: object = None) -> str:
    """
    Return the run id of the onboarding that an event starts.

    :param customer_id: the customer's tenant id, a GUID in any letter case.
    :param event_id: the id that the sender gave to the event, a string or an integer, for example an order number. A
        string that Airflow does not accept in a run id is replaced by its SHA-256 hash. Without one (``None`` or an
        empty string) the customer alone decides: it is onboarded once, until a person starts another run.
    :return: ``onboard-<customer>-<event id>``, or ``onboard-<customer>`` without an event id.
    :raises PartnerCenterInvalidRequestError: if the customer id is not a GUID, or the event id is of another type.
    """
    customer = customer_guid(customer_id)
    if event_id is None or event_id == "":
        return f"onboard-{customer}"
    if not isinstance(event_id, str | int) or isinstance(event_id, bool):
        raise PartnerCenterInvalidRequestError(
            f"event_id {for_message(event_id)} is of type {type(event_id).__name__}",
            hint="give the sender's id of the event, a string or an integer",
        )
    try:
        text = str(event_id)
    except ValueError:  # an integer with more digits than Python writes
        raise PartnerCenterInvalidRequestError(
            "event_id is an integer with thousands of digits", hint="give the sender's id of the event"
        ) from None
    return f"onboard-{customer}-{_accepted(text)}"


def follow_up_run_id(customer_id: object, qualification: Any) -> str:
    """
    Return the run id of what follows the approval of a qualification.

    :param customer_id: the customer's tenant id, a GUID in any letter case.
    :param qualification: the qualification, in any spelling.
    :return: ``follow-up-<customer>-<qualification>``.
    :raises PartnerCenterInvalidRequestError: if the customer id is not a GUID, or the qualification is unknown.
    """
    return f"follow-up-{customer_guid(customer_id)}-{to_qualification(qualification)}"


def chain_of(run_id: str, task_id: str, map_index: int = -1, clear: int = 0) -> str:
    """
    Return what the ids of the runs after the first one of a chain are made of.

    :param run_id: the id of the first run.
    :param task_id: the task that hands out the verdicts; a run may have several.
    :param map_index: its map index, if it is mapped.
    :param clear: if a person has cleared the task, the number of this clear.
    """
    # Neither separator can be in a task id, so no two tasks share a chain.
    index = f"~{map_index}" if map_index >= 0 else ""
    again = f"~clear{clear}" if clear else ""
    return _accepted(f"{task_id}{index}{again}:{run_id}")


def batch_run_id(chain: str, number: int) -> str:
    """
    Return the id of a run of a chain.

    It has a prefix of its own, because Airflow keeps those of scheduled and other runs to itself.

    :param chain: what :func:`chain_of` returned.
    :param number: the number of the run in the chain, from 2 on.
    """
    return f"batch-{number}-of-{chain}"


def _accepted(text: str) -> str:
    # What looks like a hash is hashed too, so that no id can be chosen to equal another one's hash.
    if _ALLOWED.fullmatch(text) and ".." not in text and not text.startswith(_HASHED):
        return text
    return _HASHED + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
