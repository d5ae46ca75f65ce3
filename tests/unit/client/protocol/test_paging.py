from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterInvalidRequestError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.client.models import Customer, CustomerPage
from airflow_provider_partnercenter.client.protocol.paging import MAX_IDLE_PAGES, get_customers


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
