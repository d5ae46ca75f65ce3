"""The ids of customers."""

from __future__ import annotations

import re

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def ordinary_id(number: int) -> str:
    """Return the id of an ordinary customer; the numbers start at 1."""
    return f"10000000-0000-4000-8000-{number:012d}"
