"""Pages of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """
    One page of a list.

    :param items: the items of this page.
    :param continuation: the token to request the next page with; ``None`` on the last page.
    :param unreadable: how many items of the page could not be read.
    """

    items: tuple[T_co, ...]
    continuation: str | None = None
    unreadable: int = 0
