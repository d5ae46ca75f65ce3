"""Links from a task to Partner Center's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperatorLink

from airflow_provider_partnercenter.client.clouds import DEFAULT_CLOUD
from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, XComArg
    from airflow.sdk.types import TaskInstanceKey

CUSTOMER_PAGE = "https://partner.microsoft.com/dashboard/v2/customers/{customer_id}/account"
# By the cloud of the connection. Microsoft does not document where the pages of the others are, and a link to the pages
# of another cloud would lead to a sign-in that cannot succeed.
_CUSTOMER_PAGES = {"global": CUSTOMER_PAGE, "us_government": CUSTOMER_PAGE}


def customer_page(customer_id: object, cloud: str = DEFAULT_CLOUD) -> str:
    """
    Return the URL of a customer's account page in Partner Center.

    :param customer_id: the customer's tenant id.
    :param cloud: the cloud of the connection, a key of :data:`.CLOUDS`.
    :return: the URL; an empty string if the id is not a GUID, or if the pages of the cloud are not known.
    """
    try:
        return _CUSTOMER_PAGES.get(cloud, "").format(customer_id=customer_guid(customer_id))
    except PartnerCenterInvalidRequestError:
        return ""


class PartnerCenterCustomerLink(BaseOperatorLink):
    """Link to the customer's account page, where a person can see and correct the data that Microsoft reviews."""

    name = "Customer in Partner Center"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        return customer_page(_customer_of(operator))


def with_customer_link(result: XComArg) -> XComArg:
    """
    Give the task of a decorated function the link to the customer's page.

    Use it in the DAG, because ``@task`` has no argument for links. The customer is the function's argument
    ``customer_id``. If there is none, it is that of the first dictionary among the arguments, for example of the result
    of a :class:`~airflow_provider_partnercenter.sensors.qualification.PartnerCenterQualificationSensor`.

    :param result: what the call of the decorated function returned, for example ``approved(wait.output)``.
    :return: ``result``, which other tasks can follow or take.
    :raises ValueError: if the task is mapped. Airflow gives mapped tasks the links of their class only.
    """
    # Any, because XComArg has more kinds than the one that a call returns, and the others have no task.
    task: Any = result
    operator = task.operator
    if operator.is_mapped:
        raise ValueError(f"Task {operator.task_id} is mapped, so it can have no link of its own.")
    operator.operator_extra_links = (PartnerCenterCustomerLink(),)
    return result


def _customer_of(operator: object) -> object:
    """Return the customer that a task is about: of an operator its own, of a decorated function by its arguments."""
    if named := getattr(operator, "customer_id", None):
        return named
    by_name: Any = getattr(operator, "op_kwargs", None) or {}
    arguments = [by_name, *(getattr(operator, "op_args", None) or ()), *by_name.values()]
    # Only dictionaries: Airflow's own mappings, which the function may ask for too, are none, and ask the API.
    return next((found["customer_id"] for found in arguments if isinstance(found, dict) and "customer_id" in found), "")
