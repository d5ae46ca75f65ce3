"""What to do about a tenant's webhook registration: which events it needs, and what becomes of one that is there."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import for_message
from airflow_provider_partnercenter.qualification.webhooks.event import BEGINNINGS, TEST_EVENT

if TYPE_CHECKING:
    from collections.abc import Collection

    from airflow_provider_partnercenter.client.models import WebhookRegistration


class Step(Enum):
    """What to do so that the registration is the wanted one."""

    CREATE = "create"
    KEEP = "keep"
    REPLACE = "replace"
    REFUSE = "refuse"


def next_step(existing: WebhookRegistration | None, wanted: WebhookRegistration, *, replace: bool) -> Step:
    """
    Decide what to do about the registration.

    :param existing: the tenant's registration; ``None`` if there is none.
    :param wanted: the one that it should have.
    :param replace: whether a different one, which somebody may need, may be replaced.
    """
    if existing is None:
        return Step.CREATE
    if existing.same_as(wanted):
        return Step.KEEP
    return Step.REPLACE if replace else Step.REFUSE


def events_to_register(asked: Collection[str] | None, offered: Collection[str]) -> tuple[str, ...]:
    """
    Return the events to register for, in the tenant's order and spelling.

    ``test-created`` is always among them if the tenant offers it: a registration without it cannot be tried (page
    ``partner-center-webhooks``).

    :param asked: the names of the wanted events, in any letter case; ``None`` or empty for those with which a customer
        becomes the partner's, as far as the tenant offers them.
    :param offered: the names of the events that the tenant offers.
    :raises PartnerCenterInvalidRequestError: if the tenant does not offer an event that is asked for, or none of those.
    """
    known = {name.casefold() for name in offered}
    wanted = {name.casefold() for name in asked or BEGINNINGS}
    unknown = sorted({name for name in asked or () if name.casefold() not in known})
    what_to_do = f"choose among those that it offers: {', '.join(offered) or 'none'}"
    if unknown:
        raise PartnerCenterInvalidRequestError(
            f"the tenant does not offer {_listed(unknown)} as events of a webhook", hint=what_to_do
        )
    if not wanted & known:
        raise PartnerCenterInvalidRequestError(
            "the tenant offers none of the events with which a customer becomes the partner's", hint=what_to_do
        )
    return tuple(name for name in offered if name.casefold() in {*wanted, TEST_EVENT})


def without_secrets(address: str) -> str:
    """
    Return an address as people may see it.

    What other receivers accept is often decided by a key in the query, such as the ``sig`` of a Logic App: its values
    become asterisks.
    """
    try:
        url = urlsplit(address)
    except ValueError:
        return "***"
    query = "&".join(map(_without_value, url.query.split("&"))) if url.query else ""
    _, at, host = url.netloc.rpartition("@")
    return url._replace(netloc=f"***@{host}" if at else host, query=query, fragment="").geturl()


def _without_value(parameter: str) -> str:
    name, sign, _ = parameter.partition("=")
    # Without a sign, the name is the value.
    return f"{name}=***" if name and sign else "***"


def _listed(names: Collection[str]) -> str:
    return ", ".join(for_message(name) for name in names)
