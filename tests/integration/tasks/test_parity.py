"""
The same ending in poke, reschedule and deferrable mode: every outcome × every flag.

Airflow's own base classes disagree between a sensor's first poll, its later ones, and its resumption; this table is
what the sensor's documentation promises instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator
from airflow_provider_partnercenter.qualification.waiting import polling
from airflow_provider_partnercenter.sensors.qualification import PartnerCenterQualificationSensor
from tests.support.task_modes import MODES, Ending, resumed_after_timeout, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.testing.clock import Clock
    from tests.support.plain_api import Api

FLAGS: dict[str, dict[str, Any]] = {
    "no_flag": {},
    "soft_fail": {"soft_fail": True},
    "never_fail": {"never_fail": True},
    "silent_fail": {"silent_fail": True},
}
MINUTES_20 = 1200
ALWAYS_FORBIDDEN = {"status": 403, "body": '{"code":900308,"description":"Access denied."}', "times": None}
EMPTY_READS = {"status": 200, "methods": ["GET"], "body": "[]", "times": None}
OUTAGE = {"status": 503, "methods": ["GET"]}


@pytest.fixture(autouse=True)
def connection(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", emulator.connection_json())


@dataclass
class World:
    """What a row of the table may change before its sensor begins."""

    api: Api
    clock: Clock
    monkeypatch: pytest.MonkeyPatch
    undo: Callable[[], object] = lambda: None

    def submitted(self, customer: str, **changes: Any) -> str:
        assert self.api.submit(customer).status_code == 201
        return self.configured(customer, **changes)

    def configured(self, customer: str, **changes: Any) -> str:
        return self.api.emulator.configure(customer, **changes) if changes else self.api.path(customer).split("/")[2]

    def bug(self, begins: float, ends: float) -> None:
        """Let our own code fail for a while."""
        judge, start = polling.judge, self.clock.now  # type: ignore[attr-defined]  # imported there

        def failing(*args: Any, **rest: Any) -> Any:
            if begins <= self.clock.now - start < ends:
                raise RuntimeError("this is a bug")
            return judge(*args, **rest)

        self.monkeypatch.setattr(polling, "judge", failing)

    def no_secrets_backend(self, seconds: float) -> None:
        """Let nobody read the connection at first."""
        start, get = self.clock.now, PartnerCenterHook.get_connection

        def failing(hook: PartnerCenterHook, conn_id: str) -> Any:
            if self.clock.now < start + seconds:
                raise RuntimeError("the secrets backend is down")
            return get(conn_id)

        self.monkeypatch.setattr(PartnerCenterHook, "get_connection", failing)

    def new_secret(self, *, told: bool) -> None:
        """Replace the application's secret during the wait, and perhaps in the connection; the token runs out later."""
        old, emulator = self.api.emulator.client_secret, self.api.emulator

        def replace() -> None:
            object.__setattr__(emulator.settings, "client_secret", "another-secret")
            if told:
                self.monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", emulator.connection_json())

        self.clock.after(1800, replace)
        self.undo = lambda: object.__setattr__(emulator.settings, "client_secret", old)


@dataclass
class Row:
    """
    What happens, and how the sensor ends.

    :param prepare: makes it happen; tells the customer.
    :param endings: for each flag, in the order of ``FLAGS``.
    :param says: what the message tells, whatever the flag.
    :param arguments: what the sensor is given besides.
    :param result: members of the result.
    """

    prepare: Callable[[World], str]
    endings: str
    says: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)


ALWAYS = "succeeded succeeded succeeded succeeded"
FINAL = "failed skipped skipped failed"
UNEXPECTED = "retried retried skipped succeeded"
APPROVED = {"outcome": "approved", "qualification": "Education", "vetting_status": "Approved"}
DENIED = {"outcome": "denied", "vetting_status": "Denied", "vetting_reason": "Not an Education Customer"}

APPROVED_LATER, DENIED_LATER = magic.approved_after(MINUTES_20), magic.denied_after(MINUTES_20)
NO_RELATIONSHIP = "Microsoft says: No relationship between caller and account"


def bugged(world: World, begins: float, ends: float) -> str:
    world.bug(begins, ends)
    return world.submitted(APPROVED_LATER)


def without_backend(world: World) -> str:
    world.no_secrets_backend(20)
    return world.submitted(APPROVED_LATER)


def with_new_secret(world: World, *, told: bool) -> str:
    world.new_secret(told=told)
    return world.submitted(magic.approved_after(6000))


def shown_after(world: World, seconds: int) -> str:
    """Let reads show a request late, but within the grace."""
    return world.submitted(magic.propagates_after(seconds))


def hidden_for(world: World, seconds: float) -> str:
    """Let a server that is behind answer the reads for a while."""
    customer = world.submitted(APPROVED_LATER)
    world.clock.after(300, lambda: world.configured(customer, faults=[EMPTY_READS]))
    world.clock.after(300 + seconds, lambda: world.configured(customer, faults=[]))
    return customer


def left_by_the_customer(world: World) -> str:
    customer = world.submitted(APPROVED_LATER)
    world.clock.after(600, lambda: world.configured(customer, has_relationship=False))
    return customer


TABLE = {
    "approved": Row(lambda w: w.submitted(APPROVED_LATER), ALWAYS, result=APPROVED),
    "approved at the first poll": Row(lambda w: w.configured("education-held"), ALWAYS, result=APPROVED),
    "approved under another name": Row(
        lambda w: w.submitted("unknown-status"), ALWAYS,
        arguments={"success_statuses": ["escalated"]}, result={"outcome": "approved", "vetting_status": "Escalated"},
    ),
    "denied": Row(lambda w: w.submitted(DENIED_LATER), FINAL, ": Microsoft denied Education: "),
    "denied at the first poll": Row(lambda w: w.submitted("denied-not-education"), FINAL, "Not an Education Customer"),
    "denied, to be returned": Row(
        lambda w: w.submitted(DENIED_LATER), ALWAYS, arguments={"on_denied": "return"}, result=DENIED
    ),
    "absent": Row(lambda w: ordinary_id(1), FINAL, ": there is no qualification Education"),
    "absent, without a grace": Row(
        lambda w: ordinary_id(1), FINAL, ": there is no qualification Education", {"propagation_grace": 0}
    ),
    "absent in one read": Row(
        lambda w: shown_after(w, 60), ALWAYS, result=APPROVED
    ),
    "absent in one read, later": Row(lambda w: hidden_for(w, 60), ALWAYS, result=APPROVED),
    "absent, to be waited for": Row(
        lambda w: ordinary_id(1), FINAL, "Last seen: no such qualification.", {"if_absent": "wait"}
    ),
    "no relationship": Row(lambda w: w.configured("no-relationship"), FINAL, NO_RELATIONSHIP),
    "no relationship, without a grace": Row(
        lambda w: w.configured("no-relationship"), FINAL, NO_RELATIONSHIP, {"propagation_grace": 0}
    ),
    "no permission": Row(
        lambda w: w.configured("never-decided", faults=[ALWAYS_FORBIDDEN]), FINAL, "HTTP 403, code 900308"
    ),
    "not a customer": Row(lambda w: "no-guid", FINAL, "customer_id 'no-guid' is not a GUID"),
    "no such qualification": Row(
        lambda w: ordinary_id(1), FINAL, "'Educated' is unknown", {"qualification": "Educated"}
    ),
    "outage at the first poll": Row(
        lambda w: w.submitted(APPROVED_LATER, faults=[{**OUTAGE, "times": 4}]), ALWAYS, result=APPROVED
    ),
    "outage for a while": Row(
        lambda w: w.submitted(APPROVED_LATER, faults=[{**OUTAGE, "times": 11}]), ALWAYS, result=APPROVED
    ),
    "throttled for a while": Row(
        lambda w: w.submitted(APPROVED_LATER, faults=[{**OUTAGE, "status": 429, "retry_after": 400, "times": 3}]),
        ALWAYS, result=APPROVED,
    ),
    "outage for ever": Row(
        lambda w: w.submitted(APPROVED_LATER, faults=[{**OUTAGE, "times": None}]),
        FINAL, "the last poll failed: Customer",
    ),
    "time-out": Row(lambda w: w.submitted("never-decided"), FINAL, "Last seen: Education InReview, requested"),
    "time-out before the second poll": Row(
        lambda w: w.submitted("never-decided"), FINAL, "Last seen: Education InReview, requested", {"timeout": 1}
    ),
    "bug at the first poll": Row(lambda w: bugged(w, 0, 20), UNEXPECTED, result=APPROVED),
    "bug in later polls": Row(lambda w: bugged(w, 20, 700), UNEXPECTED, result=APPROVED),
    "connection unreadable at first": Row(without_backend, UNEXPECTED, result=APPROVED),
    "secret replaced": Row(lambda w: with_new_secret(w, told=True), ALWAYS, result=APPROVED),
    "secret replaced, but not in the connection": Row(
        lambda w: with_new_secret(w, told=False),
        FINAL, "Signing in to Microsoft (App+User) failed (code AADSTS7000215)",
    ),
    "relationship ended": Row(left_by_the_customer, FINAL, NO_RELATIONSHIP),
    "bug that stays": Row(lambda w: bugged(w, 0, 1e9), "retried retried skipped failed"),
}  # fmt: skip


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("outcome", TABLE)
def test_the_sensor_ends_alike_in_every_mode(
    outcome: str, flag: str, emulator: Emulator, api: Api, clock: Clock
) -> None:
    row = TABLE[outcome]
    expected = dict(zip(FLAGS, row.endings.split(), strict=True))[flag]

    endings: dict[str, Ending] = {}
    for mode in MODES:
        emulator.reset()
        api.token = api.user_token()
        with pytest.MonkeyPatch.context() as monkeypatch:
            world = World(api, clock, monkeypatch)
            customer = row.prepare(world)
            make = partial(
                PartnerCenterQualificationSensor,
                task_id="wait",
                **{"customer_id": customer, "qualification": "Education", "timeout": 2 * 3600, **row.arguments},
                **FLAGS[flag],
                **MODES[mode],
            )
            endings[mode] = run(make, clock)
            world.undo()

    assert {mode: ending.state for mode, ending in endings.items()} == dict.fromkeys(MODES, expected)
    for ending in endings.values():
        if expected == "succeeded":
            assert row.result.items() <= ending.result.items()
            assert without_dates(ending.result) == without_dates(endings["poke"].result)
        else:
            assert row.says in ending.message
        if outcome.startswith("denied") and expected != "succeeded":
            assert DENIED.items() <= ending.xcom.items()
        else:
            assert ending.xcom is None
    if "bug" not in outcome:
        # Of a bug in the triggerer the worker hears no more than that there was one.
        assert {told(ending.message) for ending in endings.values()} == {told(endings["poke"].message)}


def without_dates(result: dict[str, Any]) -> dict[str, Any]:
    return {name: told(str(value)) for name, value in result.items()}


def told(message: str) -> str:
    """A message without what differs from one run to the next."""
    return re.sub(
        r"\d{4}-\d\d-\d\d[T ]\S+|Trace ID: \S+|Correlation ID: \S+|\[correlation id \S+\]|within \d:\d\d:\d\d",
        "…",
        message,
    )


@pytest.mark.parametrize(("flag", "expected"), list(zip(FLAGS, FINAL.split(), strict=True)))
def test_a_triggerer_that_never_answers_is_a_time_out(flag: str, expected: str) -> None:
    ending = resumed_after_timeout(
        lambda: PartnerCenterQualificationSensor(
            task_id="wait", customer_id=ordinary_id(1), qualification="Education", deferrable=True, **FLAGS[flag]
        )
    )
    assert ending.state == expected
    assert "No verdict arrived in time" in ending.message


@pytest.mark.parametrize("mode", MODES)
def test_polls_that_are_wanted_too_often(mode: str, api: Api, clock: Clock) -> None:
    """Airflow fails a task that comes back while its executor has not yet reported that it went."""
    api.submit("approved-after-20s")
    ending = run(lambda: sensor("approved-after-20s", poke_interval=1, **MODES[mode]), clock)
    assert (ending.state, ending.result["outcome"]) == ("succeeded", "approved")


@pytest.mark.parametrize("mode", ["poke", "deferrable"])
def test_a_wait_that_begins_at_its_deadline(mode: str, api: Api, clock: Clock) -> None:
    api.submit("never-decided")
    ending = run(lambda: sensor("never-decided", timeout=0, **MODES[mode]), clock)
    assert ending.state == "failed"
    assert re.match(r"Customer \S+: no verdict on Education within 0:00:\d\d\. Last seen: ", ending.message)


def sensor(customer: str, **arguments: Any) -> PartnerCenterQualificationSensor:
    return PartnerCenterQualificationSensor(
        task_id="wait", customer_id=magic.customer_id(customer), qualification="Education", **arguments
    )


# The update operator waits on a worker or in the triggerer.

UPDATES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "approved": (magic.approved_after(MINUTES_20), {}, "succeeded", ""),
    "approved at once": (magic.customer_id("approved-at-once"), {}, "succeeded", ""),
    "denied": (magic.denied_after(MINUTES_20), {}, "failed", "Microsoft denied Education"),
    "denied, to be returned": (magic.denied_after(MINUTES_20), {"on_denied": "return"}, "succeeded", ""),
    "denied again": (
        magic.customer_id("education-denied-again"), {"resubmit_denied_of": magic.LONG_AGO.isoformat()},
        "failed", "At most 1 of 3",
    ),
    "in review before": (magic.customer_id("education-in-review"), {}, "failed", "within 2:00:00. Last seen"),
    "time-out": (magic.customer_id("never-decided"), {}, "failed", "within 2:00:00. Last seen"),
    "slow propagation": (magic.propagates_after(60), {}, "succeeded", ""),
    "no relationship": (magic.customer_id("no-relationship"), {}, "failed", NO_RELATIONSHIP),
    "throttled": (magic.customer_id("throttled"), {}, "retried", "HTTP 429"),
}  # fmt: skip


@pytest.mark.parametrize("case", UPDATES)
def test_the_update_operator_ends_alike_on_a_worker_and_in_the_triggerer(
    case: str, emulator: Emulator, clock: Clock
) -> None:
    customer, arguments, expected, says = UPDATES[case]
    endings: list[Ending] = []
    for deferrable in (False, True):
        emulator.reset()
        make = partial(update, customer, deferrable=deferrable, timeout=2 * 3600, **arguments)
        endings.append(run(make, clock))
        posts = emulator.journal(customer, method="POST")
        refused = case in ("in review before", "no relationship", "throttled")
        assert len(posts) == (0 if refused else 1)

    assert [ending.state for ending in endings] == [expected, expected]
    here, there = endings
    assert here.deferral is None
    assert (there.deferral is None) == (case in ("approved at once", "denied again", "no relationship", "throttled"))
    assert without_ids(here.result) == without_ids(there.result)
    assert without_ids(here.xcom) == without_ids(there.xcom)
    assert says in here.message
    assert told(here.message) == told(there.message)


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_secret_that_is_replaced_while_the_update_operator_waits(deferrable: bool, api: Api, clock: Clock) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        world = World(api, clock, monkeypatch)
        world.new_secret(told=True)
        ending = run(lambda: update(magic.approved_after(6000), deferrable=deferrable), clock)
        world.undo()
    assert (ending.state, ending.message) == ("succeeded", "")
    assert ending.result["outcome"] == "approved"


def without_ids(result: dict[str, Any] | None) -> dict[str, Any] | None:
    return result and {name: value for name, value in without_dates(result).items() if name != "correlation_id"}


def test_a_triggerer_that_never_answers_the_update_operator_is_a_time_out() -> None:
    ending = resumed_after_timeout(lambda: update(ordinary_id(1), deferrable=True))
    assert ending.state == "failed"
    assert "No verdict arrived in time" in ending.message


def update(customer: str, **arguments: Any) -> PartnerCenterUpdateQualificationOperator:
    return PartnerCenterUpdateQualificationOperator(
        task_id="submit",
        customer_id=customer,
        qualification="Education",
        education_segment="K12",
        wait_for_approval=True,
        **arguments,
    )
