"""The example DAGs as modules, with their tasks as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testbed.examples import copy_examples

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


def function_of(module: ModuleType, task_id: str) -> Any:
    """Return the function of a task of an example DAG."""
    return getattr(module, module.__name__)().get_task(task_id).python_callable


# As onboard_customer's text says under "Make it yours".
BY_KEY = {
    "schedule=None,": 'schedule=PartitionedAssetTimetable(assets=Asset("customers_by_key")),',
    "import Param, dag, task": "import Asset, Param, PartitionedAssetTimetable, dag, task",
    '"customer_id": Param(': '"customer_id": Param(None,',
    '"qualification": Param(': '"qualification": Param("Education",',
    '"education_segment": Param(\n            None,': '"education_segment": Param("K12",',
    # Where None is accepted, the type has to say so.
    'type="string",\n            pattern': 'type=["null", "string"],\n            pattern',
    "def onboard_customer()": "def onboard_by_key()",
    "\nonboard_customer()": "\nonboard_by_key()",
}


def edited_examples(folder: Path) -> Path:
    """
    Copy the example DAGs as a user may change them: another interval for new customers, an onboarding by partition key.

    :param folder: the folder to make.
    """
    copy_examples(folder)
    # The new customers are also partition keys for the DAG below.
    new_customers = {
        "poke_interval=timedelta(minutes=10),": 'poke_interval=10,\n        outlets=[Asset("customers_by_key")],',
        "import dag, task": "import Asset, dag, task",
    }
    edit(folder / "onboard_new_customers.py", new_customers)
    if (folder / "onboard_from_asset_events.py").exists():
        by_key = folder / "onboard_by_key.py"
        by_key.write_text((folder / "onboard_customer.py").read_text())
        edit(by_key, BY_KEY)
    return folder


def edit(file: Path, changes: dict[str, str]) -> None:
    """Replace parts of a file, each of which has to be there once."""
    text = file.read_text()
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text)
