"""The Airflow Variable in which a sensor remembers the customers it knows."""

from __future__ import annotations

from airflow_provider_partnercenter.onboarding.known_customers import KnownCustomers
from airflow_provider_partnercenter.storage.memory import Memory, variable_name


def memory_name(dag_id: str, task_id: str, map_index: int = -1) -> str:
    """Return the key of the Variable of a sensor task; each mapped task instance has its own."""
    return variable_name("partnercenter_customers", dag_id, task_id, map_index)


class CustomerMemory(Memory[KnownCustomers]):
    """
    Reads and writes what a sensor knows.

    :param name: the key of the Variable.
    """

    def __init__(self, name: str) -> None:
        super().__init__(
            name,
            KnownCustomers,
            what="The known customers",
            whose="a sensor for new customers",
            anew="the next run then takes all customers of that moment as known",
            description="Customers that a PartnerCenterNewCustomersSensor knows. Delete it, and the sensor begins "
            "anew.",
        )
