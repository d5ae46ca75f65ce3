"""Audit records, read by both clients from the emulator."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterInvalidRequestError,
    PartnerCenterUserRequiredError,
)
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from tests.support.clients.both_clients import KINDS, User, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from airflow_provider_partnercenter.emulator.server import Emulator

ORDINARY = ordinary_id(1)


@pytest.fixture(params=KINDS)
def user(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[User]:
    with User(request.param, settings_of(emulator)) as user:
        yield user


def days_ago(number: int) -> date:
    return datetime.now(UTC).date() - timedelta(days=number)


def added(user: User, **options: object) -> list[str]:
    """Return the ids of the customers of which the records say that they are new."""
    records = user.whole("get_audit_records", **{"start_date": days_ago(1), **options})
    return [record.customer_id for record in records if record.adds_customer]


def test_a_customer_that_is_added(user: User, emulator: Emulator) -> None:
    assert added(user) == []
    emulator.configure(customer := str(uuid.uuid4()), company={"company_name": "Elm School"})
    (record,) = user.whole("get_audit_records", start_date=days_ago(1), resource_type="customer")
    assert record.adds_customer
    assert (record.customer_id, record.customer_name, record.resource_type) == (customer, "Elm School", "customer")
    assert (record.operation_type, record.operation_status) == ("add_customer", "succeeded")
    assert abs(datetime.now(UTC) - record.operation_date) < timedelta(hours=1)
    assert customer in {each.id for each in user.all_customers()}


def test_a_qualification_that_is_requested(user: User) -> None:
    user.create_qualification(ORDINARY, "Education", education_segment="K12")
    (record,) = user.whole("get_audit_records", start_date=days_ago(1), customer_id=ORDINARY)
    assert (record.operation_type, record.succeeded) == ("update_customer_qualification", True)
    assert not record.adds_customer


def test_pages_are_followed(user: User, emulator: Emulator) -> None:
    customers = [emulator.configure(str(uuid.uuid4())) for _ in range(7)]
    assert added(user, page_size=3, resource_type="customer") == customers[::-1]
    requests = emulator.journal(path="/v1/auditrecords")
    assert len(requests) == 3
    assert ["seekOperation=Next" in request["query"] for request in requests] == [False, True, True]
    assert all("startDate=" in request["query"] for request in requests)


def test_more_days_than_the_service_returns_at_once(user: User, emulator: Emulator) -> None:
    customers = [emulator.configure(str(uuid.uuid4()))]
    for _ in range(2):
        emulator.advance(25 * 86400)
        customers.append(emulator.configure(str(uuid.uuid4())))
    first = days_ago(1)
    # One request says nothing of what it leaves out.
    page = user.get_audit_records_page(start_date=first)
    assert [record.customer_id for record in page.items] == customers[1::-1]
    assert page.continuation is None


def test_more_days_are_requested_one_part_after_the_other(user: User, emulator: Emulator) -> None:
    customer = emulator.configure(str(uuid.uuid4()))
    first = days_ago(85)
    assert added(user, start_date=first) == [customer]
    after = [first + timedelta(days=number) for number in (29, 30, 59, 60)]
    assert [request["query"].partition("&size")[0] for request in emulator.journal(path="/v1/auditrecords")] == [
        f"startDate={first}&endDate={after[0]}",
        f"startDate={after[1]}&endDate={after[2]}",
        f"startDate={after[3]}",
    ]


def test_days_that_are_too_long_ago(user: User, emulator: Emulator) -> None:
    with pytest.raises(PartnerCenterInvalidRequestError, match="keeps audit records for 90 days"):
        user.whole("get_audit_records", start_date=days_ago(100))
    assert emulator.journal(path="/v1/auditrecords") == [], "it is said before anything is sent"
    emulator.advance(20 * 86400)
    with pytest.raises(PartnerCenterInvalidRequestError, match="startDate") as caught:
        user.whole("get_audit_records", start_date=days_ago(80))
    assert caught.value.status == 400


@pytest.mark.parametrize("kind", KINDS)
def test_app_only_is_refused(kind: str, emulator: Emulator) -> None:
    with (
        User(kind, settings_of(emulator, credentials={"refresh_token": None})) as app,
        pytest.raises(PartnerCenterUserRequiredError, match="refresh_token") as caught,
    ):
        app.whole("get_audit_records", start_date=days_ago(1))
    assert (caught.value.status, caught.value.code) == (403, "900329")
