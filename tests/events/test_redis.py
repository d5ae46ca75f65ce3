"""Messages of a Redis stream become onboardings in a real Airflow that is set up as the example says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from testbed.patience import wait_until
from tests.support.events.stream import EXAMPLE

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from tests.support.events.stream import Stream

pytestmark = pytest.mark.smoke


def test_each_event_starts_one_run_and_poison_goes_to_the_dead_letters(stream: Stream, emulator: Emulator) -> None:
    poison = {
        stream.send(b"not JSON"): "not JSON",
        stream.send(b'{"event_id": "nobody"}'): "names no customer",
        stream.send(b'{"customer_id": "\xff"}'): "not JSON (UnicodeDecodeError)",
        stream.send(b"{}", field="body"): "no field 'event', but 'body'",
    }
    runs = {stream.send_event(number, "order") for number in (1, 2, 1, 1)}
    runs.add(stream.send_event(1, "another-order"))
    stream.switch_on()
    stream.wait_until_empty()
    # Sent again after all is done.
    stream.send_event(2, "order")
    stream.wait_until_empty()
    assert stream.started() == sorted(runs)
    told = stream.dead_letters()
    assert {message: reason in told[message] for message, reason in poison.items()} == dict.fromkeys(poison, True)
    wait_until(lambda: "failed" in stream.states_of_takers(), "somebody hears of the dead letters")
    for run in runs:
        stream.airflow.wait_for_success(EXAMPLE.DAG_ID, run)
    assert len(emulator.journal(ordinary_id(2), method="POST")) == 1


def test_what_a_dead_worker_left_is_taken_over(stream: Stream) -> None:
    events = [stream.event(number, "left") for number in (3, 4)]
    stream.let_die_with(*[body for body, _ in events])
    stream.switch_on()
    stream.wait_until_empty()
    assert stream.started() == [run for _, run in events]


@pytest.mark.since_airflow("3.3", "the API tells params that a DAG refuses from trouble of its own")
def test_params_that_the_dag_refuses_go_to_the_dead_letters(stream: Stream) -> None:
    stream.switch_on()
    run = stream.send_event(5, "wrong", qualification="Nonprofit")
    stream.wait_until_empty()
    assert stream.started() == []
    [reason] = [reason for reason in stream.dead_letters().values() if run in reason]
    assert "Invalid input for param qualification" in reason
