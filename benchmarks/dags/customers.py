"""The customers of a run, as the emulator numbers them."""

from __future__ import annotations

from airflow_provider_partnercenter.emulator.magic import ordinary_id


def customers(params):
    """Return so many ids from the first one on."""
    return [ordinary_id(params["first"] + number) for number in range(params["number"])]
