"""Links from a task to Partner Center's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

CUSTOMER_PAGE = "https://partner.microsoft.com/dashboard/v2/customers/{customer_id}/account"


def customer_page(customer_id: object) -> str:
    """Return the URL of a customer's account page in Partner Center, or an empty string if the id is not a GUID."""
    try:
        return CUSTOMER_PAGE.format(customer_id=customer_guid(customer_id))
    except PartnerCenterInvalidRequestError:
        return ""


class PartnerCenterCustomerLink(BaseOperatorLink):
    """Link to the customer's account page, where a person can see and correct the data that Microsoft reviews."""

    name = "Customer in Partner Center"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        return customer_page(getattr(operator, "customer_id", ""))
