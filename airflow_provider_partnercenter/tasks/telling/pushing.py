"""Push what a task tells about its customers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.qualification.states.customer import KEY, KEY_OF_MANY
from airflow_provider_partnercenter.tasks.telling.states import Source

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context

    from airflow_provider_partnercenter.qualification.states.customer import CustomerState
    from airflow_provider_partnercenter.qualification.states.many import ManyState

log = logging.getLogger(__name__)


def source_of(
    context: Context, operator: BaseOperator, cloud: str | None = None, company_name: str | None = None
) -> Source:
    """
    Return where a task works, and with whom.

    The customer's name is the operator's argument ``company_name``. If it has none, it is the run's param of this name,
    which a person or an event gives.

    :param cloud: the national cloud of the connection, if it is known.
    :param company_name: the customer's name in Partner Center, if it was read.
    """
    name = company_name or getattr(operator, "company_name", None)
    index = getattr(context.get("ti"), "map_index", None)
    # The instances of a mapped task have a customer each.
    if not name and not (isinstance(index, int) and index >= 0):
        name = (context.get("params") or {}).get("company_name")
    connection_id = getattr(operator, "partnercenter_conn_id", None)
    return Source(connection_id and str(connection_id), str(name) if name else None, cloud)


def tell_customer(context: Context, operator: BaseOperator, state: CustomerState) -> None:
    """Push how a customer stands, in the place of what the task told before."""
    _push(context, operator, KEY, state.to_dict())


def tell_customers(context: Context, operator: BaseOperator, state: ManyState) -> None:
    """Push how the customers of a task for many stand, in the place of what the task told before."""
    _push(context, operator, KEY_OF_MANY, state.to_dict())


def _push(context: Context, operator: BaseOperator, key: str, value: dict[str, Any]) -> None:
    if not operator.do_xcom_push or "ti" not in context:
        return
    try:
        context["ti"].xcom_push(key=key, value=value)
    except Exception as problem:  # noqa: BLE001  # of Airflow's API, or of an XCom backend
        # A request may be out, and a wait or a verdict matters more than the page that shows it.
        log.warning(
            "The XCom %r could not be written (%s), so the page of Partner Center does not show how this task stands. "
            "The task goes on.",
            key,
            type(problem).__name__,
        )
