"""
Faults by rate: which request meets which fault, decided by a seed.

The decision depends on nothing but the seed and how many requests of that method and path came before, so that the same
requests are struck however they are interleaved with those of other customers; and every request that is struck at one
rate is struck at any higher one.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect
from collections import Counter
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.behaviour import MAX_SECONDS, NO_LONGER_EDUCATION, After, Step, Verdict
from airflow_provider_partnercenter.emulator.fault_kinds import DEFAULT_GROUPS, GROUPS, KINDS
from airflow_provider_partnercenter.emulator.faults import Fault, FaultKind, throttled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_partnercenter.emulator.middleware import Exchange

_SLOW = (FaultKind.SLOW_HEADERS, FaultKind.SLOW_BODY)


def draw(*parts: object) -> tuple[float, float]:
    """Return two numbers from 0 up to 1 that look random and depend on nothing but the parts."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()
    first, second = (int.from_bytes(half) >> 11 for half in (digest[:8], digest[8:]))
    return first / 2**53, second / 2**53


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


@dataclass(frozen=True, slots=True)
class Chance:
    """
    What happens to some submissions.

    :param share: how many of them, from 0 to 1.
    :param seconds: how long.
    """

    share: float = 0.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if not _is_share(self.share) or not 0 <= self.seconds <= MAX_SECONDS:
            raise ValueError("a share is a number from 0 to 1, and seconds cannot be negative")

    @classmethod
    def parse(cls, text: str) -> Chance:
        """
        Read ``SHARE:SECONDS``.

        :raises ValueError: if the text is nothing like it.
        """
        share, _, seconds = text.partition(":")
        try:
            return cls(float(share), float(seconds))
        except ValueError:
            raise ValueError(f"{text!r} is not SHARE:SECONDS with a share from 0 to 1") from None

    def __str__(self) -> str:
        return f"{self.share:g}:{self.seconds:g}"


NEVER = Chance()


@dataclass(frozen=True, slots=True)
class Mix:
    """
    How much goes wrong, and what.

    :param rate: the share of requests that meet a fault, from 0 to 1.
    :param kinds: names of kinds and groups of :mod:`.fault_kinds`, each with ``=WEIGHT`` if it is to be more or less
        frequent than the others; a weight of a group is that of each of its kinds, and the last word on a kind counts.
    :param seed: another seed strikes other requests.
    :param slow: seconds that a slow answer takes altogether.
    :param retry_after: the seconds of ``throttled``, ``throttled-date`` and ``login-throttled``.
    :param late: submissions that reads show only after a while: at random up to the seconds.
    :param withdrawn: submissions that are denied so many seconds after they were approved.
    :raises ValueError: if a kind is unknown or a number out of range.
    """

    rate: float = 0.0
    kinds: tuple[str, ...] = DEFAULT_GROUPS
    seed: int = 0
    slow: float = 2.0
    retry_after: float = 1.0
    late: Chance = NEVER
    withdrawn: Chance = NEVER

    def __post_init__(self) -> None:
        if not _is_share(self.rate):
            raise ValueError(f"the rate {self.rate!r} is not a number from 0 to 1")
        if not 0 <= self.slow <= MAX_SECONDS or not 0 <= self.retry_after <= MAX_SECONDS:
            raise ValueError(f"'slow' and 'retry_after' are seconds from 0 to {MAX_SECONDS}")
        self.weights()

    def weights(self) -> dict[str, float]:
        """Return the weight of each kind that can happen."""
        weights: dict[str, float] = {}
        for text in self.kinds:
            name, equals, number = text.strip().partition("=")
            if name not in GROUPS and name not in KINDS:
                raise ValueError(f"unknown fault {name!r}; there are: {', '.join([*GROUPS, *KINDS])}")
            weight = float(number) if equals else 1.0
            if not 0 <= weight < math.inf:
                raise ValueError(f"{text!r}: a weight cannot be negative")
            weights |= {kind: weight for kind, row in KINDS.items() if name in (kind, row.group)}
        return {name: weight for name, weight in weights.items() if weight}

    def to_json(self) -> dict[str, Any]:
        """Return the mix as the control API shows and takes it."""
        return {**asdict(self), "kinds": list(self.kinds), "late": str(self.late), "withdrawn": str(self.withdrawn)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Mix:
        """
        Read what the control API was given; what is left out has its default.

        :raises ValueError: if it cannot be understood.
        """
        values = dict(document)
        try:
            if "kinds" in values:
                if isinstance(values["kinds"], str):
                    raise TypeError("'kinds' is not a list")
                values["kinds"] = tuple(values["kinds"])
            for name in ("late", "withdrawn"):
                if name in values:
                    values[name] = Chance.parse(values[name])
            return cls(**values)
        except (TypeError, AttributeError) as error:
            raise ValueError(f"not a mix of faults: {error}") from error


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


class Plan:
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

    def __call__(self, exchange: Exchange) -> Fault | None:
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

    def delay(self, customer_id: str, number: int) -> float:
        """
        Decide after how many seconds reads show a submission.

        :param number: of the submission among those of this customer.
        """
        chance, how_late = draw(self.mix.seed, "late", customer_id, number)
        return how_late * self.mix.late.seconds if chance < self.mix.late.share else 0.0

    def course(self, steps: tuple[Step, ...], customer_id: str, number: int) -> tuple[Step, ...]:
        """
        Decide whether an approval is taken back.

        :param steps: what becomes of the submission otherwise.
        :param number: of the submission among those of this customer.
        """
        chance, _ = draw(self.mix.seed, "withdrawn", customer_id, number)
        if chance >= self.mix.withdrawn.share or not steps or steps[-1].verdict.status != "Approved":
            return steps
        withdrawal = Step(_later(steps[-1].after, self.mix.withdrawn.seconds), Verdict("Denied", NO_LONGER_EDUCATION))
        return (*steps, withdrawal)


def _later(after: After, seconds: float) -> After:
    if after.reads is not None:
        # One read shows the approval.
        return After(None, after.reads + 1)
    return After((after.seconds or 0) + seconds)
