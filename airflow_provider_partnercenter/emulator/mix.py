"""How much goes wrong by rate, and what: the mix of faults that an emulator is started with or given later."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.scenario.behaviour import MAX_SECONDS
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import DEFAULT_GROUPS, GROUPS, KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping


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
