"""
Faults by rate: which request meets which fault.

The decision depends only on the seed and on the number of earlier requests with the same method and path. So faults
strike the same requests of a customer in whatever order the requests of other customers arrive. A request that is
struck at one rate is struck at every higher rate too.
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
    """The kinds of faults for the API or for the login service, and the choice among them."""

    def __init__(self, mix: Mix, *, login: bool) -> None:
        weights = {name: weight for name, weight in mix.weights().items() if KINDS[name].login is login}
        self._faults = [_tuned(KINDS[name].fault, mix) for name in weights]
        self._bounds = list(accumulate(weights.values()))

    def pick(self, chance: float) -> Fault | None:
        if not self._faults:
            return None
        # A product of tiny weights may be rounded up to the last bound.
        place = bisect(self._bounds, chance * self._bounds[-1])
        return self._faults[min(place, len(self._faults) - 1)]


def _tuned(fault: Fault, mix: Mix) -> Fault:
    if fault.kind in _SLOW:
        return replace(fault, seconds=mix.slow)
    if fault.retry_after is None:
        return fault
    # The body of the API's 429 contains the seconds too.
    body = fault.body if KINDS[fault.name].login else throttled(mix.retry_after).body
    return replace(fault, retry_after=mix.retry_after, body=body)


class FaultsByRate:
    """
    Lets requests fail at random, as a :class:`.mix.Mix` says.

    :param mix: the mix that the emulator is started with.
    """

    def __init__(self, mix: Mix) -> None:
        self._initial = mix
        self.reset()

    def reset(self) -> None:
        """Restore the initial mix and restart all counts."""
        self.use(self._initial)

    def use(self, mix: Mix) -> None:
        """Use another mix from now on, and restart all counts."""
        self.mix = mix
        self.struck: Counter[str] = Counter()
        self._requests: Counter[tuple[str, str]] = Counter()
        self._api, self._login = _Choice(mix, login=False), _Choice(mix, login=True)

    def __call__(self, exchange: ReceivedRequest) -> Fault | None:
        """Return the fault that a request meets, or ``None``."""
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
