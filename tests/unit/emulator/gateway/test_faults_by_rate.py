"""Which request meets which fault."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from airflow_provider_partnercenter.emulator.gateway.faults_by_rate import FaultsByRate
from airflow_provider_partnercenter.emulator.gateway.request import ReceivedRequest
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import DEFAULT_GROUPS, KINDS
from airflow_provider_partnercenter.emulator.settings import Mix

Key = tuple[str, str]
PATHS = [f"/v1/customers/{ordinary_id(number)}/qualifications" for number in range(1, 101)]
CALLS: list[Key] = [(method, path) for path in PATHS for method in ("GET", "POST") for _ in range(20)]


def struck(mix: Mix, calls: list[Key]) -> dict[tuple[str, str, int], str]:
    """Which of these calls are struck, the n-th of its method and path each, and by what."""
    plan, numbers = FaultsByRate(mix), Counter[Key]()
    result = {}
    for method, path in calls:
        numbers[method, path] += 1
        if fault := plan(ReceivedRequest(method, path, "", {}, b"")):
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
    exchange = ReceivedRequest("GET", "/v1/customers", "", {}, b"")
    plan.use(Mix())
    assert plan(exchange) is None
    plan.reset()
    assert plan(exchange) is not None


def test_kinds_are_tuned() -> None:
    plan = FaultsByRate(Mix(1, ("throttled", "slow-body", "login-throttled"), retry_after=0.25, slow=0.5))
    faults = [plan(ReceivedRequest("GET", path, "", {}, b"")) for path in PATHS]
    told = {(f.retry_after, "0.25 seconds" in f.body) for f in faults if f and f.label == "throttled"}
    assert told == {(0.25, True)}
    assert {f.seconds for f in faults if f and f.label == "slow-body"} == {0.5}
    busy = plan(ReceivedRequest("POST", "/tenant/oauth2/v2.0/token", "", {}, b""))
    assert busy is not None
    assert (busy.retry_after, "90055" in busy.body) == (0.25, True)


@pytest.mark.parametrize("weight", ["5e-324", "1000000"])
def test_the_smallest_and_the_largest_weight_choose_a_kind(weight: str) -> None:
    mix = Mix(1, (f"error-503={weight}", f"error-500={weight}"))
    assert len(struck(mix, CALLS[:400])) == 400
