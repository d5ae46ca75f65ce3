"""The example DAGs that the installed Airflow can import."""

from __future__ import annotations

import importlib.util
import shutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLES = Path(__file__).resolve().parent.parent / "dags_examples"
# What some of them need that not every Airflow has: a module, and a name in it.
_NEEDS = {
    "follow_up_verdicts": ("airflow.sdk", "PartitionedAssetTimetable"),  # 3.2
    "onboard_from_asset_events": ("airflow.sdk", "PartitionedAssetTimetable"),  # 3.2
    "onboard_from_redis": ("airflow.providers.redis.hooks.redis", "RedisHook"),
    "onboard_many_with_a_person": ("airflow.sdk.execution_time.hitl", "upsert_hitl_detail"),  # 3.1
    "onboard_with_a_person": ("airflow.sdk.execution_time.hitl", "upsert_hitl_detail"),  # 3.1
    "onboard_with_deadline": ("airflow.sdk", "DeadlineAlert"),  # 3.2
    "onboard_from_service_bus": ("azure.servicebus", "ServiceBusClient"),
}


def importable_examples() -> list[Path]:
    """Return the files of the example DAGs that can be imported here."""
    return [file for file in sorted(EXAMPLES.glob("*.py")) if _has(*_NEEDS.get(file.stem, ("airflow", "__version__")))]


def load_example(dag_id: str) -> ModuleType:
    """Load an example DAG anew, as a module."""
    spec = importlib.util.spec_from_file_location(dag_id, EXAMPLES / f"{dag_id}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def copy_examples(folder: Path) -> Path:
    """Copy the example DAGs that can be imported here, and return the folder."""
    folder.mkdir(parents=True)
    for file in importable_examples():
        shutil.copy(file, folder)
    return folder


def _has(module: str, name: str) -> bool:
    try:
        return hasattr(import_module(module), name)
    except ImportError:
        return False
