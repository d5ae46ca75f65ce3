"""What a rate limit says of the moments of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


#: What Microsoft admits in a minute (page ``api-throttling-guidance``).
SERVICE_LIMIT = 500


def most_within(moments: Sequence[float], seconds: float) -> int:
    """Return how many moments, in ascending order, are within a span of so many seconds."""
    most = begin = 0
    for end, moment in enumerate(moments):
        while moment - moments[begin] >= seconds:
            begin += 1
        most = max(most, end - begin + 1)
    return most
