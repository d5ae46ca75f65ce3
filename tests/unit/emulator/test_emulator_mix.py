"""The mix of faults: which request meets which one."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.gateway.faults_by_rate import FaultsByRate
from airflow_provider_partnercenter.emulator.gateway.request import Exchange
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.mix import draw
from airflow_provider_partnercenter.emulator.partner import chances
from airflow_provider_partnercenter.emulator.scenario import fault_kinds
from airflow_provider_partnercenter.emulator.scenario.behaviour import approved, course, denied
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import DEFAULT_GROUPS, GROUPS, KINDS
from airflow_provider_partnercenter.emulator.settings import After, Chance, Mix, Verdict

Key = tuple[str, str]
PATHS = [f"/v1/customers/{ordinary_id(number)}/qualifications" for number in range(1, 101)]
CALLS: list[Key] = [(method, path) for path in PATHS for method in ("GET", "POST") for _ in range(20)]


def struck(mix: Mix, calls: list[Key]) -> dict[tuple[str, str, int], str]:
    """Which of these calls are struck, the n-th of its method and path each, and by what."""
    plan, numbers = FaultsByRate(mix), Counter[Key]()
    result = {}
    for method, path in calls:
        numbers[method, path] += 1
        if fault := plan(Exchange(method, path, "", {}, b"")):
            result[method, path, numbers[method, path]] = fault.label
    assert plan.struck == Counter(result.values())
    return result


def test_the_order_among_customers_does_not_matter() -> None:
    mix = Mix(0.2, seed=5)
    shuffled = random.Random(1).sample(CALLS, len(CALLS))
    assert struck(mix, CALLS) == struck(mix, shuffled)


def test_another_seed_strikes_others() -> None:
    first, second = (struck(Mix(0.2, seed=seed), CALLS) for seed in (1, 2))
    assert len(first.keys() & second.keys()) < 0.3 * len(first)


def test_a_higher_rate_strikes_more_but_the_same() -> None:
    low, high = (struck(Mix(rate), CALLS) for rate in (0.05, 0.3))
    assert low.items() <= high.items()


@pytest.mark.parametrize("rate", [0, 0.01, 0.2, 0.5, 1])
def test_the_rate_is_kept(rate: float) -> None:
    assert len(struck(Mix(rate), CALLS)) == pytest.approx(rate * len(CALLS), abs=100)


def test_weights_are_kept() -> None:
    counts = Counter(struck(Mix(1, ("error-500", "reset-after=3", "server=0", "error-503")), CALLS).values())
    assert set(counts) == {"reset-after", "error-503"}
    assert counts["reset-after"] == pytest.approx(3000, abs=150)


def test_the_login_service_has_kinds_of_its_own() -> None:
    token = [("POST", "/tenant/oauth2/v2.0/token")] * 1000
    of_login = {name for name, kind in KINDS.items() if kind.login}
    assert set(struck(Mix(1), token).values()) == of_login - {n for n in of_login if KINDS[n].group == "refused"}
    assert not of_login & set(struck(Mix(1), CALLS).values())
    assert struck(Mix(1, ("server",)), token) == {}
    assert struck(Mix(1), [("GET", "/tenant/v2.0/.well-known/openid-configuration")]) == {}


def test_what_no_retry_overcomes_is_not_in_the_default() -> None:
    assert "refused" not in DEFAULT_GROUPS
    assert {"mfa-required", "wrong-audience"} == set(struck(Mix(1, ("refused",)), CALLS).values())


def test_another_mix_begins_anew() -> None:
    plan = FaultsByRate(Mix(1, ("error-503",)))
    exchange = Exchange("GET", "/v1/customers", "", {}, b"")
    plan.use(Mix())
    assert plan(exchange) is None
    plan.reset()
    assert plan(exchange) is not None


def test_kinds_are_tuned() -> None:
    plan = FaultsByRate(Mix(1, ("throttled", "slow-body", "login-throttled"), retry_after=0.25, slow=0.5))
    faults = [plan(Exchange("GET", path, "", {}, b"")) for path in PATHS]
    told = {(f.retry_after, "0.25 seconds" in f.body) for f in faults if f and f.label == "throttled"}
    assert told == {(0.25, True)}
    assert {f.seconds for f in faults if f and f.label == "slow-body"} == {0.5}
    busy = plan(Exchange("POST", "/tenant/oauth2/v2.0/token", "", {}, b""))
    assert busy is not None
    assert (busy.retry_after, "90055" in busy.body) == (0.25, True)


@pytest.mark.parametrize(
    "members",
    [{"rate": 1.1}, {"rate": -0.1}, {"rate": float("nan")}, {"rate": "much"}, {"kinds": ("flood",)},
     {"kinds": ("server=-1",)}, {"kinds": ("server=x",)}, {"kinds": ("",)}, {"slow": -1}, {"retry_after": 1e300}],
)  # fmt: skip
def test_mixes_that_cannot_be(members: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Mix(**members)


@pytest.mark.parametrize(
    "document",
    [{"rate": "0.2"}, {"colour": "blue"}, {"kinds": "server"}, {"kinds": 5}, {"kinds": [5]}, {"slow": "long"},
     {"late": 5}, {"late": "much"}, {"withdrawn": "2:5"}, {"rate": None}],
)  # fmt: skip
def test_documents_that_are_no_mix(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Mix.from_json(document)


def test_a_mix_goes_through_json() -> None:
    mix = Mix(0.2, ("server", "reset-after=3"), 7, 0.5, 0.1, Chance(0.5, 60), Chance(0.1, 5))
    assert Mix.from_json(mix.to_json()) == mix
    assert Mix.from_json({}) == Mix()


def test_late_submissions() -> None:
    mix = Mix(late=Chance(0.5, 60))
    delays = [chances.delay(mix, ordinary_id(number), 1) for number in range(1000)]
    late = [delay for delay in delays if delay]
    assert len(late) == pytest.approx(500, abs=50)
    assert 0 < min(late) < 3
    assert 57 < max(late) < 60
    assert delays == [chances.delay(mix, ordinary_id(number), 1) for number in range(1000)]
    assert chances.delay(Mix(), ordinary_id(1), 1) == 0


@pytest.mark.parametrize(
    ("steps", "after"),
    [
        (approved(5), After(12)),
        (course(After(None, 2), Verdict()), After(None, 3)),
        (course(After(None, 0), Verdict()), After(None, 1)),
        (denied(5), None),
        ((), None),
    ],
)
def test_approvals_are_withdrawn(steps: Any, after: After | None) -> None:
    result = chances.course(Mix(withdrawn=Chance(1, 7)), steps, ordinary_id(1), 1)
    assert result[: len(steps)] == steps
    assert [step.after for step in result[len(steps) :]] == ([after] if after else [])
    assert all(step.verdict.status == "Denied" for step in result[len(steps) :])
    assert chances.course(Mix(), steps, ordinary_id(1), 1) == steps


def test_draws_look_random() -> None:
    pairs = [draw(0, number) for number in range(10_000)]
    for numbers in zip(*pairs, strict=True):
        assert all(0 <= number < 1 for number in numbers)
        assert sum(numbers) / len(numbers) == pytest.approx(0.5, abs=0.02)


def test_the_catalogue_is_told() -> None:
    text = fault_kinds.describe()
    assert all(f" {name} " in text for name in KINDS)
    assert {kind.group for kind in KINDS.values()} == set(GROUPS)
    for name, kind in KINDS.items():
        assert kind.fault.label == name
        assert name not in GROUPS
        # The name tells whether something was done that its sender is not told.
        assert not name.endswith("-after") or kind.fault.kind.acts


@pytest.mark.parametrize("number", [0, 3, 999_999])
def test_more_families(number: int) -> None:
    throttled, withdrawn = magic.find(magic.throttled_times(number)), magic.find(magic.withdrawn_after(number))
    assert throttled is not None
    assert withdrawn is not None
    assert [fault.times for fault in throttled.behaviour.faults] == [number]
    assert [step.after for step in withdrawn.behaviour.course or ()] == [After(0), After(number)]
    assert (throttled.name, withdrawn.name) == (f"throttled-times-{number}x", f"withdrawn-after-{number}s")
