"""
What holds for all tests.

Generated cases are the same in every run, so that a change is judged by itself; ``HYPOTHESIS_PROFILE=random`` generates
others. Each test has a request budget and masked secrets of its own, although all run in one process.

What cannot exist on the installed version of Airflow is not collected: ``@pytest.mark.since_airflow("3.2", "why")`` and
``@pytest.mark.before_airflow("3.2", "why")``. The summary says how many tests that were, and why.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from airflow_provider_partnercenter.client.protocol.budget import forget_budgets
from tests.airflow_versions import MINOR, forget_masked_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMON: dict[str, Any] = {
    # Time decides no test; and the first case of a new clone waits until a table of all characters is made.
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    # Explaining a failure takes minutes here.
    "phases": [phase for phase in Phase if phase is not Phase.explain],
}
settings.register_profile("same", derandomize=True, database=None, **COMMON)
settings.register_profile("random", print_blob=True, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(autouse=True)
def _budget_of_its_own() -> None:
    """Let no test wait for what another one has sent to the same emulator, perhaps by a clock of its own."""
    forget_budgets()


@pytest.fixture(autouse=True)
def _masked_secrets_of_its_own() -> None:
    """Let Airflow forget the secrets of other tests: it compiles one pattern of all of them for each that is added."""
    forget_masked_secrets()


MARKERS = ("since_airflow", "before_airflow")
NOT_COLLECTED = pytest.StashKey[dict[str, int]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NOT_COLLECTED] = {}
    config.addinivalue_line("markers", "since_airflow(version, reason): what cannot exist on an older Airflow")
    config.addinivalue_line("markers", "before_airflow(version, reason): what only an older Airflow has")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot exist on this version of Airflow."""
    impossible = []
    for item in items:
        reasons = [reason for name in MARKERS for reason in _reasons_against(item, name)]
        if reasons:
            impossible.append(item)
            missing = config.stash[NOT_COLLECTED]
            missing[reasons[0]] = missing.get(reasons[0], 0) + 1
    items[:] = [item for item in items if item not in impossible]
    if impossible:
        config.hook.pytest_deselected(items=impossible)


def _reasons_against(item: pytest.Item, name: str) -> Iterator[str]:
    """Return why the markers of a name leave out a test on this version of Airflow."""
    for marker in item.iter_markers(name):
        version, reason = marker.args
        older = tuple(int(part) for part in version.split(".")) > MINOR
        if older == (name == "since_airflow"):
            yield reason


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over from a process of pytest-xdist what it did not collect; all of them collect the same."""
    missing: dict[str, int] = node.config.stash[NOT_COLLECTED]
    missing.update(getattr(node, "workeroutput", {}).get("not_collected", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that reports what was not collected here, if it is another one."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["not_collected"] = session.config.stash[NOT_COLLECTED]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    missing: dict[str, int] = config.stash[NOT_COLLECTED]
    if missing:
        terminalreporter.section("not collected, because they test another Airflow")
        for reason, number in sorted(missing.items()):
            terminalreporter.write_line(f"{number} x {reason}")
