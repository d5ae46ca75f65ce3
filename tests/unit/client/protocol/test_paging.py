from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterInvalidRequestError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.client.models import AuditRecord, Customer, CustomerPage, Page
from airflow_provider_partnercenter.client.protocol.paging import MAX_IDLE_PAGES, get_audit_records, get_customers


def page(ids="", token=None, unreadable=0):
    return CustomerPage(tuple(map(Customer, ids)), token, unreadable)


def read(*pages):
    paging = get_customers()
    return "".join(customer.id for page in pages for customer in paging.take(page))


@pytest.mark.parametrize(
    ("pages", "customers"),
    [
        pytest.param([page("ab", "1"), page("cd")], "abcd", id="two-pages"),
        pytest.param([page("ab", "1"), page("", "2"), page("cd")], "abcd", id="an-empty-page-in-between"),
        pytest.param([page("", "1"), page("ab")], "ab", id="an-empty-page-first"),
        pytest.param([page("ab", "1"), page("bc", "2"), page("d")], "abcd", id="a-customer-is-repeated"),
        pytest.param([page("ab", "1"), page("AB", "2"), page("c")], "abc", id="a-whole-page-is-repeated-once"),
        pytest.param([page("ab", "1"), page("cd", "1"), page("e")], "abcde", id="a-token-that-goes-on"),
        pytest.param([page("aba", "1"), page("a")], "ab", id="the-last-page-repeats"),
        pytest.param([page()], "", id="nothing"),
    ],
)
def test_every_customer_is_read_once(pages, customers):
    assert read(*pages) == customers


def test_what_is_requested_next():
    paging = get_customers(page_size=40, starts_with={"Domain": "elm"})
    assert paging.next.query == {
        "size": "40",
        "filter": '{"Field": "Domain", "Value": "elm", "Operator": "starts_with"}',
    }
    for token in ("1", "2"):
        paging.take(page(token, token))
        assert paging.next.headers == {"MS-ContinuationToken": token}
        assert paging.next.query == {"seekOperation": "Next"}
    paging.take(page("c"))
    assert paging.next is None


@pytest.mark.parametrize("arguments", [{"page_size": -1}, {"starts_with": "elm"}])
def test_the_arguments_are_checked_before_the_first_request(arguments):
    with pytest.raises(PartnerCenterInvalidRequestError):
        get_customers(**arguments)


@pytest.mark.parametrize(
    "again",
    [
        pytest.param([page("ab", "1"), page("ab", "1")], id="the-same-token-and-page"),
        pytest.param([page("ab", "1"), page("", "1")], id="the-same-token-and-an-empty-page"),
        pytest.param([page("ab", "1"), page("cd", "2"), page("ab", "1")], id="a-circle"),
        pytest.param([page("", "1"), page("", "1")], id="nothing-at-all"),
    ],
)
def test_a_list_that_repeats_itself_is_an_error(again):
    with pytest.raises(PartnerCenterUnexpectedResponseError, match="repeat without end"):
        read(*again)


def test_new_tokens_without_new_customers_are_not_followed_for_ever():
    idle = [page("ab", str(number)) for number in range(MAX_IDLE_PAGES + 1)]
    assert read(*idle) == "ab"
    with pytest.raises(PartnerCenterUnexpectedResponseError, match="after 2 customers"):
        read(*idle, page("ab", "one more"))


def test_items_that_cannot_be_read_are_counted_and_told(caplog):
    paging = get_customers()
    paging.take(page("a", "1", unreadable=2))
    paging.take(page("b", unreadable=1))
    assert paging.unreadable == 3
    assert "2 items" in caplog.text


RECORDS = [AuditRecord("add_customer", customer_name=name) for name in "abc"]


@pytest.fixture
def today(monkeypatch):
    monkeypatch.setattr(clock.source, "now", lambda: datetime(2024, 3, 31, tzinfo=UTC).timestamp())
    return date(2024, 3, 31)


def test_more_days_than_one_request_can_have_are_read_one_part_after_the_other(today):
    paging = get_audit_records(start_date=date(2024, 2, 20), end_date=today, resource_type="customer", page_size=2)
    asked, found = [], []
    for answer in [Page((RECORDS[0],), "1"), Page((RECORDS[1],)), Page((), "1"), Page((RECORDS[2],))]:
        query = paging.next.query
        assert query["size"] == "2"
        assert "Customer" in query["filter"]
        asked.append((query["startDate"], query["endDate"], paging.next.headers.get("MS-ContinuationToken")))
        found += paging.take(answer)
    assert paging.next is None
    assert found == RECORDS
    assert asked == [
        ("2024-02-20", "2024-03-20", None),
        ("2024-02-20", "2024-03-20", "1"),
        ("2024-03-21", "2024-03-31", None),
        ("2024-03-21", "2024-03-31", "1"),
    ]


def test_records_are_told_apart_by_their_id_and_otherwise_by_all_that_they_say(today):
    paging = get_audit_records(start_date=today)
    same = AuditRecord("add_customer", id="7")
    paging.take(Page((RECORDS[0], RECORDS[1], same), "1"))
    assert paging.take(Page((RECORDS[1], RECORDS[2], same, AuditRecord("add_customer", id="8")))) == [
        RECORDS[2],
        AuditRecord("add_customer", id="8"),
    ]


def test_records_without_end(today):
    paging = get_audit_records(start_date=today)
    paging.take(Page((RECORDS[0],), "1"))
    with pytest.raises(PartnerCenterUnexpectedResponseError, match="after 1 audit records, the pages repeat") as caught:
        paging.take(Page((RECORDS[0],), "1"))
    assert str(caught.value).startswith("Reading the audit records failed")


def test_days_that_are_too_long_ago_are_refused_before_the_first_request(today):
    with pytest.raises(PartnerCenterInvalidRequestError, match="too long ago"):
        get_audit_records(start_date=date(2023, 12, 31))
