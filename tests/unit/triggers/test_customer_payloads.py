"""The event of the trigger for new customers."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.exceptions import TriggerEventError
from airflow_provider_partnercenter.triggers.customer_payloads import (
    News,
    make_found_event,
    make_timeout_event,
    read_news,
)
from airflow_provider_partnercenter.triggers.payloads import make_error_event

ROW = {"customer_id": "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f", "company_name": "Contoso", "domain": None}
FOUND = make_found_event([ROW], 5.0)


def test_it_is_read_as_it_was_written():
    assert read_news(FOUND) == News([ROW], 5.0)
    assert read_news(make_timeout_event(0.0)) == News([], 0.0)


def test_an_error_of_the_trigger_is_raised():
    with pytest.raises(PartnerCenterServiceUnavailableError, match="it is away"):
        read_news(make_error_event(PartnerCenterServiceUnavailableError("it is away")))


@pytest.mark.parametrize(
    "event",
    [
        None, {}, [], {**FOUND, "version": 0}, {**FOUND, "status": "done"}, {**FOUND, "customers": []},
        {**FOUND, "customers": None}, {**FOUND, "customers": [{}]}, {**FOUND, "looked_at": None},
        {**make_timeout_event(0.0), "customers": [ROW]},
    ],
)  # fmt: skip
def test_what_is_something_else_is_refused(event):
    with pytest.raises(TriggerEventError):
        read_news(event)
