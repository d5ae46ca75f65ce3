"""What a test sees of Partner Center."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator

_API = "/v1/"


class PartnerCenter:
    """
    A Partner Center for one test.

    :ivar emulator: the emulator, to prepare what the test needs: ``emulator.configure(customer, verdict="deny")``,
        ``emulator.faults(rate=0.5)``, ``emulator.limit("sliding:5/60")``, ``emulator.advance(3600)`` and so on. All of
        it is undone before the next test.
    :ivar conn_id: the id of Airflow's connection to it.
    """

    def __init__(self, emulator: Emulator, conn_id: str) -> None:
        self.emulator = emulator
        self.conn_id = conn_id

    def environment(self) -> dict[str, str]:
        """Return the environment variable with Airflow's connection, by its name."""
        return {f"AIRFLOW_CONN_{self.conn_id.upper()}": self.emulator.connection_json()}

    def requests(
        self, customer_id: str | None = None, *, method: str | None = None, path: str = ""
    ) -> list[dict[str, Any]]:
        """
        Return the requests to the API so far, oldest first; those to the login service are not among them.

        ``assert len(partnercenter.requests(customer, method="POST")) == 1`` says that one request was submitted.

        :param customer_id: only those for this customer (an id, or the name of a magic customer).
        :param method: only those with this HTTP method.
        :param path: only those whose path contains this.
        :return: a dictionary for each, with ``method``, ``path``, ``customer_id``, ``status``, ``body``,
            ``request_id``, ``correlation_id`` and the other members of :class:`.journal.Record`.
        """
        records = self.emulator.journal(customer_id, path or None, method)
        return [record for record in records if record["path"].startswith(_API)]
