"""What is in another place, or missing, in an older Airflow."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
from airflow.sdk.execution_time import task_runner

from airflow_provider_partnercenter import compat
from airflow_provider_partnercenter.provider_info import get_provider_info

INFO: dict[str, Any] = get_provider_info()
(CONNECTION,) = INFO["connection-types"]


@pytest.fixture(scope="module")
def form():
    """The form as Airflow's API describes it to the UI."""
    (found,) = [hook for hook in HookMetaService.hook_meta_data() if hook.connection_type == "partnercenter"]
    return found


@pytest.mark.since_airflow("3.1", "a connection form without the FAB provider")
def test_the_form_has_every_field(form):
    assert list(form.extra_fields) == list(CONNECTION["conn-fields"])
    for name, declared in CONNECTION["conn-fields"].items():
        shown = form.extra_fields[name]
        assert shown["schema"]["title"] == declared["label"]
        assert shown["description"] == declared["description"]
        assert shown["schema"].get("enum") == declared["schema"].get("enum")
        default = declared["schema"].get("default")
        assert shown["value"] in (default, str(default))
        if declared["schema"].get("format") == "password":
            assert shown["schema"]["format"] == "password"


@pytest.mark.since_airflow("3.1", "a connection form without the FAB provider")
def test_the_form_says_what_goes_into_the_standard_fields(form):
    assert form.standard_fields.url_schema.hidden
    assert form.standard_fields.login.title == "Application (client) ID"
    assert form.standard_fields.host.placeholder.startswith("overrides the cloud's API address")


@pytest.mark.parametrize("name", compat.__all__)
def test_every_name_is_there_in_every_version(name):
    assert getattr(compat, name) is not None


def test_another_name_is_not_there():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        compat.nothing  # noqa: B018


def test_the_event_loop_of_a_triggerer_waits_for_nobody(monkeypatch):
    # A thread that asks needs this event loop for its answer.
    channel = type("TriggerCommsDecoder", (), {})()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", channel, raising=False)
    entered = threading.Event()

    def enter() -> None:
        with compat.supervisor_turn():
            entered.set()

    with compat.supervisor_turn():
        threading.Thread(target=enter, daemon=True).start()
        assert entered.wait(60)
