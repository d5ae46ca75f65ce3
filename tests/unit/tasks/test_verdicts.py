"""What the outlets of a task are told of its verdicts, and which tasks may have such outlets."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.sdk import Asset, AssetAlias, BaseOperator
from airflow.sdk.execution_time.context import OutletEventAccessors

from airflow_provider_partnercenter.assets import verdicts_asset, verdicts_of
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.tasks.verdicts import (
    emit_verdict,
    emit_verdicts,
    refuse_early_end,
    require_partition_keys,
    require_wait,
    verdict_outlets,
)
from tests.airflow_versions import MINOR

ONE, TWO = ordinary_id(1), ordinary_id(2)
OURS, OTHER = verdicts_asset("0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"), Asset("orders")
CHOOSES_KEYS = MINOR >= (3, 3)


def verdict(customer=ONE, outcome="approved", **members):
    return {"customer_id": customer, "qualification": "Education", "outcome": outcome, **members}


def operator(*outlets):
    return BaseOperator(task_id="task", outlets=[*outlets])


@pytest.fixture
def events():
    return OutletEventAccessors()


def emitted(events):
    """Return the asset, the extra and the keys of each of the events."""
    return [(asset, events[asset].extra, getattr(events[asset], "partition_keys", None)) for asset in events]


class TestOne:
    def test_the_verdict_is_the_extra(self, events):
        emit_verdict({"outlet_events": events}, operator(OURS), {**verdict(), "baseline": [], "submitted": True})
        assert emitted(events) == [(OURS, verdict(), {ONE} if CHOOSES_KEYS else None)]

    @pytest.mark.parametrize(
        ("outlets", "result"),
        [
            ([], verdict()),
            ([OTHER, AssetAlias(OURS.uri)], verdict()),
            ([OURS], verdict(outcome="in_review")),
        ],
    )
    def test_there_is_nothing_to_tell(self, events, outlets, result):
        emit_verdict({"outlet_events": events}, operator(*outlets), result)
        assert emitted(events) == []


BATCH = {TWO: verdict(TWO, "denied"), ONE: verdict()}


class TestMany:
    @pytest.mark.since_airflow("3.3", "partition keys that a task chooses")
    def test_there_is_one_event_for_each_customer(self, events):
        emit_verdicts({"outlet_events": events}, operator(OTHER, OURS), BATCH)
        assert emitted(events) == [(OURS, {"verdicts": BATCH}, {ONE, TWO})]

    @pytest.mark.since_airflow("3.3", "partition keys that a task chooses")
    def test_what_follows_finds_its_customer(self, events):
        emit_verdicts({"outlet_events": events}, operator(OURS), BATCH)
        found = {OURS: [SimpleNamespace(extra=events[OURS].extra, timestamp=0)]}
        assert verdicts_of(found, TWO) == [verdict(TWO, "denied")]

    def test_an_empty_batch_has_no_event(self, events, caplog):
        task = operator(OTHER, OURS)
        emit_verdicts({"outlet_events": events}, task, {})
        assert (emitted(events), task.outlets) == ([], [OTHER])
        assert caplog.messages == []

    def test_there_need_be_no_outlet(self, events, caplog):
        emit_verdicts({"outlet_events": events}, operator(OTHER), BATCH)
        assert (emitted(events), caplog.messages) == ([], [])


def test_outlets_for_verdicts():
    assert verdict_outlets(operator(OTHER, OURS, AssetAlias("alias"))) == [OURS]


@pytest.mark.parametrize("check", [refuse_early_end, require_wait])
def test_what_has_no_such_outlet_may_do_as_it_likes(check):
    for value in (True, False):
        check(operator(OTHER), value)


def test_a_trigger_must_not_end_the_task():
    refuse_early_end(operator(OURS), False)
    with pytest.raises(ValueError, match=r"emits no asset events\. Leave out one of them"):
        refuse_early_end(operator(OURS), True)


def test_the_task_must_wait():
    require_wait(operator(OURS), True)
    with pytest.raises(ValueError, match=r"needs wait_for_approval=True.* or give the outlet to the .*Sensor"):
        require_wait(operator(OURS), False)


@pytest.mark.since_airflow("3.3", "partition keys that a task chooses")
def test_many_customers_have_a_key_each():
    require_partition_keys(operator(OURS))


@pytest.mark.before_airflow("3.3", "that many customers cannot have a key each")
def test_many_customers_cannot_have_a_key_each():
    require_partition_keys(operator(OTHER))
    with pytest.raises(ValueError, match=r"needs Airflow 3\.3, .* Leave out the outlet and read the report"):
        require_partition_keys(operator(OURS))
