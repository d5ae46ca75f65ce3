"""The list of customers is read to its end, or an error says why not; in both clients."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterUnexpectedResponseError
from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.client.protocol.paging import get_customers
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.scenario.customer_list import ListFault
from tests.support.clients.both_clients import User, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.emulator.server import Emulator


@pytest.fixture(params=["requests", "aiohttp"])
def user(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[User]:
    with User(request.param, settings_of(emulator)) as user:
        yield user


def test_a_list_without_end(user: User, emulator: Emulator) -> None:
    emulator.customer_list(ListFault.ENDLESS)
    with pytest.raises(PartnerCenterUnexpectedResponseError, match="the pages repeat without end"):
        user.all_customers()
    assert len(emulator.journal(path="/v1/customers")) <= 4


def test_a_next_page_without_a_token(user: User, emulator: Emulator) -> None:
    emulator.customer_list("no-token")
    with pytest.raises(PartnerCenterUnexpectedResponseError, match="no continuation token"):
        user.all_customers()


def test_an_empty_page_is_not_the_end(user: User, emulator: Emulator) -> None:
    whole = user.all_customers()
    emulator.customer_list("empty-page")
    assert user.all_customers() == whole


def test_an_item_without_an_id(user: User, emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    whole = user.all_customers()
    emulator.customer_list("no-id")
    assert user.all_customers() == whole[1:]
    assert "1 items of a page cannot be read and were left out" in caplog.text


def test_a_customer_comes_and_another_goes(user: User, emulator: Emulator) -> None:
    before = {customer.id for customer in user.all_customers(page_size=7)}
    new = emulator.configure(str(uuid.uuid4()))
    assert emulator.configure(ordinary_id(1), has_relationship=False) in before
    after = {customer.id for customer in user.all_customers(page_size=7)}
    assert (after - before, before - after) == ({new}, {ordinary_id(1)})


def test_a_later_page_that_cannot_be_read(user: User, emulator: Emulator) -> None:
    paging = get_customers(page_size=20)
    assert len(paging.take(user.send(paging.next))) == 20
    emulator.customer_list("no-token")
    with pytest.raises(PartnerCenterUnexpectedResponseError, match="no continuation token"):
        user.send(paging.next)
    assert paging.next is not None, "this is not the end of the list"


def test_a_collection_of_qualifications(user: User, emulator: Emulator) -> None:
    customer = magic.customer_id("shape-collection")
    assert user.get_qualifications(customer) == []
    user.create_qualification(customer, "Education", education_segment="K12")
    (entry,) = user.get_qualifications(customer)
    assert entry.qualification is Qualification.EDUCATION
