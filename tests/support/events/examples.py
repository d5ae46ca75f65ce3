"""The example DAGs as modules, with their tasks as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.compat import TASKS_CHOOSE_PARTITIONS
from airflow_provider_partnercenter.emulator.settings import TENANT_ID
from testbed.examples import copy_examples, edit, start_by_key

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


def function_of(module: ModuleType, task_id: str) -> Any:
    """Return the function of a task of an example DAG."""
    return getattr(module, module.__name__)().get_task(task_id).python_callable


# Each verdict in a batch is an asset event, and tells it soon.
_BATCHES = {
    "BATCH_AFTER = timedelta(minutes=10)": "BATCH_AFTER = timedelta(seconds=10)",
    'TENANT = ""': f'TENANT = "{TENANT_ID}"',
    '"retry_delay": timedelta(minutes=1)': '"retry_delay": timedelta(seconds=5)',
    "deferrable=True,": (
        'deferrable=True,\n        poke_interval=10,\n        partnercenter_conn_id="partnercenter_unlimited",'
    ),
}


def edited_examples(folder: Path) -> Path:
    """
    Copy the example DAGs as a user may change them.

    New customers and verdicts are looked for at other intervals, an onboarding takes a partition key, and each verdict
    in a batch is an asset event.

    :param folder: the folder to make.
    """
    copy_examples(folder)
    # The new customers are also partition keys for the DAG below.
    new_customers = {
        "poke_interval=timedelta(minutes=10),": 'poke_interval=10,\n        outlets=[Asset("customers_by_key")],',
        "import dag, task": "import Asset, dag, task",
    }
    edit(folder / "onboard_new_customers.py", new_customers)
    if TASKS_CHOOSE_PARTITIONS:
        edit(folder / "onboard_in_batches.py", _BATCHES)
    if (folder / "onboard_from_webhooks.py").exists():
        # The emulator's customers.
        edit(folder / "onboard_from_webhooks.py", {'.endswith(".edu")': '.endswith(".example")'})
    if (folder / "onboard_from_asset_events.py").exists():
        by_key = folder / "onboard_by_key.py"
        by_key.write_text((folder / "onboard_customer.py").read_text())
        start_by_key(by_key, "customers_by_key")
        edit(by_key, {
            "def onboard_customer()": "def onboard_by_key()",
            "\nonboard_customer()": "\nonboard_by_key()",
        })  # fmt: skip
    return folder
