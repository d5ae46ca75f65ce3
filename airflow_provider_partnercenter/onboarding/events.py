"""Read an onboarding event: a message of a queue, or what came with an asset event."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, for_message
from airflow_provider_partnercenter.client.wire import UNWRITABLE, loads, printable
from airflow_provider_partnercenter.onboarding.run_ids import onboarding_run_id

#: The longest accepted event, in bytes of JSON. Airflow keeps it with the run, and every task of the run reads it.
LONGEST = 32_000
#: The longest name of a company in a run's note, in characters.
LONGEST_NAME = 256
# The control characters that JSON can only say by an escape.
_ESCAPED = re.compile(r"(?<!\\)(?:\\\\)*\\(?:u00(?:0[0-8ef]|1[0-9ab])|b)")
_EXAMPLE = 'send {"customer_id": "<tenant id>", "event_id": "<id>", "qualification": "Education", …}'


@dataclass(frozen=True, slots=True)
class OnboardingEvent:
    """
    An event that asks for an onboarding.

    :param customer_id: the customer's tenant id, a GUID in lower case.
    :param run_id: the id of the run that the event starts.
    :param conf: the configuration of that run: all members of the event but ``event_id``.
    """

    customer_id: str
    run_id: str
    conf: dict[str, Any]

    @property
    def company_name(self) -> str | None:
        """The customer's name, if the event says it."""
        name = self.conf.get("company_name")
        return printable(name)[:LONGEST_NAME] if isinstance(name, str) else None


def read_event(body: object, customer_id: object = None) -> OnboardingEvent:
    """
    Read an onboarding event.

    :param body: a JSON object, as bytes, as text or parsed. Its ``customer_id`` is the customer's tenant id, its
        ``event_id`` the sender's id of the event (see :func:`.onboarding_run_id`), and all other members are params of
        the onboarding DAG, for example ``qualification`` and ``education_segment``. A ``company_name`` is also the
        note of the run, for people.
    :param customer_id: the customer, if it does not come with the body; for example an asset event's partition key.
    :return: the event.
    :raises PartnerCenterInvalidRequestError: if the body is not a JSON object or too long, if no customer is named, or
        two of them. The message says what to send instead.
    """
    members = dict(_members(body))
    event_id = members.pop("event_id", None)
    named = members.get("customer_id")
    if named is None and customer_id is None:
        raise PartnerCenterInvalidRequestError("The event names no customer", hint=_EXAMPLE)
    customer = customer_guid(customer_id if named is None else named)
    if customer_id is not None and customer_guid(customer_id) != customer:
        raise PartnerCenterInvalidRequestError(
            f"The event names customer {customer}, but it came with the key {for_message(customer_id)}",
            hint="send each event with its own customer as the key, or leave customer_id out of it",
        )
    members["customer_id"] = customer
    return OnboardingEvent(customer, onboarding_run_id(customer, event_id), members)


def _members(body: object) -> Mapping[str, Any]:
    """Return the members of an event, as they can be stored."""
    try:
        text = json.dumps(_parsed(body), ensure_ascii=False, allow_nan=False)
        unwritable = UNWRITABLE.search(text) or _ESCAPED.search(text)
        # Read again: what came parsed may contain what JSON does not know, such as numbers as names.
        document = loads(text.encode(errors="replace"))
    except (ValueError, TypeError, RecursionError) as problem:
        raise PartnerCenterInvalidRequestError(
            f"The event is not JSON ({type(problem).__name__}): {for_message(body)}", hint=_EXAMPLE
        ) from None
    if unwritable:
        raise PartnerCenterInvalidRequestError(
            "The event contains a control character or an unpaired surrogate", hint="remove it from the event"
        )
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        raise PartnerCenterInvalidRequestError(f"The event is not a JSON object: {for_message(body)}", hint=_EXAMPLE)
    if (length := len(text.encode())) > LONGEST:
        raise PartnerCenterInvalidRequestError(
            f"The event has {length} bytes; at most {LONGEST} are accepted",
            hint="send only what the onboarding needs, and a reference to the rest",
        )
    return document


def _parsed(body: object) -> object:
    if isinstance(body, str):
        return loads(body.encode())
    if isinstance(body, bytes | bytearray | memoryview):
        return loads(bytes(body))
    return body
