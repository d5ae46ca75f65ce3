"""The limiters, and what is counted of the traffic."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from airflow_provider_partnercenter.emulator.gateway.traffic import Busiest
from airflow_provider_partnercenter.emulator.settings import Limit, LimitKind

ADMITTED = None


def judged(limit: str, moments: list[float]) -> list[float | None]:
    limiter = Limit.parse(limit).limiter()
    waits = [limiter.admit(moment) for moment in moments]
    return [wait if wait is None else round(wait, 3) for wait in waits]


@pytest.mark.parametrize(
    ("limit", "moments", "waits"),
    [
        ("fixed:2/10", [0, 1, 2, 9, 10, 10, 11], [ADMITTED, ADMITTED, 8, 1, ADMITTED, ADMITTED, 9]),
        # The first request after a pause opens the window, wherever the one before ended.
        ("fixed:2/10", [0, 25, 26, 34, 35], [ADMITTED, ADMITTED, ADMITTED, 1, ADMITTED]),
        ("sliding:2/10", [0, 1, 2, 9.5, 10, 10, 11], [ADMITTED, ADMITTED, 8, 0.5, ADMITTED, 1, ADMITTED]),
        # Who knocks all the time stays outside.
        ("sliding:2/10,count-refused", [0, 1, 9, 10, 18, 19, 29], [ADMITTED, ADMITTED, 2, 9, 2, 9, ADMITTED]),
        ("sliding:1/10,count-refused", [0, 1, 10, 20], [ADMITTED, 10, 10, ADMITTED]),
        ("bucket:2/10", [0, 0, 0, 2.5, 5, 10, 10], [ADMITTED, ADMITTED, 5, 2.5, ADMITTED, ADMITTED, 5]),
        # It never holds more than it is large.
        ("bucket:2/10", [0, 1000, 1000, 1000], [ADMITTED, ADMITTED, ADMITTED, 5]),
        ("sliding:2/0.5", [0, 0, 0.4, 0.5], [ADMITTED, ADMITTED, 0.1, ADMITTED]),
    ],
)
def test_who_is_admitted(limit: str, moments: list[float], waits: list[float | None]) -> None:
    assert judged(limit, moments) == waits


@pytest.mark.parametrize("kind", LimitKind)
@pytest.mark.parametrize("seed", range(5))
def test_who_waits_as_told_is_admitted(kind: LimitKind, seed: int) -> None:
    chances = random.Random(seed)
    limiter = Limit(kind, 7, 3.3).limiter()
    now = chances.random() * 1e6
    for _ in range(500):
        now += chances.random()
        if (wait := limiter.admit(now)) is not None:
            assert 0 < wait <= 3.3
            now += wait
            assert limiter.admit(now) is None


@pytest.mark.parametrize("kind", LimitKind)
def test_an_even_rate_within_the_limit_is_never_refused(kind: LimitKind) -> None:
    limiter = Limit(kind, 50, 6).limiter()
    assert all(limiter.admit(number * 6 / 50) is None for number in range(1000))


@pytest.mark.parametrize(("kind", "most"), [("fixed", 100), ("sliding", 50), ("bucket", 100)])
def test_what_a_hurried_client_gets_in_any_window(kind: str, most: int) -> None:
    limiter, busiest = Limit(LimitKind(kind), 50, 60).limiter(), Busiest(60)
    for number in range(20_000):
        # Nothing for 59 of the first 60 seconds but one request: the worst moment for a fixed window.
        moment = 0.0 if number == 0 else 59 + number * 0.01
        if limiter.admit(moment) is None:
            busiest.add(moment)
    assert most * 0.95 <= busiest.most <= most


@pytest.mark.parametrize(
    ("limit", "seconds", "told"),
    [("sliding:5/60", 0.2, 1), ("sliding:5/60", 57.0000000001, 57), ("sliding:5/60", 57.1, 58),
     ("sliding:5/6,decimals", 0.2, 0.2), ("sliding:5/6,decimals", 0.12345, 0.124)],
)  # fmt: skip
def test_what_the_header_tells(limit: str, seconds: float, told: float) -> None:
    assert Limit.parse(limit).retry_after(seconds) == told


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("sliding:500/60", Limit()),
        ("fixed:10/0.5", Limit(LimitKind.FIXED, 10, 0.5)),
        ("bucket:500/6,decimals", Limit(LimitKind.BUCKET, 500, 6, decimals=True)),
        ("sliding:5/6,count-refused,decimals", Limit(requests=5, window=6, count_refused=True, decimals=True)),
    ],
)
def test_limits_are_read_and_written(text: str, limit: Limit) -> None:
    assert Limit.parse(text) == limit
    assert str(limit) == text


@pytest.mark.parametrize("text", ["", "sliding", "sliding:500", "leaky:500/60", "sliding:0/60", "sliding:5/0",
                                  "sliding:5/nan", "sliding:5/inf", "bucket:5/60,count-refused",
                                  "sliding:5/60,often", "sliding:1000000001/60", "fixed:5/1e300",
                                  "bucket:5/0.0001"])  # fmt: skip
def test_limits_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="must be sliding"):
        Limit.parse(text)


def test_waits_of_a_sliding_window_only_shrink() -> None:
    limiter = Limit(requests=3, window=5).limiter()
    waits = [limiter.admit(moment / 10) for moment in range(40)]
    refused = [wait for wait in waits if wait is not None]
    assert len(refused) == 37
    assert all(later < sooner for sooner, later in pairwise(refused))
