from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import Customer
from airflow_provider_partnercenter.commands.customers.finding import search, the_one

IDS = [f"0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e{number:02d}" for number in range(30)]
ELM, TWIN, OAK = (
    Customer(IDS[0], "Elm School", "elm.example"),
    Customer(IDS[1], "ELM school", "twin.example"),
    Customer(IDS[2].upper(), "Oak", None),
)
NAMELESS = Customer(IDS[3])


@pytest.mark.parametrize(
    ("given", "found"),
    [("elm.example", ELM), ("Twin.Example", TWIN), ("OAK", OAK)],
)
def test_the_only_one_of_that_name(given, found):
    assert the_one(given, [ELM, TWIN, OAK, NAMELESS]) == found.id.lower()


@pytest.mark.parametrize("given", ["elm", "oak.example", "elm.example "])
def test_nobody_has_that_name(given):
    with pytest.raises(PartnerCenterInvalidRequestError, match="is neither the id of a customer nor") as refusal:
        the_one(given, [ELM, TWIN, OAK, NAMELESS])
    assert "airflow partnercenter customers --search" in refusal.value.hint


def test_a_name_that_several_have():
    with pytest.raises(PartnerCenterInvalidRequestError) as refusal:
        the_one("Elm School", [ELM, TWIN, OAK])
    assert refusal.value.message == (
        f"'Elm School' is the name of 2 customers: {ELM.id} (Elm School, elm.example); {TWIN.id} (ELM school, "
        "twin.example)"
    )
    with pytest.raises(PartnerCenterInvalidRequestError, match="'Same' is the name of 30 customers: ") as refusal:
        the_one("Same", [Customer(each, "Same") for each in IDS])
    assert refusal.value.message.endswith(f"; {IDS[9]} (Same); and 20 more")


class Listing:
    """The customer list, which counts how many customers were read."""

    def __init__(self, *customers):
        self.customers = customers
        self.read = 0

    def get_customers(self, *, starts_with=None):
        field, text = next(iter(starts_with.items())) if starts_with else ("CompanyName", "")
        for each in self.customers:
            name = each.domain if field == "Domain" else each.company_name
            if (name or "").lower().startswith(text.lower()):
                self.read += 1
                yield each


@pytest.mark.parametrize(
    ("text", "contains", "found"),
    [
        ("elm", False, [ELM, TWIN]),
        ("twin", False, [TWIN]),
        ("school", False, []),
        ("school", True, [ELM, TWIN]),
        (" oak ", True, [OAK]),
    ],
)
def test_search(text, contains, found):
    customers: Any = Listing(ELM, TWIN, OAK, NAMELESS)
    assert search(customers, text, contains=contains, limit=9) == (found, False)


def test_no_more_are_read_than_needed():
    listing: Any = Listing(*(Customer(each, "Same") for each in IDS))
    found, more = search(listing, "same", contains=False, limit=3)
    assert ([each.id for each in found], more, listing.read) == (IDS[:3], True, 4)
