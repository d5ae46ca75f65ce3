from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import AuditRecord
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.endpoints.audit import ranges
from airflow_provider_partnercenter.client.wire import loads
from tests.support.bench import CUSTOMER

TODAY = date(2024, 3, 31)
OLDEST = date(2024, 1, 1)


def ago(days):
    return TODAY - timedelta(days=days)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """The last second of a day."""
    end = datetime(2024, 3, 31, 23, 59, 59, tzinfo=UTC).timestamp()
    monkeypatch.setattr(clock.source, "now", lambda: end)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        pytest.param(TODAY, None, [(TODAY, None)], id="today"),
        pytest.param(ago(29), None, [(ago(29), None)], id="thirty-days"),
        pytest.param(ago(30), None, [(ago(30), ago(1)), (TODAY, None)], id="thirty-one-days"),
        pytest.param(
            OLDEST,
            None,
            [(ago(90), ago(61)), (ago(60), ago(31)), (ago(30), ago(1)), (TODAY, None)],
            id="all-that-is-kept",
        ),
        pytest.param(ago(5), ago(5), [(ago(5), ago(5))], id="one-day"),
        pytest.param(ago(60), ago(31), [(ago(60), ago(31))], id="thirty-days-with-an-end"),
        pytest.param(ago(60), ago(30), [(ago(60), ago(31)), (ago(30), ago(30))], id="thirty-one-days-with-an-end"),
        pytest.param(ago(3), TODAY, [(ago(3), TODAY)], id="until-today"),
        pytest.param(ago(3), date(9999, 12, 31), [(ago(3), None)], id="until-the-end-of-time"),
        # It is tomorrow already where the caller is.
        pytest.param(ago(-1), None, [(ago(-1), None)], id="tomorrow"),
        pytest.param(ago(-1), ago(-1), [(ago(-1), None)], id="tomorrow-with-an-end"),
    ],
)
def test_the_days_of_each_request(start, end, days):
    assert ranges(start, end) == days


@pytest.mark.parametrize("start", [OLDEST, ago(0), date(2024, 2, 29)])
def test_no_day_is_left_out_and_none_is_asked_for_twice(start):
    found = [
        first + timedelta(days=number)
        for first, last in ranges(start)
        for number in range(((last or TODAY) - first).days + 1)
    ]
    assert found == [start + timedelta(days=number) for number in range((TODAY - start).days + 1)]


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (ago(91), None, "start_date 2023-12-31 is too long ago: Microsoft keeps audit records for 90 days"),
        (date.min, None, "start_date 0001-01-01 is too long ago"),
        (ago(1), ago(2), "end_date 2024-03-29 is before start_date 2024-03-30"),
        ("2024-03-05", None, "start_date must be a date, not '2024-03-05'"),
        (None, None, "start_date must be a date, not None"),
        (TODAY, "today", "end_date must be a date, not 'today'"),
    ],
)
def test_days_that_cannot_be_requested(start, end, told):
    with pytest.raises(PartnerCenterInvalidRequestError, match=told) as caught:
        ranges(start, end)
    assert caught.value.hint


class TestRequests:
    def test_the_least(self):
        endpoint = endpoints.get_audit_records_page(start_date=TODAY)
        assert (endpoint.method, endpoint.path) == ("GET", "/v1/auditrecords")
        assert endpoint.query == {"startDate": "2024-03-31", "size": "100"}
        assert not endpoint.headers
        assert not endpoint.about_customer

    @pytest.mark.parametrize(
        ("moment", "day"),
        [
            (datetime(2024, 3, 5, 1, tzinfo=UTC), "2024-03-05"),
            (datetime(2024, 3, 5, 1, tzinfo=timezone(timedelta(hours=2))), "2024-03-04"),
            (datetime(2024, 3, 5, 1), "2024-03-05"),
        ],
    )
    def test_of_a_time_the_day_in_utc_counts(self, moment, day):
        assert endpoints.get_audit_records_page(start_date=moment).query["startDate"] == day

    @pytest.mark.parametrize(
        ("arguments", "sent"),
        [
            ({"resource_type": "customer"}, {"Field": "ResourceType", "Value": "Customer", "Operator": "equals"}),
            (
                {"resource_type": "customer_user"},
                {"Field": "ResourceType", "Value": "CustomerUser", "Operator": "equals"},
            ),
            (
                {"resource_type": "CustomerUser"},
                {"Field": "ResourceType", "Value": "CustomerUser", "Operator": "equals"},
            ),
            ({"customer_id": CUSTOMER.upper()}, {"Field": "CustomerId", "Value": CUSTOMER, "Operator": "equals"}),
            ({"company_name": "bri"}, {"Field": "CompanyName", "Value": "bri", "Operator": "substring"}),
            ({"company_name": "", "resource_type": None}, None),
        ],
    )
    def test_filters(self, arguments, sent):
        query = endpoints.get_audit_records_page(start_date=TODAY, **arguments).query
        assert (json.loads(query["filter"]) if "filter" in query else None) == sent

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ({"resource_type": "customer", "customer_id": CUSTOMER}, "more than one of resource_type"),
            ({"customer_id": "contoso"}, "customer_id 'contoso' is not a GUID"),
            ({"customer_id": ""}, "customer_id '' is not a GUID"),
            ({"resource_type": 1.5}, "resource_type must be a string"),
            ({"company_name": "\x00"}, "company_name .* contains a control character"),
            ({"page_size": -1}, "page_size must be 0 or more"),
            ({"continuation": "a\r\nX-Evil: 1"}, "continuation .* cannot be sent in a header"),
            ({"start_date": ago(91)}, "start_date 2023-12-31 is too long ago"),
        ],
    )
    def test_arguments_that_are_refused(self, arguments, told):
        with pytest.raises(PartnerCenterInvalidRequestError, match=told):
            endpoints.get_audit_records_page(**{"start_date": TODAY, **arguments})

    def test_a_further_page_repeats_the_arguments(self):
        # Midnight has passed since the first page.
        arguments = {"start_date": ago(91), "end_date": ago(62), "resource_type": "customer", "page_size": 7}
        endpoint = endpoints.get_audit_records_page(**arguments, continuation="tok")
        assert endpoint.headers == {"MS-ContinuationToken": "tok"}
        assert json.loads(endpoint.query["filter"])["Value"] == "Customer"
        assert {name: value for name, value in endpoint.query.items() if name != "filter"} == {
            "startDate": "2023-12-31",
            "endDate": "2024-01-29",
            "size": "7",
            "seekOperation": "Next",
        }


def test_a_page():
    document = {
        "totalCount": 2,
        "items": [{"operationType": "add_customer"}, {}, {"OperationType": "create_order", "Id": "7"}, None],
        "links": {"next": {"headers": [{"key": "MS-ContinuationToken", "value": "tok"}]}},
    }
    page = endpoints.get_audit_records_page(start_date=TODAY).parse(document)
    assert [(record.operation_type, record.id) for record in page.items] == [
        ("add_customer", None),
        ("create_order", "7"),
    ]
    assert (page.continuation, page.unreadable) == ("tok", 2)


def test_a_page_as_it_was_recorded():
    """Its count is not that of its items, it has no next page, and values are missing here and there."""
    common = {
        "partnerId": "d995e21d-2cdd-52c8-92e7-c7fc112170e7",
        "customerId": CUSTOMER,
        "customerName": "Contoso",
        "userPrincipalName": "jdoe@csppartner.onmicrosoft.com",
        "applicationId": "796480fb-e8f3-5ec0-b541-4776b10f5098",
        "sessionId": "c8472fda-873f-58e5-8bc8-b9e9404a62ae",
        "operationStatus": "succeeded",
        "customizedData": [{"key": "Quantity-0", "value": "1"}, {"key": "PartnerOnRecord-0", "value": None}],
        "attributes": {"objectType": "AuditRecord"},
    }
    order = {"resourceType": "order", "resourceNewValue": "{}", "operationType": "create_order"}
    subscription = {"resourceType": "subscription", "resourceOldValue": "{}", "operationType": "update_subscription"}
    uri = "/auditrecords?startDate=2018-07-23&endDate=2018-07-24&size=30"
    document = {
        "totalCount": 2,
        "items": [
            {**common, **order, "id": "d995e21d_1", "operationDate": "2018-07-23T17:20:43.3466529Z"},
            {**common, **order, "id": "d995e21d_2", "operationDate": "2018-07-23T18:55:24.4587837Z"},
            {**common, **subscription, "id": "d995e21d_3", "operationDate": "2018-07-23T19:01:26.0039212Z"},
        ],
        "links": {"self": {"uri": uri, "method": "GET", "headers": []}},
        "attributes": {"objectType": "Collection"},
    }
    body = b"\xef\xbb\xbf" + json.dumps(document).encode()
    page = endpoints.get_audit_records_page(start_date=TODAY).parse(loads(body))
    assert (page.continuation, page.unreadable) == (None, 0)
    assert [(record.operation_type, record.resource_type) for record in page.items] == [
        ("create_order", "order"),
        ("create_order", "order"),
        ("update_subscription", "subscription"),
    ]
    assert page.items[0] == AuditRecord(
        "create_order",
        "succeeded",
        datetime(2018, 7, 23, 17, 20, 43, 346652, tzinfo=UTC),
        "order",
        CUSTOMER,
        "Contoso",
        "jdoe@csppartner.onmicrosoft.com",
        "796480fb-e8f3-5ec0-b541-4776b10f5098",
        "d995e21d_1",
    )
    assert not any(record.adds_customer for record in page.items)


@pytest.mark.parametrize(
    "document", [None, {}, {"items": None}, {"items": [{}]}, {"message": "The request is invalid."}]
)
def test_an_unreadable_page(document):
    with pytest.raises(ValueError, match="no member"):
        endpoints.get_audit_records_page(start_date=TODAY).parse(document)
