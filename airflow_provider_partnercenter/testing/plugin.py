"""The pytest plugin: its fixtures and its marker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

# Nothing else: this module is imported by every pytest run.
if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.testing.emulators import Emulators
    from airflow_provider_partnercenter.testing.partner_center import PartnerCenter

MARKER = "partnercenter"
#: The connection that a test gets if its marker names no other.
CONN_ID = "partnercenter_default"


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(conn_id='{CONN_ID}', real_time=False, **settings): what the fixture 'partnercenter' gives a test: "
        "the id of the connection, whether waits take time, and settings of the emulator, for example "
        "vetting='seconds:60', verdict='deny' or mfa_enforced=False",
    )


@pytest.fixture(scope="session")
def _partnercenter_emulators() -> Iterator[Emulators]:
    try:
        from airflow_provider_partnercenter.testing.emulators import Emulators
    except ModuleNotFoundError as error:
        pytest.fail(
            f"The emulator of Partner Center cannot be started: the module {error.name!r} is missing.\n"
            "What to do: install airflow-provider-partnercenter with its extra 'testing'.",
            pytrace=False,
        )
    with Emulators() as emulators:
        yield emulators


@pytest.fixture(scope="session")
def partnercenter_emulator(_partnercenter_emulators: Emulators) -> Emulator:
    """
    An emulator of Partner Center, which runs for the whole session; with pytest-xdist, one in each process.

    It has the settings that tests get which name none. For a test, use ``partnercenter``, which resets it.
    """
    return _partnercenter_emulators.get({})


@pytest.fixture
def partnercenter(
    request: pytest.FixtureRequest, _partnercenter_emulators: Emulators, monkeypatch: pytest.MonkeyPatch
) -> PartnerCenter:
    """
    A Partner Center in its initial state, to which Airflow's connection ``partnercenter_default`` leads.

    The waits of this provider's tasks and triggers take no time in the test: they move the time of both sides. What a
    test wants otherwise, its marker says: ``@pytest.mark.partnercenter(conn_id="other", vetting="seconds:60")``.
    """
    from airflow_provider_partnercenter.client.protocol.budget import forget_budgets
    from airflow_provider_partnercenter.testing.partner_center import PartnerCenter

    wanted: dict[str, object] = {"conn_id": CONN_ID, "real_time": False}
    # The marker of the test counts more than that of its class, and this more than that of its module.
    for marker in reversed(list(request.node.iter_markers(MARKER))):
        if marker.args:
            pytest.fail(f"The marker {MARKER!r} takes arguments by name only, not {marker.args[0]!r}.", pytrace=False)
        wanted |= marker.kwargs
    conn_id, real_time = str(wanted.pop("conn_id")), wanted.pop("real_time")
    try:
        emulator = _partnercenter_emulators.get(wanted)
    except (TypeError, ValueError) as error:
        pytest.fail(f"The marker {MARKER!r} of this test cannot be used: {error}.", pytrace=False)
    emulator.reset()
    # What earlier tests have sent would let this one wait for its turn.
    forget_budgets()
    partner_center = PartnerCenter(emulator, conn_id)
    for name, value in partner_center.environment().items():
        monkeypatch.setenv(name, value)
    if not real_time:
        from airflow_provider_partnercenter.testing.clock import Clock

        Clock(emulator).rule(monkeypatch)
    return partner_center
