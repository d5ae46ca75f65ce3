"""What a token source tells its observer."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.observer import SignInEnded
from tests.support.bench import EPOCH
from tests.unit.client.auth.test_tokens import Application, Bureau

REFUSED = {"error": "invalid_grant", "error_description": "AADSTS70008: expired", "correlation_id": "c-1"}


def watched(application, **options):
    events: list[Any] = []
    return Bureau(application, observer=events.append, **options), events


@pytest.mark.usefixtures("stopped_clock")
@pytest.mark.parametrize(("refresh_token", "mode"), [(None, "App-only"), ("r", "App+User")])
def test_a_sign_in_is_told_and_a_token_at_hand_is_not(refresh_token, mode):
    bureau, events = watched(Application(), refresh_token=refresh_token)
    bureau.source.get()
    bureau.source.get()
    assert events == [SignInEnded(began_at=EPOCH, seconds=0.0, mode=mode)]


@pytest.mark.usefixtures("stopped_clock")
def test_a_refusal_is_told_without_what_it_says():
    bureau, events = watched(Application(REFUSED), refresh_token="r")
    with pytest.raises(PartnerCenterError) as refusal:
        bureau.source.get()
    [event] = events
    assert event.error == type(refusal.value).__name__
    assert (event.retryable, event.correlation_id) == (refusal.value.retryable, "c-1")
    assert "expired" not in repr(event)
