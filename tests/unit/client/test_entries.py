"""Which of several entries counts."""

from __future__ import annotations

from airflow_provider_partnercenter.client.entries import current_entry
from tests.support.records import EDU, SOE, entry


def test_current_entry_of_none_is_none():
    assert current_entry([entry(of=SOE)], EDU) is None
