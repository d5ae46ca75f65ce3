"""Convert values to JSON types and back, for the triggerer, Airflow's task state and files."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import DataclassInstance

T = TypeVar("T")


def to_plain(value: DataclassInstance, *, complete: bool = False) -> dict[str, Any]:
    """
    Return the members of a frozen dataclass as plain JSON types.

    :param value: a dataclass whose members are JSON types, or tuples of them.
    :param complete: whether members that have their default are included. A triggerer keeps thousands of such values,
        so by default they are left out; :func:`from_plain` puts them back.
    """
    return {
        member.name: list(found) if isinstance(found, tuple) else found
        for member in fields(value)
        if (found := getattr(value, member.name)) != member.default or complete or member.default is MISSING
    }


def from_plain(cls: type[T], data: Mapping[str, Any]) -> T:
    """
    Return the value that :func:`to_plain` wrote.

    :raises TypeError: if a member is missing or unknown, for example because another version wrote the value.
    """
    return cls(**{name: tuple(found) if isinstance(found, list) else found for name, found in data.items()})
