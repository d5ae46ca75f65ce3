from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterUnexpectedResponseError
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.retry import RetryPolicy
from tests.support.bench import Bench, answer

TOKEN = "MS-ContinuationToken"
NO_TOKENS: list[Any] = [None, "", " ", [], True]


def page(**members):
    return {"totalCount": 1, "items": [{"id": "c-1"}], "attributes": {"objectType": "Collection"}, **members}


def following(key="MS-ContinuationToken", value="tok", uri="/customers?size=1&seekOperation=Next"):
    return {"self": {"uri": "/customers"}, "next": {"uri": uri, "headers": [{"key": key, "value": value}]}}


class TestCustomerPages:
    def test_the_first_page_has_size_and_filter(self):
        endpoint = endpoints.get_customers_page(page_size=40, starts_with={"CompanyName": "elm"})
        assert endpoint.query["size"] == "40"
        assert json.loads(endpoint.query["filter"]) == {
            "Field": "CompanyName",
            "Value": "elm",
            "Operator": "starts_with",
        }
        assert not endpoint.headers

    def test_a_further_page_has_neither(self):
        endpoint = endpoints.get_customers_page(page_size=40, starts_with={"Domain": "x"}, continuation="tok")
        assert endpoint.query == {"seekOperation": "Next"}
        assert endpoint.headers == {"MS-ContinuationToken": "tok"}

    @pytest.mark.parametrize(
        ("document", "token"),
        [
            pytest.param(page(), None, id="last-page-without-links"),
            pytest.param(page(links={"self": {"uri": "/customers"}}), None, id="last-page-with-links"),
            pytest.param(page(links={"next": None}), None, id="null-next"),
            pytest.param(page(links=following()), "tok", id="token-in-header"),
            pytest.param(page(links=following(key="ms-continuationtoken")), "tok", id="lower-case-key"),
            pytest.param(
                page(links=following(uri="/v1/customers?size=1?seekOperation=Next")), "tok", id="two-question-marks"
            ),
            pytest.param(
                page(Links={"Next": {"Headers": [{"Key": "MS-ContinuationToken", "Value": "tok"}]}}),
                "tok",
                id="pascal-case",
            ),
            pytest.param(page(links=following(value=7)), "7", id="number"),
            pytest.param(
                page(links={"next": {"uri": "x", "headers": {"MS-ContinuationToken": "tok"}}}), "tok", id="object"
            ),
            pytest.param(
                page(continuationToken="top", links={"next": {"uri": "x", "headers": []}}), "top", id="top-level-token"
            ),
            pytest.param(page(continuationToken="top"), None, id="top-level-token-of-a-last-page"),
        ],
    )
    def test_continuation(self, document, token):
        result = endpoints.get_customers_page().parse(document)
        assert result.continuation == token
        assert [customer.id for customer in result.customers] == ["c-1"]

    def test_a_bare_array(self):
        result = endpoints.get_customers_page().parse([{"id": "c-1"}])
        assert len(result.customers) == 1
        assert result.continuation is None

    @pytest.mark.parametrize(
        "following",
        [
            {"uri": "/v1/customers?size=500&seekOperation=Next"},
            {},
            "",
            [],
            {"uri": "x", "headers": []},
            {"uri": "x", "headers": None},
            {"uri": "x", "headers": "MS-ContinuationToken: tok"},
            {"uri": "x", "headers": [{"key": "Other", "value": "tok"}]},
            *({"uri": "x", "headers": [{"key": TOKEN, "value": value}]} for value in NO_TOKENS),
        ],
    )
    def test_a_next_page_without_a_token_is_an_error(self, following):
        with pytest.raises(ValueError, match="no continuation token"):
            endpoints.get_customers_page().parse(page(links={"next": following}))

    @pytest.mark.parametrize("links", ["/customers", [{"next": {}}], True, 1])
    def test_links_of_another_form_are_an_error(self, links):
        with pytest.raises(ValueError, match="links of an unknown form"):
            endpoints.get_customers_page().parse(page(links=links))

    @pytest.mark.parametrize("count", [0, 2, 7, None, "many"])
    def test_the_number_of_items_is_not_believed(self, count):
        # An answer that was recorded (of another list) has three items and says two.
        assert len(endpoints.get_customers_page().parse(page(totalCount=count)).customers) == 1

    def test_items_without_an_id_are_counted_and_the_others_read(self):
        items = [{"id": "c-1"}, {}, None, "x", {"companyProfile": {"tenantId": "c-2"}}, {"id": {}}]
        result = endpoints.get_customers_page().parse(page(items=items))
        assert [customer.id for customer in result.customers] == ["c-1", "c-2"]
        assert result.unreadable == 4

    @pytest.mark.parametrize(
        "document",
        [
            None,
            {},
            {"items": None},
            {"items": {"id": "c-1"}},
            {"totalCount": 0, "links": {}},
            {"code": 0, "description": "An error with the status 200."},
            "x",
            {"items": [{}]},
        ],
    )
    def test_an_unreadable_page(self, document):
        with pytest.raises(ValueError, match="no member"):
            endpoints.get_customers_page().parse(document)

    @pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "tök"], ids=ascii)
    def test_a_token_that_is_no_header_value_is_refused_where_it_is_read(self, token):
        bench = Bench([answer(200, page(links=following(value=token)))], policy=RetryPolicy(attempts=1))
        with pytest.raises(PartnerCenterUnexpectedResponseError, match="continuation token"):
            bench.send(endpoints.get_customers_page())
