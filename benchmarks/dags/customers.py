"""The customers of a run, as the emulator numbers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.magic import ordinary_id

if TYPE_CHECKING:
    from collections.abc import Mapping


def customers(params: Mapping[str, Any]) -> list[str]:
    """Return so many ids from the first one on."""
    return [ordinary_id(params["first"] + number) for number in range(params["number"])]
