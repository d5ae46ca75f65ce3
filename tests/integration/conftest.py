"""What tests against the emulator share: a running one, and plain HTTP to it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator.server import Emulator
from tests.support.plain_api import Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


EXAMPLES = Path(__file__).parents[2] / "dags_examples"


@pytest.fixture(scope="session")
def load_example() -> Callable[[str], Any]:
    """Load an example DAG anew, by its id."""

    def load(dag_id: str) -> Any:
        spec = importlib.util.spec_from_file_location(dag_id, EXAMPLES / f"{dag_id}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return getattr(module, dag_id)()

    return load


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """An emulator in its initial state."""
    running_emulator.reset()
    return running_emulator


@pytest.fixture
def api(emulator: Emulator) -> Iterator[Api]:
    """Plain HTTP to the emulator, with a user's token at hand."""
    api = Api(emulator)
    with api.session:
        yield api
