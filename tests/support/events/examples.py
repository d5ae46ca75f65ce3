"""The example DAGs as modules, with their tasks as functions."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLES = Path(__file__).parents[3] / "dags_examples"


def load(dag_id: str) -> ModuleType:
    """Load an example DAG anew, as a module."""
    spec = importlib.util.spec_from_file_location(dag_id, EXAMPLES / f"{dag_id}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def function_of(module: ModuleType, task_id: str) -> Any:
    """Return the function of a task of an example DAG."""
    return getattr(module, module.__name__)().get_task(task_id).python_callable
