from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_partnercenter.client.models import Address, Customer
from airflow_provider_partnercenter.qualification.checks.preflight import preflight, unseen

CUSTOMER = "0d9c8b7a-6f5e-4d3c-8b2a-1f0e9d8c7b6a"
GOOD: dict[str, Any] = {
    "company_name": "Elm School",
    "domain": "elm.example",
    "email": "head@elm.example",
    "allow_delegated_access": True,
    "address": Address("1 Elm St", "Elmton", "12345", "US"),
}


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        pytest.param({}, [], id="good"),
        pytest.param({"company_name": None}, ["no company name"], id="no-name"),
        pytest.param({"address": Address()}, ["address is missing"], id="no-address"),
        pytest.param({"address": Address("1 Elm St", None, None, "US")}, ["address is missing"], id="no-city"),
        pytest.param({"address": Address("1 Elm St", "Elmton", None, "US")}, [], id="a-postal-code-is-not-needed"),
        pytest.param({"email": None}, ["no e-mail"], id="no-mail"),
        pytest.param({"email": "head@GMail.com"}, ["gmail.com, a free e-mail service"], id="free-mail"),
        pytest.param(
            {"email": "head@elm.onmicrosoft.com"}, ["elm.onmicrosoft.com; the customer's own"], id="mail-default"
        ),
        pytest.param({"domain": "elm.onmicrosoft.com"}, ["no domain of its own"], id="domain-default"),
        pytest.param(
            {"domain": "elm.onmicrosoft.com", "custom_domains": ("Elm.Example",)}, [], id="default-and-own-domain"
        ),
        pytest.param({"domain": None}, [], id="domain-unknown"),
        pytest.param(
            {"allow_delegated_access": False, "email": None, "address": Address()},
            [],
            id="no-delegated-access",
        ),
        pytest.param({"allow_delegated_access": False}, [], id="no-delegated-access-but-all-is-there"),
        pytest.param(
            {"company_name": None, "email": None, "address": Address(), "domain": "x.onmicrosoft.com"},
            ["company name", "address", "e-mail", "domain of its own"],
            id="everything",
        ),
    ],
)
def test_preflight(changes, problems):
    found = preflight(Customer(CUSTOMER, **{**GOOD, **changes}))
    assert len(found) == len(problems)
    assert all(part in problem for part, problem in zip(problems, found, strict=True))


def test_what_cannot_be_seen_is_no_problem():
    assert unseen(Customer(CUSTOMER, company_name="Elm", allow_delegated_access=False))
    assert not unseen(Customer(CUSTOMER, **GOOD))
