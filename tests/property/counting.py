"""How many cases were generated, in how much time."""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import settings

FACTOR = int(os.environ.get("PROPERTY_FACTOR", "1"))

# By kind: what was generated in this run.
TALLY: Counter[str] = Counter()


def examples(number: int) -> settings:
    """Return the setting that generates so many examples, times the factor of the environment."""
    return settings(max_examples=number * FACTOR)
