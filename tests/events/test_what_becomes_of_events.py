"""Events for a paused DAG, a customer of nobody, a customer who is qualified already; and what the pages tell to do."""

from __future__ import annotations

import json
import re
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.onboarding.run_ids import onboarding_run_id
from testbed.patience import wait_until
from tests.support.events.bursts import ONBOARDING, Event, Senders
from tests.support.events.unique_keys import runs_about

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from testbed.local_airflow import LocalAirflow
    from testbed.redis_server import RedisServer

pytestmark = pytest.mark.smoke
PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "start-onboarding" / "rest.md").read_text()


@pytest.fixture
def senders(airflow: LocalAirflow, redis: RedisServer) -> Senders:
    airflow.wait_for_dag(ONBOARDING)
    return Senders(airflow, redis)


def event(customer: str) -> Event:
    return Event(customer, uuid.uuid4().hex[:8])


def posts(emulator: Emulator, customer: str) -> int:
    return len(emulator.journal(customer, method="POST"))


def test_an_event_for_a_paused_dag_is_kept(airflow: LocalAirflow, emulator: Emulator, senders: Senders) -> None:
    given = event(emulator.configure(str(uuid.uuid4())))
    airflow.pause(ONBOARDING, paused=True)
    senders.rest(given)
    assert airflow.run_state(ONBOARDING, given.run_id) == "queued"
    airflow.pause(ONBOARDING, paused=False)
    airflow.wait_for_success(ONBOARDING, given.run_id)
    assert posts(emulator, given.customer) == 1


def test_a_customer_of_nobody_is_told_and_nothing_is_sent(
    airflow: LocalAirflow, emulator: Emulator, senders: Senders
) -> None:
    given = event(magic.customer_id("no-relationship"))
    senders.rest(given)
    assert airflow.wait_for_run(ONBOARDING, given.run_id) == "failed"
    assert "No relationship between caller and account" in airflow.task_log(ONBOARDING, given.run_id, "submit")
    assert posts(emulator, given.customer) == 0


def test_a_customer_who_is_qualified_already_is_not_requested_again(
    airflow: LocalAirflow, emulator: Emulator, senders: Senders
) -> None:
    given = event(magic.customer_id("education-held"))
    senders.rest(given)
    airflow.wait_for_success(ONBOARDING, given.run_id)
    assert airflow.xcom(ONBOARDING, given.run_id, "submit")["submitted"] is False
    assert posts(emulator, given.customer) == 0


@pytest.mark.since_airflow("3.2", "partitions")
def test_the_onboarding_itself_takes_a_partition_key(
    airflow: LocalAirflow, emulator: Emulator, senders: Senders
) -> None:
    airflow.wait_for_dag("onboard_by_key")
    given = event(emulator.configure(str(uuid.uuid4())))
    senders.asset_events(given, "customers_by_key")
    wait_until(lambda: posts(emulator, given.customer), "the request is sent")
    [run] = [run for run in airflow.runs("onboard_by_key") if run["partition_key"] == given.customer]
    airflow.wait_for_success("onboard_by_key", run["dag_run_id"])
    assert posts(emulator, given.customer) == 1


@pytest.mark.since_airflow("3.2", "partitions")
@pytest.mark.usefixtures("queued_onboardings")
def test_an_event_that_comes_while_the_run_of_another_is_made_is_not_lost(
    airflow: LocalAirflow, senders: Senders, held: Path
) -> None:
    starter = "onboard_from_asset_events"
    airflow.wait_for_dag(starter)
    customer = str(uuid.uuid4())
    first, second = event(customer), event(customer)
    airflow.kill("scheduler")
    senders.asset_events(first)
    # The API server has looked which runs are to be made, and the scheduler makes them before it goes on.
    (held / "before").touch()
    sending = threading.Thread(target=senders.asset_events, args=(second,))
    sending.start()
    wait_until((held / "kept").exists, "the second event is being stored")
    airflow.start("scheduler")
    wait_until(lambda: runs_about(airflow, starter, customer), "the run of the first event is made")
    (held / "before").unlink()
    sending.join()
    wanted = {first.run_id, second.run_id}
    wait_until(lambda: wanted <= {run["dag_run_id"] for run in airflow.runs(ONBOARDING)}, "both onboardings are there")


def test_the_program_of_the_page_starts_a_run_once(airflow: LocalAirflow, emulator: Emulator, senders: Senders) -> None:
    [program] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    found: dict[str, Any] = {}
    exec(program, found)
    token = senders.token()
    customer = emulator.configure(str(uuid.uuid4()))

    def start(event_id: object, **params: str) -> bool:
        started: bool = found["post_onboarding"](airflow.url, token, customer, event_id, **params)
        return started

    params = {"qualification": "Education", "education_segment": "K12"}
    events = ["order 7/1", "order 7/1", 8, "", None]
    assert [start(event_id, **params) for event_id in events] == [True, False, True, True, False]
    for event_id in ("order 7/1", 8, None):
        assert airflow.run_state(ONBOARDING, onboarding_run_id(customer, event_id))
    with pytest.raises(RuntimeError, match=r"400.*qualification"):
        start("9", qualification="Nonprofit")


def test_the_json_of_the_page_is_json() -> None:
    for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL):
        json.loads(text)
