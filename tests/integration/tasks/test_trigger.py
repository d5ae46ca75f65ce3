"""The trigger in an event loop: what it survives, when it answers, and what it shares with the others."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from airflow.triggers.base import TaskSuccessEvent

from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.qualification.waiting.wait import WaitOptions, begin_wait
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor
from airflow_provider_partnercenter.tasks.deferral import MIN_DEFERRAL
from airflow_provider_partnercenter.triggers.qualification import PartnerCenterQualificationTrigger
from tests.support.task_modes import first_event, rebuild, run, through_json

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.testing.clock import Clock
    from tests.support.plain_api import Api

CONNECTION = "AIRFLOW_CONN_PARTNERCENTER_DEFAULT"
MAX_SIZE = 32 * 1024
HELD = magic.customer_id("education-held")


@pytest.fixture(autouse=True)
def connection(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONNECTION, emulator.connection_json())


def make(
    customer: str = HELD, now: float | None = None, *, timeout: float = 3600, **arguments: Any
) -> PartnerCenterQualificationTrigger:
    now = time.time() if now is None else now
    wait = begin_wait(customer, Qualification.EDUCATION, WaitOptions(timeout=timeout), started_at=now)
    arguments = {"wait": to_plain(wait), "not_before": now, **arguments}
    return PartnerCenterQualificationTrigger(partnercenter_conn_id="partnercenter_default", **arguments)


def answer(trigger: PartnerCenterQualificationTrigger) -> dict[str, Any]:
    return asyncio.run(first_event(rebuild(trigger))).payload


# -- the deadline -----------------------------------------------------------------------------------------------------


def test_many_triggers_with_one_deadline_end_in_time(
    emulator: Emulator, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They want 20 polls at the deadline, and the budget leaves room for one in two minutes."""
    given = emulator.connection()
    given["extra"] |= {"requests_per_minute": 5, "poll_share": 0.1}
    monkeypatch.setenv(CONNECTION, json.dumps(given))
    deadline = clock.now + 600
    ended: list[float] = []

    async def wait_for(trigger: PartnerCenterQualificationTrigger) -> dict[str, Any]:
        event = await first_event(trigger)
        ended.append(clock.now - deadline)
        payload: dict[str, Any] = event.payload
        return payload

    async def wait_for_all() -> list[dict[str, Any]]:
        customer = magic.customer_id("education-in-review")
        return await asyncio.gather(*(wait_for(make(customer, clock.now, timeout=600)) for _ in range(20)))

    events = asyncio.run(wait_for_all())
    assert {event["status"] for event in events} == {"timeout"}
    assert all(0 <= late <= 5 for late in ended)
    # Those that had a turn tell what they saw; the others say that they saw nothing.
    assert {event["summary"].partition(",")[0] for event in events} == {"Education InReview", "nothing"}


# -- arguments --------------------------------------------------------------------------------------------------------

JUNK: tuple[Any, ...] = (None, True, -1, 1e300, "", "x" * 10_000, [], [None], {}, {"customer_id": {}})


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_the_constructor_takes_anything(junk: Any) -> None:
    """An exception there would stop the whole triggerer, again and again."""
    names = rebuild(make()).serialize()[1]
    trigger = PartnerCenterQualificationTrigger(**dict.fromkeys(names, junk))
    assert trigger.serialize() == (make().serialize()[0], dict.fromkeys(names, junk))


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_what_makes_no_sense_fails_only_its_own_task(junk: Any, clock: Clock) -> None:
    with pytest.raises((TypeError, AttributeError)):
        asyncio.run(first_event(make(now=clock.now, wait=junk, not_before=clock.now + MIN_DEFERRAL)))
    assert clock.sleeps == [MIN_DEFERRAL], "errors are held back as well"


def test_arguments_survive_the_database() -> None:
    trigger = make(not_before=1.5, submission={"baseline": [{"a": None}]}, silent_fail=True, end_from_trigger=True,
                   push_result=False)  # fmt: skip
    assert rebuild(rebuild(trigger)).serialize() == trigger.serialize()


# -- the answer -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customer", "status"),
    [(HELD, "approved"), (magic.customer_id("education-denied"), "denied"), (ordinary_id(1), "absent"),
     (magic.customer_id("no-relationship"), "error"), (magic.customer_id("education-in-review"), "timeout")],
)  # fmt: skip
def test_no_answer_comes_before_its_time(customer: str, status: str, clock: Clock) -> None:
    began = clock.now
    event = answer(make(customer, clock.now, not_before=clock.now + 5000, timeout=1800))
    assert (event["version"], event["status"]) == (1, status)
    assert clock.now == pytest.approx(began + 5000)


def test_an_answer_that_is_late_already_comes_at_once(clock: Clock) -> None:
    answer(make(now=clock.now, not_before=clock.now - 1000))
    assert clock.sleeps[-1] == 0


def test_an_approval_may_end_the_task_in_the_triggerer(clock: Clock) -> None:
    event = asyncio.run(first_event(make(now=clock.now, end_from_trigger=True)))
    assert isinstance(event, TaskSuccessEvent)
    pushed: Any = event.xcoms
    assert pushed["return_value"]["outcome"] == "approved"
    assert through_json(pushed) == pushed

    for customer in (magic.customer_id("education-denied"), magic.customer_id("no-relationship")):
        event = asyncio.run(first_event(make(customer, clock.now, end_from_trigger=True)))
        assert not isinstance(event, TaskSuccessEvent), "a worker has to end this, or it would be retried"


def test_the_triggerer_pushes_nothing_for_a_task_that_must_not(clock: Clock) -> None:
    event = asyncio.run(first_event(rebuild(make(now=clock.now, end_from_trigger=True, push_result=False))))
    assert isinstance(event, TaskSuccessEvent)
    assert not event.xcoms


@pytest.mark.parametrize("do_xcom_push", [True, False])
def test_a_task_tells_its_trigger_whether_to_push(do_xcom_push: bool, api: Api, clock: Clock) -> None:
    api.submit("approved-after-20s")
    ending = run(
        lambda: PartnerCenterQualificationSensor(
            task_id="wait",
            customer_id=magic.customer_id("approved-after-20s"),
            qualification="Education",
            deferrable=True,
            end_from_trigger=True,
            do_xcom_push=do_xcom_push,
        ),
        clock,
    )
    assert ending.state == "succeeded"
    assert (ending.result is not None) == do_xcom_push


def test_a_trigger_of_an_older_version_pushes(clock: Clock) -> None:
    arguments = make(now=clock.now, end_from_trigger=True).serialize()[1]
    del arguments["push_result"]
    event: Any = asyncio.run(first_event(PartnerCenterQualificationTrigger(**arguments)))
    assert event.xcoms["return_value"]["outcome"] == "approved"


def test_a_trigger_that_starts_again_goes_on_where_it_was(api: Api, clock: Clock) -> None:
    """After a crash of the triggerer, or on another one: the deadline stays, and the polls stay rare."""
    api.submit("never-decided")
    trigger = make(magic.customer_id("never-decided"), clock.now, timeout=7200)
    clock.sleep(6000)
    before = len(api.emulator.journal("never-decided", method="GET"))
    event = answer(trigger)
    assert event["status"] == "timeout"
    assert event["waited"] == "2:00:00"
    assert len(api.emulator.journal("never-decided", method="GET")) - before <= 2


@pytest.mark.parametrize("name", magic.BY_NAME)
def test_a_trigger_only_reads(emulator: Emulator, clock: Clock, name: str) -> None:
    answer(make(magic.customer_id(name), clock.now, timeout=600))
    assert {call["method"] for call in emulator.journal(path="/v1/")} == {"GET"}
    assert emulator.customer(name)["attempts"] == 0


# -- a secret that is replaced ----------------------------------------------------------------------------------------


def with_secret(emulator: Emulator, secret: str) -> str:
    return json.dumps({**emulator.connection(), "password": secret})


def test_a_connection_that_was_corrected_is_read_again(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setenv(CONNECTION, with_secret(emulator, "outdated-secret"))
    clock.after(10, lambda: monkeypatch.setenv(CONNECTION, emulator.connection_json()))
    assert answer(make(now=clock.now))["status"] == "approved"


@pytest.mark.parametrize("later", ["outdated-secret", "another-wrong-secret"])
def test_a_connection_that_stays_wrong_ends_the_wait(
    later: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setenv(CONNECTION, with_secret(emulator, "outdated-secret"))
    clock.after(10, lambda: monkeypatch.setenv(CONNECTION, with_secret(emulator, later)))
    event = answer(make(now=clock.now))
    assert event["status"] == "error"
    assert event["error"]["type"] == "PartnerCenterClientCredentialError"
    assert "secret" in event["error"]["hint"]
    assert clock.now < emulator_started(emulator) + 3600, "nobody waits for days with a wrong secret"
    assert later not in json.dumps(event)


def emulator_started(emulator: Emulator) -> float:
    from datetime import datetime

    return datetime.fromisoformat(emulator.journal()[0]["at"]).timestamp()


# -- sharing ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[aiohttp.ClientSession]:
    """The HTTP sessions that were opened."""
    opened: list[aiohttp.ClientSession] = []
    create = aiohttp.ClientSession.__init__

    def noting(session: aiohttp.ClientSession, *args: Any, **rest: Any) -> None:
        opened.append(session)
        create(session, *args, **rest)

    monkeypatch.setattr(aiohttp.ClientSession, "__init__", noting)
    return opened


def token_requests(emulator: Emulator) -> int:
    return len(emulator.journal(path="/token"))


def without_pauses(trigger: PartnerCenterQualificationTrigger) -> PartnerCenterQualificationTrigger:
    trigger.wait["poke_interval"] = 0.01
    return trigger


async def together(count: int) -> list[dict[str, Any]]:
    events = await asyncio.gather(*(first_event(without_pauses(make())) for _ in range(count)))
    return [event.payload for event in events]


@pytest.fixture
def unlimited(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    document = emulator.connection()
    document["extra"]["requests_per_minute"] = 0
    monkeypatch.setenv(CONNECTION, json.dumps(document))


@pytest.mark.usefixtures("unlimited")
def test_many_triggers_share_one_session_and_one_token(
    emulator: Emulator, sessions: list[aiohttp.ClientSession]
) -> None:
    events = asyncio.run(together(20))
    assert [event["status"] for event in events] == ["approved"] * 20
    assert len(emulator.journal("education-held")) == 20
    assert token_requests(emulator) == 1
    assert len(sessions) == 1
    assert sessions[0].closed, "the last one turns off the light"


@pytest.mark.usefixtures("unlimited")
def test_another_event_loop_has_its_own(emulator: Emulator, sessions: list[aiohttp.ClientSession]) -> None:
    for _ in range(2):
        asyncio.run(together(3))
    assert token_requests(emulator) == len(sessions) == 2


@pytest.mark.usefixtures("unlimited")
def test_another_connection_has_its_own(
    emulator: Emulator, sessions: list[aiohttp.ClientSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def both() -> None:
        await together(2)
        document = json.loads(emulator.connection_json())
        document["extra"]["locale"] = "de-DE"
        monkeypatch.setenv(CONNECTION, json.dumps(document))
        await together(2)

    asyncio.run(both())
    assert token_requests(emulator) == len(sessions) == 2


@pytest.mark.usefixtures("unlimited")
def test_a_trigger_that_is_cancelled_leaves_the_others_alone(
    emulator: Emulator, sessions: list[aiohttp.ClientSession]
) -> None:
    """What the triggerer does when a user clears a task, or when it hands triggers over."""

    async def some_are_cancelled() -> list[Any]:
        tasks = [asyncio.create_task(first_event(without_pauses(make()))) for _ in range(10)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    events = asyncio.run(some_are_cancelled())
    assert [isinstance(event, asyncio.CancelledError) for event in events] == [True, False] * 5
    assert {event.payload["status"] for event in events[1::2]} == {"approved"}
    assert all(session.closed for session in sessions)


# -- size and secrets -------------------------------------------------------------------------------------------------

LONG_REASON = "The customer must do what follows. " * 300


def test_arguments_and_events_stay_small_and_tell_no_secret(emulator: Emulator, api: Api, clock: Clock) -> None:
    """Airflow stores both in clear, the first one for as long as the task waits."""
    denied = {
        "qualification": "Education",
        "vettingStatus": "Denied",
        "vettingReason": LONG_REASON,
        "vettingCreatedDate": "2026-01-15T09:30:00Z",
    }
    customer = emulator.configure(ordinary_id(1), qualifications=[denied], vetting="seconds:600",
                                  verdict=f"deny:{LONG_REASON}", spent_attempts=1)  # fmt: skip
    update = run(
        lambda: PartnerCenterUpdateQualificationOperator(
            task_id="submit",
            customer_id=customer,
            qualification="Education",
            education_segment="K12",
            resubmit_denied_of="2026-01-15T09:30:00Z",
            wait_for_approval=True,
            deferrable=True,
            on_denied="return",
        ),
        clock,
    )
    wait = run(
        lambda: PartnerCenterQualificationSensor(
            task_id="wait",
            customer_id=magic.customer_id("approved-at-once"),
            qualification="Education",
            if_absent="wait",
            deferrable=True,
            timeout=600,
        ),
        clock,
    )
    assert (update.state, update.result["outcome"], wait.state) == ("succeeded", "denied", "failed")
    for deferral in (update.deferral, wait.deferral):
        text = json.dumps(deferral.trigger.serialize()) + json.dumps(deferral.kwargs)
        event = json.dumps(answer(deferral.trigger))
        for document in (text, event):
            assert len(document) < MAX_SIZE
            for secret in (emulator.client_secret, emulator.refresh_token, "eyJ"):
                assert secret not in document
