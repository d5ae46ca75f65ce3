"""
How the events of a partitioned asset become runs of a DAG.

Airflow imports this module with the plugin in each of its processes, so it imports next to nothing.
"""

from __future__ import annotations

import secrets

from airflow_provider_partnercenter.compat import PartitionMapper

# What Airflow's database holds of a key, in characters.
_LONGEST_KEY = 250
_BYTES = 8


class UniqueKeyMapper(PartitionMapper):
    """
    Give each asset event a run of its own, also if others have the same partition key.

    Use it in a DAG that acts on each event, as the ``default_partition_mapper`` of a ``PartitionedAssetTimetable``. By
    Airflow's own mapper, an event joins the run that is to be made for its key. If the scheduler is making that run at
    this moment, the run is without the event, and no other one is made for it (seen on Airflow 3.2 and 3.3).

    The timetable must have one asset, or several of which one is enough (``first | second``). With ``&`` it would wait
    for ever, because no two events have the same key then.

    Needs Airflow 3.2. The API server, which maps the keys, must have this provider too. On 3.2, events that a task of
    the run emits have the unique key as well; from 3.3 on, this provider's tasks give theirs the customer.
    """

    SOURCE_KEY_TEMPLATE = "{{ (dag_run.partition_key or '').rsplit('#', 1)[0] }}"
    """The partition key of the event, as a template for the arguments of a task; empty if the run has none."""

    def to_downstream(self, key: str) -> str:
        """
        Return the partition key of the run.

        :param key: that of the event, for example a customer's tenant id.
        :return: ``<key>#<16 random hexadecimal digits>``, shortened to the 250 characters that Airflow keeps.
        """
        unique = f"#{secrets.token_hex(_BYTES)}"
        return key[: _LONGEST_KEY - len(unique)] + unique
