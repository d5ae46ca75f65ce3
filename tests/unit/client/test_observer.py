from __future__ import annotations

import logging

from airflow_provider_partnercenter.client.observer import Event, Throttled, notify

EVENT = Throttled(began_at=1.0, seconds=2.0, kind="get_customer", request_id="r", correlation_id="c")


def test_an_observer_is_told():
    seen: list[Event] = []
    notify(seen.append, EVENT)
    assert seen == [EVENT]


def test_an_observer_that_fails_changes_nothing(caplog):
    def broken(event):
        raise OSError("the network is down")

    with caplog.at_level(logging.WARNING):
        notify(broken, EVENT)
    assert "observer of a Partner Center client failed" in caplog.text
    assert "the network is down" in caplog.text
