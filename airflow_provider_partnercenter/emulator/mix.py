"""The mix of faults by rate, with which an emulator is started or which it is given later."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.scenario.behaviour import MAX_SECONDS
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import DEFAULT_GROUPS, GROUPS, KINDS
from airflow_provider_partnercenter.emulator.scenario.reading import Reader, items, members, number, text, whole

if TYPE_CHECKING:
    from collections.abc import Mapping


def draw(*parts: object) -> tuple[float, float]:
    """Return two pseudo-random numbers, from 0 to less than 1, that depend only on ``parts``."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()
    first, second = (int.from_bytes(half) >> 11 for half in (digest[:8], digest[8:]))
    return first / 2**53, second / 2**53


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


@dataclass(frozen=True, slots=True)
class Chance:
    """
    How often something happens to a submission, and after how many seconds.

    :param share: the share of the submissions to which it happens, from 0 to 1.
    :param seconds: how many seconds later it happens, see :class:`Mix`; up to 1,000,000,000.
    :raises ValueError: if a value is out of range.
    """

    share: float = 0.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if not _is_share(self.share) or not 0 <= self.seconds <= MAX_SECONDS:
            raise ValueError("share must be a number from 0 to 1, and seconds a number from 0 to 1000000000")

    @classmethod
    def parse(cls, text: str) -> Chance:
        """
        Parse ``SHARE:SECONDS``.

        :raises ValueError: if the string has another format or a value is out of range.
        """
        share, _, seconds = text.partition(":")
        try:
            return cls(float(share), float(seconds))
        except ValueError:
            raise ValueError(f"expected SHARE:SECONDS with a share from 0 to 1, not {text[:100]!r}") from None

    def __str__(self) -> str:
        return f"{self.share:g}:{self.seconds:g}"


NEVER = Chance()
MAX_WEIGHT = 10**6


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 <= weight <= MAX_WEIGHT:
        raise ValueError(f"the weight of a fault must be a number from 0 to {MAX_WEIGHT}, not {text[:100]!r}")
    return weight


@dataclass(frozen=True, slots=True)
class Mix:
    """
    The share of requests that fail, and how they fail.

    :param rate: the share of requests that fail, from 0 to 1.
    :param kinds: names of kinds and groups, as ``partnercenter-emulator --help`` lists them. Append ``=WEIGHT`` to
        make one more or less frequent than the others, whose weight is 1. The weight of a group applies to each of its
        kinds. If a kind is named more than once, the last weight counts.
    :param seed: the seed of the random choice; a different seed selects different requests.
    :param slow: the total time of a slow answer, in seconds.
    :param retry_after: the ``Retry-After`` of ``throttled``, ``throttled-date`` and ``login-throttled``, in seconds.
    :param late: the share of the submissions that reads show only after a random delay, and the longest delay.
    :param withdrawn: the share of the approvals that become a denial, and the time between the two.
    :raises ValueError: if a kind is unknown or a number is out of range.
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
            raise ValueError(f"rate must be a number from 0 to 1, not {self.rate!r}")
        if not 0 <= self.slow <= MAX_SECONDS or not 0 <= self.retry_after <= MAX_SECONDS:
            raise ValueError(f"'slow' and 'retry_after' must be from 0 to {MAX_SECONDS} seconds")
        self.weights()

    def weights(self) -> dict[str, float]:
        """Return the weight of each kind whose weight is not 0."""
        weights: dict[str, float] = {}
        for entry in self.kinds:
            name, equals, weighed = entry.strip().partition("=")
            if name not in GROUPS and name not in KINDS:
                raise ValueError(f"unknown fault {name[:100]!r}. Known faults: {', '.join([*GROUPS, *KINDS])}")
            weight = _weight(weighed) if equals else 1.0
            weights |= {kind: weight for kind, row in KINDS.items() if name in (kind, row.group)}
        return {name: weight for name, weight in weights.items() if weight}

    def to_json(self) -> dict[str, Any]:
        """Return the mix in the control API's format."""
        return {**asdict(self), "kinds": list(self.kinds), "late": str(self.late), "withdrawn": str(self.withdrawn)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Mix:
        """
        Read a mix in the control API's format; missing members have their defaults.

        :raises ValueError: if a member is unknown or invalid.
        """
        return cls(**members(document, _MEMBERS))


def _chance(value: object) -> Chance:
    return Chance.parse(text(value))


def _kinds(value: object) -> tuple[str, ...]:
    return Mix(kinds=items(text)(value)).kinds


_MEMBERS: dict[str, Reader] = {
    "rate": number(0, 1),
    "kinds": _kinds,
    "seed": whole(0, 2**63),
    "slow": number(),
    "retry_after": number(),
    "late": _chance,
    "withdrawn": _chance,
}
