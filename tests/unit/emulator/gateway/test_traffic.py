"""What the gateway counts."""

from __future__ import annotations

from airflow_provider_partnercenter.emulator.gateway.request import ReceivedRequest
from airflow_provider_partnercenter.emulator.gateway.traffic import Busiest, Traffic
from airflow_provider_partnercenter.emulator.settings import Limit


def test_the_busiest_stretch() -> None:
    busiest = Busiest(10)
    for moment in (0, 1, 9.9, 10, 25, 26):
        busiest.add(moment)
    assert busiest.most == 3


def asked(path: str) -> ReceivedRequest:
    return ReceivedRequest("GET", path, "", {}, b"")


def test_the_traffic_is_counted() -> None:
    moments = iter([0.0, 1, 2, 3, 70, 71, 72, 73])
    traffic = Traffic(Limit(requests=2, window=10), lambda: next(moments))
    assert traffic(asked("/tenant/oauth2/v2.0/token")) is None
    faults = [traffic(asked("/v1/customers")) for _ in range(8)]
    assert [fault and fault.retry_after for fault in faults] == [None, None, 8, 7, None, None, 8, 7]
    assert faults[2] is not None
    assert faults[2].label == "limit"
    assert "Try again in 8 seconds." in faults[2].body
    assert traffic.to_json() == {
        "limit": "sliding:2/10",
        "arrived": 8,
        "admitted": 4,
        "refused": 4,
        "most_admitted_in_window": 2,
        "most_arrived_in_window": 4,
        "most_arrived_in_60_seconds": 4,
    }
    traffic.use(None)
    assert (traffic.to_json()["limit"], traffic.to_json()["arrived"]) == (None, 0)
