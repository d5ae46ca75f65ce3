"""What both clients tell an observer, and the example of the documentation, against the emulator."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.client.clouds import CLOUDS, Cloud
from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.observer import Event, RequestEnded, SignInEnded, Throttled
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from tests.support.clients.both_clients import KINDS, User, settings_of

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator

PAGE = Path(__file__).parents[3] / "docs" / "guides" / "metrics.md"
CUSTOMER = ordinary_id(1)


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


@pytest.mark.parametrize("kind", KINDS)
def test_a_call(kind: str, emulator: Emulator) -> None:
    events: list[Event] = []
    user = User(kind, settings_of(emulator, observer=events.append))
    user.get_qualifications(CUSTOMER)
    user.get_qualifications(CUSTOMER)
    assert kinds(events) == ["SignInEnded", "RequestEnded", "RequestEnded"]
    sign_in, first, second = events
    assert isinstance(sign_in, SignInEnded)
    assert (sign_in.mode, sign_in.error) == ("App+User", None)
    for event, call in zip((first, second), emulator.journal(CUSTOMER), strict=True):
        assert isinstance(event, RequestEnded)
        assert (event.kind, event.method, event.status) == ("get_qualifications", "GET", 200)
        assert (event.request_id, event.correlation_id) == (call["request_id"], call["correlation_id"])
        assert event.seconds > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_is_throttled(kind: str, emulator: Emulator) -> None:
    events: list[Event] = []
    user = User(kind, settings_of(emulator, observer=events.append))
    user.get_qualifications(magic.throttled_times(1))
    assert kinds(events) == ["SignInEnded", "RequestEnded", "Throttled", "RequestEnded"]
    throttled = events[2]
    assert isinstance(throttled, Throttled)
    assert throttled.seconds >= 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_sign_in_that_is_refused(kind: str, emulator: Emulator) -> None:
    events: list[Event] = []
    emulator.revoke_refresh_tokens()
    user = User(kind, settings_of(emulator, observer=events.append))
    with pytest.raises(PartnerCenterError) as refused:
        user.get_customer(CUSTOMER)
    [event] = events
    assert isinstance(event, SignInEnded)
    assert (event.error, event.retryable) == (type(refused.value).__name__, False)
    assert emulator.refresh_token not in repr(events)


@pytest.mark.parametrize("kind", KINDS)
def test_an_observer_that_fails_spoils_no_call(kind: str, emulator: Emulator) -> None:
    def broken(event: Event) -> None:
        raise OSError("the network is down")

    user = User(kind, settings_of(emulator, observer=broken))
    assert user.get_qualifications(CUSTOMER) == []


def test_the_example_of_the_documentation(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Cloud(emulator.url, emulator.url, "")
    monkeypatch.setattr(Cloud, "scope", CLOUDS["global"].scope)
    monkeypatch.setitem(CLOUDS, "global", here)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(emulator.ca_file))
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    assert names["read"](CUSTOMER, emulator.client_id, emulator.tenant_id, emulator.client_secret) == []
    said = capsys.readouterr().out
    assert re.fullmatch(r"sign-in: succeeded\nget_qualifications: 200 after \d+\.\d s\n", said), said
