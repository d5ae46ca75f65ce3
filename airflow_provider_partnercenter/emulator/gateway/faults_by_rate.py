"""
A mix of faults at work: which request meets which fault.

The decision depends on nothing but the seed and how many requests of that method and path came before, so that the same
requests are struck however they are interleaved with those of other customers; and every request that is struck at one
rate is struck at any higher one.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.emulator.mix import Mix, draw
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import KINDS
from airflow_provider_partnercenter.emulator.scenario.faults import Fault, FaultKind, throttled

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.gateway.request import ReceivedRequest

_SLOW = (FaultKind.SLOW_HEADERS, FaultKind.SLOW_BODY)


class _Choice:
    """The kinds that can strike one sort of request."""

    def __init__(self, mix: Mix, *, login: bool) -> None:
        weights = {name: weight for name, weight in mix.weights().items() if KINDS[name].login is login}
        self._faults = [_tuned(KINDS[name].fault, mix) for name in weights]
        self._bounds = list(accumulate(weights.values()))

    def pick(self, chance: float) -> Fault | None:
        return self._faults[bisect(self._bounds, chance * self._bounds[-1])] if self._faults else None


def _tuned(fault: Fault, mix: Mix) -> Fault:
    if fault.kind in _SLOW:
        return replace(fault, seconds=mix.slow)
    if fault.retry_after is None:
        return fault
    # The message of the API's own tells the seconds, too.
    body = fault.body if KINDS[fault.name].login else throttled(mix.retry_after).body
    return replace(fault, retry_after=mix.retry_after, body=body)


class FaultsByRate:
    """
    A mix at work; a source of faults.

    :param mix: what an emulator was started with.
    """

    def __init__(self, mix: Mix) -> None:
        self._initial = mix
        self.reset()

    def reset(self) -> None:
        """Return to the mix of the start, and to the first request."""
        self.use(self._initial)

    def use(self, mix: Mix) -> None:
        """Take another mix from now on; all counts begin anew."""
        self.mix = mix
        self.struck: Counter[str] = Counter()
        self._requests: Counter[tuple[str, str]] = Counter()
        self._api, self._login = _Choice(mix, login=False), _Choice(mix, login=True)

    def __call__(self, exchange: ReceivedRequest) -> Fault | None:
        """Decide about a request."""
        if not self.mix.rate:
            return None
        if exchange.to_api:
            choice = self._api
        elif exchange.path.endswith("/token"):
            choice = self._login
        else:
            return None
        key = exchange.method, exchange.path.lower()
        self._requests[key] += 1
        chance, which = draw(self.mix.seed, *key, self._requests[key])
        fault = choice.pick(which) if chance < self.mix.rate else None
        if fault:
            self.struck[fault.label] += 1
        return fault
