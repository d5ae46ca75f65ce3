"""
The asset of a partner's verdicts, ``partnercenter://<partner tenant>/verdicts``: how to name it, and how to read it.

Airflow imports this module in every process that makes an asset, so it imports next to nothing itself.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from airflow.sdk import Asset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from urllib.parse import SplitResult

    from airflow.providers.common.compat.openlineage.facet import Dataset

_SCHEME, _PATH = "partnercenter", "/verdicts"
VERDICTS = f"{_SCHEME}://%{_PATH}"
"""What the URIs of such assets are like, for a database."""

_GUID = re.compile(r"\{?[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")


def verdicts_asset(tenant_id: str) -> Asset:
    """
    Return the asset of a partner's verdicts, for ``outlets`` of a task and for ``schedule`` of a DAG.

    A task of this provider that has it among its ``outlets`` emits an event for each verdict that it succeeds with (see
    ``docs/guides/verdicts.md``).

    :param tenant_id: the partner's own tenant: its id, a GUID in any letter case, or one of its domains. They are
        different assets, so use the same one everywhere; best the GUID, which a tenant has only one of. It is not
        templated.
    :return: the asset. Its name is its URI.
    :raises ValueError: if it is neither a GUID nor a domain.
    """
    return create_asset(tenant_id=tenant_id)


def create_asset(*, tenant_id: str, extra: dict[str, Any] | None = None) -> Asset:
    """Make the asset of a partner's verdicts, as Airflow asks for it by the scheme. See :func:`verdicts_asset`."""
    # With a name, because Airflow makes one of the text as it was written: two spellings would be two assets.
    uri = f"{_SCHEME}://{_tenant(tenant_id)}{_PATH}"
    return Asset(name=uri, uri=uri, extra=extra)


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """
    Bring the URI of an asset into the one form that it has. Airflow calls this for each asset of the scheme.

    :raises ValueError: if it does not name the verdicts of a partner. Airflow then refuses the DAG, with this text.
    """
    if uri.query or uri.path != _PATH:
        raise ValueError(_refusal(urlunsplit(uri)))
    return uri._replace(scheme=_SCHEME, netloc=_tenant(uri.netloc), fragment="")


def convert_asset_to_openlineage(asset: Asset, lineage_context: object) -> Dataset:
    """Return the dataset that OpenLineage is told of."""
    from airflow.providers.common.compat.openlineage.facet import Dataset

    uri = urlsplit(asset.uri)
    return Dataset(namespace=f"{uri.scheme}://{uri.netloc}", name=uri.path.lstrip("/"))


def is_verdicts_asset(outlet: object) -> bool:
    """Return whether something among the outlets of a task is the asset of a partner's verdicts."""
    if not isinstance(outlet, Asset):
        return False
    uri = urlsplit(outlet.uri)
    return (uri.scheme, uri.path) == (_SCHEME, _PATH)


def verdicts_of(
    triggering_asset_events: Mapping[Any, Iterable[Any]], customer_id: str | None = None
) -> list[dict[str, Any]]:
    """
    Return the verdicts from the events that started a run.

    A run by a partition may have several events, and a customer may wait for several qualifications.

    :param triggering_asset_events: what Airflow gives to a task by this name.
    :param customer_id: return only verdicts on this customer. By default, those on whom the events are about.
    :return: the verdicts, oldest first. Each has ``customer_id``, ``qualification`` and ``outcome`` (``"approved"`` or
        ``"denied"``), and as far as they are known ``vetting_status``, ``vetting_reason``, ``vetting_created_date``,
        ``hint``, ``resubmit_denied_of``, ``attempts_left``, ``submitted_at``, ``request_id`` and ``correlation_id``.
        Empty if no event has one.
    """
    from airflow_provider_partnercenter.qualification.verdicts import verdict_in

    events = [event for found in triggering_asset_events.values() for event in found]
    verdicts = [
        # Before Airflow 3.3, events do not say their key, and are of tasks for one customer.
        verdict_in(event.extra, _lower(customer_id) or _lower(getattr(event, "partition_key", None)))
        for event in sorted(events, key=lambda event: event.timestamp)
    ]
    return [verdict for verdict in verdicts if verdict]


def _lower(key: str | None) -> str | None:
    return key.strip().lower() if key else None


def _tenant(text: str) -> str:
    tenant = str(text).strip().lower()
    if _GUID.fullmatch(tenant):
        return str(uuid.UUID(tenant))
    if _DOMAIN.fullmatch(tenant):
        return tenant
    raise ValueError(_refusal(text))


def _refusal(given: object) -> str:
    return (
        f"{given!r} does not name the verdicts of a partner. What to do: give verdicts_asset(…) the partner's own "
        f"tenant, a GUID or one of its domains; as a URI, {_SCHEME}://<partner tenant>{_PATH}."
    )
