"""What a control request may say about a customer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator.partner.override import new_behaviour
from airflow_provider_partnercenter.emulator.scenario.behaviour import Behaviour
from airflow_provider_partnercenter.emulator.settings import Settings

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.scenario.faults import Fault


def changed(**changes: Any) -> Behaviour:
    return new_behaviour(Behaviour(), changes, Settings())


def fault(**members: Any) -> Fault:
    (only,) = changed(faults=[members]).faults
    return only


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"code": 1, "description": "é"}, {"code": 1, "description": "é"}),
        ([], []),
        ('{"code":', None),
        ("", None),
    ],
)
def test_the_body_of_a_fault_is_a_text_or_json(body: Any, expected: Any) -> None:
    sent = fault(status=400, body=body).body
    assert sent == body if expected is None else json.loads(sent) == expected


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"vetting": "soon"}, "vetting"),
        ({"vetting": None}, "vetting"),
        ({"verdict": ["approve"]}, "verdict"),
        ({"propagation": True}, "propagation"),
        ({"propagation": float("nan")}, "propagation"),
        ({"empty_reads": [1, 1.5]}, "empty_reads[1]"),
        ({"account_status": {"a": 1}}, "account_status"),
        ({"shape": "round"}, "shape"),
        ({"company": {"company_name": 5}}, "company.company_name"),
        ({"company": {"city": None}}, "company.city"),
        ({"company": {"allow_delegated_access": "yes"}}, "company.allow_delegated_access"),
        ({"qualifications": ["Education", True]}, "qualifications[1]"),
        ({"qualifications": [{"qualification": "Education", "vetting_status": 5}]}, "qualifications[0].vetting_status"),
        ({"qualifications": [{"qualification": "Education", "VettingReason": []}]}, "qualifications[0].VettingReason"),
        ({"qualifications": [{"qualification": 1, "vettingCreatedDate": "soon"}]},
         "qualifications[0].vettingCreatedDate"),
        ({"faults": [{}, {"kind": "flood"}]}, "faults[1].kind"),
        ({"faults": [{"kind": "early-expiry"}]}, "faults[0].kind"),
        ({"faults": [{"methods": "POST"}]}, "faults[0].methods"),
        ({"faults": [{"methods": ["post"]}]}, "faults[0].methods[0]"),
        ({"faults": [{"times": "two"}]}, "faults[0].times"),
        ({"faults": [{"status": 100}]}, "faults[0].status"),
        ({"faults": [{"status": True}]}, "faults[0].status"),
        ({"faults": [{"body": 5}]}, "faults[0].body"),
        ({"faults": [{"status": 204, "body": "x"}]}, "faults[0].body"),
        ({"faults": [{"body": {"a": float("inf")}}]}, "faults[0].body"),
        ({"faults": [{"retry_after": "5"}]}, "faults[0].retry_after"),
        ({"faults": [{"headers": {"X-A": 5}}]}, "faults[0].headers.X-A"),
        ({"faults": [{"headers": {"X A": "5"}}]}, "faults[0].headers"),
        ({"faults": [{"content_type": "text/plain\r\n"}]}, "faults[0].content_type"),
        ({"faults": [{"name": "\x1b[31m"}]}, "faults[0].name"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        changed(**changes)
    assert str(caught.value).startswith(f"{place}: ")
