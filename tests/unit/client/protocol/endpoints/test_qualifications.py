from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterInvalidRequestError,
    PartnerCenterNotFoundError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.retry import RetryPolicy
from airflow_provider_partnercenter.client.wire import loads
from tests.support.bench import CUSTOMER, Bench, answer

Q = Qualification
WHEN = datetime(2023, 5, 6, 7, 8, 9, tzinfo=UTC)
REVIEWED = CustomerQualification(Q.EDUCATION, VettingStatus.IN_REVIEW, None, WHEN)
OWNED = CustomerQualification(Q.STATE_OWNED_ENTITY)
ENTRY = '{"qualification":"Education","vettingStatus":"InReview","vettingCreateDate":"2023-05-06T07:08:09Z"}'

LISTS = [
    pytest.param(f"[{ENTRY}]", [REVIEWED], id="array"),
    pytest.param(f'[{ENTRY},{{"qualification":"StateOwnedEntity"}}]', [REVIEWED, OWNED], id="array-of-two"),
    pytest.param(f'{{"qualifications":[{ENTRY}]}}', [REVIEWED], id="wrapper"),
    pytest.param(f'{{"Qualifications":[{ENTRY}],"Attributes":{{"Etag":"x"}}}}', [REVIEWED], id="wrapper-pascal-case"),
    pytest.param(ENTRY, [REVIEWED], id="single-object"),
    pytest.param(
        '{"Qualification":"Education","VettingStatus":"InReview","VettingReason":null,'
        '"VettingCreatedDate":"05/06/2023: 07:08:09"}',
        [REVIEWED],
        id="single-object-pascal-case",
    ),
    pytest.param(f'{ENTRY[:-1]},"qualifications":null}}', [REVIEWED], id="single-object-with-a-null-wrapper-member"),
    pytest.param("\ufeff \r\n" + f"[{ENTRY}]", [REVIEWED], id="bom-and-blanks"),
    pytest.param('"state_owned_entity"', [OWNED], id="bare-text"),
    pytest.param("4", [OWNED], id="bare-number"),
    pytest.param('["StateOwnedEntity"]', [OWNED], id="array-of-texts"),
    pytest.param("", [], id="no-body"),
    pytest.param("null", [], id="null"),
    pytest.param("[]", [], id="empty-array"),
    pytest.param('{"qualifications":[]}', [], id="empty-wrapper"),
    pytest.param(f'{{"totalCount":1,"items":[{ENTRY}],"attributes":{{}}}}', [REVIEWED], id="collection"),
    pytest.param('{"totalCount":0,"items":[],"attributes":{"objectType":"Collection"}}', [], id="empty-collection"),
    pytest.param('{"totalCount":0,"items":null}', [], id="null-collection"),
    pytest.param('{"qualifications":null}', [], id="null-wrapper"),
    pytest.param('{"Qualifications":null,"Attributes":{"ObjectType":"X"}}', [], id="null-wrapper-and-other-members"),
    pytest.param('[{"qualification":"None"}]', [], id="array-of-none"),
    pytest.param('"none"', [], id="bare-none"),
    pytest.param("0", [], id="bare-zero"),
    pytest.param(
        '[{"qualification":"Charity","vettingStatus":"Escalated"}]',
        [CustomerQualification("Charity", "Escalated")],
        id="unknown-texts",
    ),
]


@pytest.mark.parametrize(("body", "entries"), LISTS)
def test_read_qualifications(body, entries):
    assert endpoints.read_qualifications(loads(body.encode())) == entries


@pytest.mark.parametrize(("body", "entries"), LISTS)
def test_reading_through_the_exchange(body, entries):
    bench = Bench([answer(200 if body else 204, body.encode())])
    assert bench.send(endpoints.get_qualifications(CUSTOMER)) == entries


UNREADABLE = [
    pytest.param("{}", id="empty-object"),
    pytest.param('{"status":"ok"}', id="other-object"),
    pytest.param("[[]]", id="array-in-array"),
    pytest.param("[null]", id="array-of-null"),
    pytest.param("true", id="boolean"),
    pytest.param("1.5", id="fraction"),
    pytest.param('[{"vettingStatus":"Approved"}]', id="entry-without-a-name"),
    pytest.param('{"qualifications":[{}]}', id="wrapped-empty-object"),
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_an_unreadable_shape_is_a_value_error(body):
    with pytest.raises(ValueError, match=r"."):
        endpoints.read_qualifications(json.loads(body))


@pytest.mark.parametrize("body", [*UNREADABLE, "<html>proxy</html>", "{", '"\udcff"'])
def test_an_unreadable_answer_is_an_unexpected_response(body):
    bench = Bench([answer(200, body.encode("utf-8", "surrogateescape"))], policy=RetryPolicy(attempts=1))
    with pytest.raises(PartnerCenterUnexpectedResponseError, match=f"Customer {CUSTOMER}.*cannot be read") as caught:
        bench.send(endpoints.get_qualifications(CUSTOMER))
    assert caught.value.status == 200
    assert caught.value.retryable
    assert not caught.value.outcome_unknown


def test_an_unreadable_answer_to_a_submission_leaves_its_outcome_open():
    bench = Bench([answer(201, b"<html/>")])
    with pytest.raises(PartnerCenterUnexpectedResponseError) as caught:
        bench.send(endpoints.create_qualification(CUSTOMER, "Education"))
    assert caught.value.outcome_unknown


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ('"education"', Q.EDUCATION),
        ('"governmentcommunitycloud"', Q.GOVERNMENT_COMMUNITY_CLOUD),
        ('"government_community_cloud"', Q.GOVERNMENT_COMMUNITY_CLOUD),
        ("3", Q.GOVERNMENT_COMMUNITY_CLOUD),
        ('"3"', Q.GOVERNMENT_COMMUNITY_CLOUD),
        ("0", Q.NONE),
        ('"None"', Q.NONE),
        ("", Q.NONE),
        ("[]", Q.NONE),
        ('{"Qualification":"Nonprofit"}', Q.NONPROFIT),
        ('[{"qualification":"Education"}]', Q.EDUCATION),
        ('"charity"', "charity"),
    ],
)
def test_read_single_qualification(body, value):
    assert endpoints.read_single_qualification(loads(body.encode())) == value


class TestRequests:
    def test_get_qualifications(self):
        endpoint = endpoints.get_qualifications(CUSTOMER.upper())
        assert (endpoint.method, endpoint.path) == ("GET", f"/v1/customers/{CUSTOMER}/qualifications")
        assert endpoint.content is None
        assert not endpoint.waiting
        assert endpoints.get_qualifications(CUSTOMER, waiting=True).waiting

    @pytest.mark.parametrize(
        ("arguments", "body", "query"),
        [
            pytest.param({"qualification": "StateOwnedEntity"}, {"qualification": "StateOwnedEntity"}, {}, id="bare"),
            pytest.param(
                {"qualification": "education", "education_segment": "higher_education", "website": " elm.example "},
                {"qualification": "Education", "educationSegment": "HigherEducation", "website": "elm.example"},
                {},
                id="education",
            ),
            pytest.param(
                {"qualification": 3, "validation_code": "830044"},
                {"qualification": "GovernmentCommunityCloud", "validationCode": "830044"},
                {"code": "830044"},
                id="government-code-in-body-and-query",
            ),
            pytest.param(
                {"qualification": "Education", "website": "", "validation_code": "None", "education_segment": None},
                {"qualification": "Education"},
                {},
                id="nulls-omitted",
            ),
        ],
    )
    def test_create_qualification(self, arguments, body, query):
        endpoint = endpoints.create_qualification(CUSTOMER, **arguments)
        assert (endpoint.method, endpoint.path) == ("POST", f"/v1/customers/{CUSTOMER}/qualifications")
        assert json.loads(endpoint.content) == body
        assert endpoint.query == query
        assert not endpoint.repeatable

    def test_the_code_is_escaped_in_the_query(self):
        bench = Bench([answer(201, [])])
        bench.send(endpoints.create_qualification(CUSTOMER, Q.GOVERNMENT_COMMUNITY_CLOUD, validation_code="8&x=/ ü"))
        assert bench.sent[0].url.endswith("/qualifications?code=8%26x%3D%2F+%C3%BC")

    @pytest.mark.parametrize("qualification", [q for q in Q if q is not Q.NONE], ids=str)
    def test_the_legacy_body_is_the_number(self, qualification):
        endpoint = endpoints.update_qualification(CUSTOMER, qualification, validation_code="7")
        assert (endpoint.method, endpoint.path) == ("PUT", f"/v1/customers/{CUSTOMER}/qualification")
        assert endpoint.content == str(qualification.value).encode()
        assert endpoint.query == {"code": "7"}
        assert not endpoint.repeatable

    @pytest.mark.parametrize("status", [404, 405, 410])
    @pytest.mark.parametrize(
        "endpoint",
        [
            pytest.param(endpoints.get_qualification(CUSTOMER), id="get"),
            pytest.param(endpoints.update_qualification(CUSTOMER, Q.EDUCATION), id="put"),
        ],
    )
    def test_the_legacy_endpoint_says_when_it_is_retired(self, endpoint, status):
        with pytest.raises((PartnerCenterNotFoundError, PartnerCenterInvalidRequestError)) as caught:
            Bench([answer(status)]).send(endpoint)
        assert "use asynchronous validation" in str(caught.value)

    @pytest.mark.parametrize(
        "make",
        [
            endpoints.get_qualification,
            endpoints.get_qualifications,
            endpoints.get_customer,
            lambda customer: endpoints.update_qualification(customer, "Education"),
            lambda customer: endpoints.create_qualification(customer, "Education"),
        ],
        ids=["get-one", "get-all", "customer", "put", "post"],
    )
    def test_every_path_is_protected_from_injection(self, make):
        with pytest.raises(PartnerCenterInvalidRequestError, match="customer_id"):
            make(f"{CUSTOMER}/../../all")


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ([{"validationId": "1"}, {"ValidationId": 2}], ["1", "2"]),
        ({"items": [{"validationId": "1"}], "totalCount": 1}, ["1"]),
        ({"items": None}, []),
        ([], []),
        (None, []),
        ([{"validationId": "1"}, {}, None], ["1"]),
    ],
    ids=["array", "envelope", "null-envelope", "empty", "no-body", "without-an-id"],
)
def test_validation_codes(body, ids):
    endpoint = endpoints.get_validation_codes()
    assert endpoint.path == "/v1/customers/all/validations"
    assert [code.validation_id for code in endpoint.parse(body)] == ids
