"""The emulated API: rules, shapes, magic customers, faults, control."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
import uuid
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import requests

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.partner.codes import GCC_CODE, GCC_CODE_USED_UP, GCC_CODE_WITH_ONE_LEFT
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import After, Limit, Settings, Verdict
from testbed.patience import CALL_PATIENCE
from tests.support.plain_api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDINARY = ordinary_id(1)
EDUCATION = {"qualification": "Education", "educationSegment": "K12"}
GCC = {"qualification": "GovernmentCommunityCloud", "validationCode": GCC_CODE}
SOE = {"qualification": "StateOwnedEntity"}


def outcome(answer: requests.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("code")


def statuses(api: Api, customer: str) -> list[str | None]:
    return [entry.get("vettingStatus") for entry in api.read(customer).json()]


@pytest.fixture
def other_api(request: pytest.FixtureRequest) -> Iterator[Api]:
    """An emulator with the settings of the test's parameter."""
    with Emulator(request.param) as emulator:
        yield Api(emulator)


def with_settings(*settings: Settings) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("other_api", settings, indirect=True)


# -- submissions ------------------------------------------------------------------------------------------------------


def test_a_submission_is_vetted_by_the_default_clock(api: Api) -> None:
    assert api.read(ORDINARY).json() == []
    answer = api.submit(ORDINARY)
    assert answer.status_code == 201
    assert answer.json() == {
        "qualification": "Education",
        "vettingStatus": "InReview",
        "vettingCreateDate": answer.json()["vettingCreateDate"],
    }
    (entry,) = api.read(ORDINARY).json()
    assert set(entry) == {"qualification", "vettingStatus", "vettingCreatedDate"}
    api.emulator.advance(5)
    assert api.read(ORDINARY).json() == [{"qualification": "Education", "vettingStatus": "Approved"}]


@pytest.mark.parametrize(
    ("document", "code", "description"),
    [
        ({"qualification": "None"}, 900126, "can be set"),
        ({"qualification": "Nonprofit"}, 900126, "can be set"),
        ({"qualification": "Charity"}, 900126, "can be set"),
        ({"qualification": True}, 900126, "can be set"),
        ({}, 800002, "'qualification' is required"),
        ([EDUCATION], 800002, "one object"),
        ({"qualification": "Education"}, 800002, "educationSegment"),
        ({"qualification": "Education", "educationSegment": "Kindergarten"}, 900126, "segment"),
        ({"qualification": "GovernmentCommunityCloud"}, 800002, "requires a validation code"),
        ({**GCC, "validationCode": "00000"}, 800002, "does not exist"),
        ({**GCC, "validationCode": GCC_CODE_USED_UP}, 800002, "no uses left"),
    ],
)
def test_refused_submissions(api: Api, document: Any, code: int, description: str) -> None:
    answer = api.submit(ORDINARY, document)
    assert outcome(answer) == (400, code)
    assert description in answer.json()["description"]
    assert set(answer.json()) == {"code", "description", "data", "source"}
    assert api.emulator.customer(ORDINARY)["attempts"] == 1
    assert api.read(ORDINARY).json() == []


def test_a_body_that_is_not_json_is_refused(api: Api) -> None:
    answer = api.call("POST", api.path(ORDINARY), data=b"{", headers={"Content-Type": "application/json"})
    assert outcome(answer) == (400, 800002)


@pytest.mark.parametrize(
    ("customer", "document"),
    [
        ("education-held", GCC),
        ("education-in-review", GCC),
        ("gcc-held", EDUCATION),
        ("education-held", EDUCATION),
        ("education-in-review", EDUCATION),
        ("gcc-held", GCC),
        ("state-owned-held", SOE),
        ("attempts-used-up", EDUCATION),
    ],
)
def test_combinations_that_are_refused(api: Api, customer: str, document: Any) -> None:
    before = api.read(customer).json()
    assert outcome(api.submit(customer, document)) == (400, 3000)
    assert api.emulator.customer(customer)["attempts"] == 1
    assert api.read(customer).json() == before


@pytest.mark.parametrize(
    ("customer", "document"),
    [("education-held", SOE), ("gcc-held", SOE), ("state-owned-held", EDUCATION), ("education-denied", GCC)],
)
def test_combinations_that_are_accepted(api: Api, customer: str, document: Any) -> None:
    assert api.submit(customer, document).status_code == 201
    assert len(api.read(customer).json()) == 2


def test_state_owned_entities_are_not_vetted(api: Api) -> None:
    assert api.submit(ORDINARY, SOE).json() == SOE
    assert api.read(ORDINARY).json() == [SOE]


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [(GCC_CODE, None, 201), (None, GCC_CODE, 201), (GCC_CODE, GCC_CODE, 201), (GCC_CODE, GCC_CODE_WITH_ONE_LEFT, 400)],
)
def test_a_code_is_taken_from_query_or_body(api: Api, query: str | None, body: str | None, status: int) -> None:
    document = {"qualification": "GovernmentCommunityCloud", **({"validationCode": body} if body else {})}
    assert api.submit(ORDINARY, document, params={"code": query} if query else {}).status_code == status


def test_codes_are_used_up_and_remembered(api: Api) -> None:
    document = {**GCC, "validationCode": GCC_CODE_WITH_ONE_LEFT}
    assert api.call("GET", api.path(ORDINARY, "validations")).status_code == 404
    assert api.submit(ORDINARY, document).status_code == 201
    assert outcome(api.submit(ordinary_id(2), document)) == (400, 800002)
    codes = {code["validationId"]: code for code in api.call("GET", "/customers/all/validations").json()}
    assert codes[GCC_CODE_WITH_ONE_LEFT]["remainingCreates"] == 0
    assert set(codes[GCC_CODE]) == {
        "partnerId", "organizationName", "validationId", "maxCreates", "remainingCreates", "eTag",
    }  # fmt: skip
    assert api.call("GET", api.path(ORDINARY, "validations")).json()["validationId"] == GCC_CODE_WITH_ONE_LEFT
    api.emulator.advance(5)
    (entry,) = api.read(ORDINARY).json()
    assert entry["vettingStatus"] == "Approved"
    assert entry["vettingCreatedDate"].endswith("+00:00")


def test_a_fourth_education_request_is_refused(api: Api) -> None:
    for _ in range(3):
        assert api.submit("denied-not-education").status_code == 201
        (entry,) = api.read("denied-not-education").json()
        assert entry["vettingReason"] == "Not an Education Customer"
    answer = api.submit("denied-not-education")
    assert outcome(answer) == (400, 3000)
    assert "maximum number" in answer.json()["description"]
    assert api.emulator.customer("denied-not-education")["attempts"] == 4


def test_a_repeated_request_id_is_another_attempt(api: Api) -> None:
    headers = {"MS-RequestId": str(uuid.uuid4())}
    answers = [api.submit("never-decided", headers=headers).status_code for _ in range(2)]
    assert answers == [201, 400]
    assert api.emulator.customer("never-decided")["attempts"] == 2


@with_settings(Settings(idempotent_request_ids=True))
def test_a_repeated_request_id_replays_the_answer(other_api: Api) -> None:
    headers = {"MS-RequestId": str(uuid.uuid4())}
    first, second = (other_api.submit("never-decided", headers=headers) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert other_api.emulator.customer("never-decided")["attempts"] == 1
    assert other_api.submit("never-decided").status_code == 400
    assert len(other_api.emulator.journal("never-decided", method="post")) == 3


@with_settings(Settings(require_segment=False))
def test_the_segment_can_be_optional(other_api: Api) -> None:
    assert other_api.submit(ORDINARY, {"qualification": "Education"}).status_code == 201


@with_settings(Settings(vetting=After(None, 2), verdict=Verdict("Denied", "Not an eligible Library")))
def test_vetting_after_reads_with_another_verdict(other_api: Api) -> None:
    other_api.read(ORDINARY)
    other_api.submit(ORDINARY)
    assert [statuses(other_api, ORDINARY) for _ in range(3)] == [["InReview"], ["InReview"], ["Denied"]]
    assert other_api.read(ORDINARY).json()[0]["vettingReason"] == "Not an eligible Library"


# -- access -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "tail"),
    [("POST", "qualifications"), ("PUT", "qualification"), ("GET", "validationStatus?type=account")],
)
def test_app_only_is_refused_where_a_user_is_needed(api: Api, method: str, tail: str) -> None:
    answer = api.call(method, api.path(ORDINARY, tail), token=api.app_token(), json=EDUCATION)
    assert outcome(answer) == (403, 900329)
    assert api.emulator.customer(ORDINARY)["attempts"] == 0


@pytest.mark.parametrize("tail", ["", "qualifications", "qualification", "validationStatus?type=account"])
@pytest.mark.parametrize(
    ("customer", "status", "code"),
    [
        ("contoso", 400, 900118),
        ("unknown-customer", 404, 1000),
        ("99999999-0000-4000-8000-000000000000", 404, 1000),
        ("no-relationship", 403, 20002),
    ],
)
def test_customers_that_cannot_be_read(api: Api, tail: str, customer: str, status: int, code: int) -> None:
    assert outcome(api.call("GET", api.path(customer, tail))) == (status, code)


def test_no_relationship_is_worded_as_recorded(api: Api) -> None:
    assert api.read("no-relationship").json() == {
        "code": 20002,
        "description": "No relationship between caller and account.",
        "data": [],
        "source": "PartnerFD",
    }


def test_ids_are_echoed_or_made(api: Api) -> None:
    given = {"MS-RequestId": str(uuid.uuid4()), "MS-CorrelationId": str(uuid.uuid4()), "X-Locale": "de-DE"}
    echoed = api.read(ORDINARY, headers=given).headers
    assert (echoed["MS-RequestId"], echoed["MS-CorrelationId"]) == tuple(given.values())[:2]
    assert echoed["X-Locale"] == "de-DE,de-DE"
    made = api.call("GET", "/customers", token=None).headers
    assert uuid.UUID(made["MS-RequestId"]) != uuid.UUID(made["MS-CorrelationId"])
    assert all(made[name] for name in ("MS-CV", "MS-ServerId", "Request-Context"))


def test_mfa_compliance_is_told_when_asked(api: Api) -> None:
    headers = {"ValidateMfa": "true"}
    assert api.read(ORDINARY, headers=headers).headers["isMfaCompliant"] == "true"
    assert "isMfaCompliant" not in api.read(ORDINARY).headers
    assert "isMfaCompliant" not in api.read(ORDINARY, headers=headers, token=api.app_token()).headers


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("DELETE", "/customers", 405)])
def test_what_does_not_exist_is_answered_by_the_gateway(api: Api, method: str, path: str, status: int) -> None:
    answer = api.call(method, path)
    assert (answer.status_code, answer.json()["statusCode"]) == (status, status)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/customers", "GET, POST"),
        ("PATCH", f"/customers/{ORDINARY}/qualifications", "GET, POST"),
        ("DELETE", f"/Customers/{ORDINARY}/Qualification/", "GET, PUT"),
        ("POST", "/customers/all/validations", "GET"),
        ("POST", f"/customers/{ORDINARY}/validationStatus", "GET"),
        ("PATCH", "/emulator/journal", "DELETE, GET"),
    ],
)
def test_the_methods_that_a_resource_knows_are_named(api: Api, method: str, path: str, allowed: str) -> None:
    answer = api.call(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


def test_an_answer_without_a_body_says_in_a_header_that_it_is_the_emulators(api: Api) -> None:
    answer = api.call("HEAD", "/domains/contoso.onmicrosoft.com")
    assert (answer.status_code, answer.content) == (501, b"")
    assert answer.headers["X-Emulator"] == "The emulator does not implement HEAD /v1/domains/{domain}."


SPELLINGS = ["customers/{}/qualifications/", "Customers/{}/Qualifications", "CUSTOMERS/{}/QUALIFICATIONS/"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_path_is_the_same_in_any_letter_case_and_with_a_slash_at_its_end(api: Api, spelling: str) -> None:
    path = "/" + spelling.format(ORDINARY)
    assert api.call("POST", path, json=EDUCATION, allow_redirects=False).status_code == 201
    assert api.read(ORDINARY).json() == api.call("GET", path, allow_redirects=False).json() != []
    assert len(api.emulator.journal(ORDINARY)) == 3


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/customers/", 200),
        ("/Customers", 200),
        ("/Customers/All/Validations/", 200),
        (f"/Customers/{ORDINARY}/", 200),
        (f"/customers/{ORDINARY}/Qualification", 200),
        (f"/customers/{ORDINARY}/validationstatus?type=account", 200),
        (f"/customers/{ORDINARY}/Validations", 404),
        ("/Nothing/", 404),
        ("/customers//", 404),
        ("/emulator/health/", 200),
        ("/Emulator/health", 404),
    ],
)
def test_no_spelling_of_a_path_is_redirected(api: Api, path: str, status: int) -> None:
    assert api.call("GET", path, allow_redirects=False).status_code == status


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling_meets_the_same_faults_and_limit(api: Api, spelling: str) -> None:
    path = "/" + spelling.format(magic.customer_id("throttled"))
    answer = api.call("GET", path)
    assert (answer.status_code, "MS-RequestId" in answer.headers) == (429, True)
    api.emulator.limit(Limit(requests=1))
    assert [api.call("GET", "/" + spelling.format(ORDINARY)).status_code for _ in range(2)] == [200, 429]


def test_the_version_of_the_api_can_be_written_in_capitals(api: Api) -> None:
    answer = api.session.get(f"{api.emulator.url}/V1/Customers/", headers={"Authorization": f"Bearer {api.token}"})
    assert (answer.status_code, "MS-CV" in answer.headers) == (200, True)
    assert answer.json()["items"] == api.call("GET", "/customers").json()["items"]


def test_customer_ids_are_read_in_any_case(api: Api) -> None:
    customer = api.emulator.configure("abcdef00-0000-4000-8000-000000000001")
    assert api.submit(customer.upper()).status_code == 201
    assert len(api.read(customer).json()) == 1
    assert len(api.emulator.journal(customer)) == 2


# -- legacy -----------------------------------------------------------------------------------------------------------


def test_the_legacy_pair_sets_at_once(api: Api) -> None:
    path = api.path(ORDINARY, "qualification")
    assert api.call("GET", path).json() == "none"
    assert api.call("PUT", path, json=3, params={"code": GCC_CODE}).json() == "governmentcommunitycloud"
    assert api.call("GET", path).json() == "governmentcommunitycloud"
    assert statuses(api, ORDINARY) == ["Approved"]
    assert outcome(api.call("PUT", path, json=1)) == (400, 3000)


@pytest.mark.parametrize(
    ("customer", "value", "expected"),
    [
        (ORDINARY, 1, (200, None)),
        (ORDINARY, "education", (200, None)),
        (ORDINARY, 0, (400, 900126)),
        (ORDINARY, 2, (400, 900126)),
        (ORDINARY, 3, (400, 800002)),
        (ORDINARY, 4, (400, 900126)),
        (ORDINARY, 9, (400, 900126)),
        (ORDINARY, {"qualification": 1}, (400, 900126)),
        ("education-in-review", 1, (400, 3000)),
        ("education-denied", 1, (200, None)),
    ],
)
def test_legacy_values(api: Api, customer: str, value: Any, expected: tuple[int, Any]) -> None:
    answer = api.call("PUT", api.path(customer, "qualification"), json=value)
    assert (answer.status_code, None if answer.ok else answer.json()["code"]) == expected


@with_settings(Settings(legacy_retired=True))
def test_the_legacy_pair_can_be_retired(other_api: Api) -> None:
    for method in ("GET", "PUT"):
        answer = other_api.call(method, other_api.path(ORDINARY, "qualification"), json=1)
        assert answer.status_code == 404
        assert answer.json() == {"statusCode": 404, "message": "Resource not found"}


# -- customers --------------------------------------------------------------------------------------------------------


def pages(api: Api, **query: Any) -> list[list[dict[str, Any]]]:
    result: list[list[dict[str, Any]]] = []
    headers: dict[str, str] = {}
    while True:
        body = api.call("GET", "/customers", params=query, headers=headers).json()
        result.append(body["items"])
        if not (following := body["links"].get("next")):
            return result
        query = {"seekOperation": "Next"}
        headers = {item["key"]: item["value"] for item in following["headers"]}


HOLD_UP_EVERYBODY = ("throttled", "mfa-required", "wrong-audience")
"""Customers whose answers are about the caller, so that a client stops or waits for minutes whoever comes next."""


def listed(api: Api) -> set[str]:
    return {customer["id"] for page in pages(api) for customer in page}


@pytest.mark.parametrize("customer", HOLD_UP_EVERYBODY)
def test_customers_that_hold_up_everybody_are_found_only_by_their_ids(api: Api, customer: str) -> None:
    assert magic.customer_id(customer) not in listed(api)
    assert api.call("GET", api.path(customer, "")).json()["id"] == magic.customer_id(customer)
    assert api.read(customer).status_code in (401, 429)


@with_settings(Settings(list_all=True))
def test_all_customers_can_be_listed(other_api: Api) -> None:
    assert {magic.customer_id(name) for name in HOLD_UP_EVERYBODY} <= listed(other_api)
    assert magic.customer_id("no-relationship") not in listed(other_api)


def test_a_customer_can_be_listed_or_not(api: Api) -> None:
    api.emulator.configure("throttled", listed=True)
    api.emulator.configure(ORDINARY, listed=False)
    assert magic.customer_id("throttled") in listed(api)
    assert ORDINARY not in listed(api)
    assert api.read(ORDINARY).json() == []


@pytest.mark.parametrize("size", [1, 7, 78, 1000, 0])
def test_paging_shows_every_customer_once(api: Api, size: int) -> None:
    found = pages(api, size=size)
    domains = [customer["companyProfile"]["domain"] for page in found for customer in page]
    assert len(domains) == len(set(domains))
    ids = [customer["id"] for page in found for customer in page]
    hidden = {magic.customer_id(name) for name in ("no-relationship", "unknown-customer", *HOLD_UP_EVERYBODY)}
    assert set(ids) == ({row.customer_id for row in magic.TABLE} - hidden) | {ordinary_id(n) for n in range(1, 11)}
    assert len(ids) == len(set(ids))
    assert all(len(page) == size for page in found[:-1])


def test_filtered_paging(api: Api) -> None:
    wanted = {"Field": "CompanyName", "Value": "fabrikam", "Operator": "starts_with"}
    found = pages(api, size=4, filter=json.dumps(wanted))
    assert [len(page) for page in found] == [4, 4, 2]
    assert {customer["companyProfile"]["companyName"][:8] for page in found for customer in page} == {"Fabrikam"}
    domain = {"Field": "Domain", "Value": "school0003.", "Operator": "starts_with"}
    assert [len(page) for page in pages(api, size=4, filter=json.dumps(domain))] == [1]


@pytest.mark.parametrize(
    "query",
    [
        {"size": "many"},
        {"filter": "{"},
        {"filter": '{"Field":"Email","Value":"a","Operator":"starts_with"}'},
        {"filter": '{"Field":"Domain","Value":"a","Operator":"contains"}'},
        {"seekOperation": "Next"},
        {"seekOperation": "Onward"},
    ],
)
def test_lists_that_cannot_be_made(api: Api, query: dict[str, str]) -> None:
    assert api.call("GET", "/customers", params=query).status_code == 400


def test_a_customer_has_a_company(api: Api) -> None:
    customer = api.call("GET", api.path("approved-at-once", "")).json()
    assert customer["companyProfile"]["companyName"] == "Contoso School 01"
    assert customer["billingProfile"]["defaultAddress"]["city"]
    assert customer["allowDelegatedAccess"] is True
    assert customer["customDomains"] == [customer["companyProfile"]["domain"]]


def test_customers_with_problems(api: Api) -> None:
    def read(name: str) -> Any:
        return api.call("GET", api.path(name, "")).json()

    assert "defaultAddress" not in read("no-address")["billingProfile"]
    assert read("onmicrosoft-domain")["companyProfile"]["domain"].endswith(".onmicrosoft.com")
    assert read("free-mail")["billingProfile"]["email"].endswith("@outlook.com")
    closed = read("no-delegated-access")
    assert closed["allowDelegatedAccess"] is False
    assert "customDomains" not in closed
    assert not {"email", "defaultAddress"} & set(closed["billingProfile"])


@pytest.mark.parametrize(
    ("customer", "query", "expected"),
    [
        (ORDINARY, "type=account", (200, None)),
        (ORDINARY, "", (400, 800002)),
        (ORDINARY, "type=other", (400, 800002)),
        ("account-status-missing", "type=account", (404, 600074)),
    ],
)
def test_the_account_status(api: Api, customer: str, query: str, expected: tuple[int, Any]) -> None:
    assert outcome(api.call("GET", api.path(customer, f"validationStatus?{query}"))) == expected


# -- magic customers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customer", "seconds", "before", "after"),
    [
        ("approved-at-once", 0, None, "Approved"),
        ("approved-after-5s", 5, "InReview", "Approved"),
        ("approved-after-20s", 20, "InReview", "Approved"),
        ("denied-after-5s", 5, "InReview", "Denied"),
        ("never-decided", 10**8, "InReview", "InReview"),
        ("unknown-status", 0, None, "Escalated"),
        ("unknown-status-then-approved", 5, "Escalated", "Approved"),
        (magic.approved_after(70), 70, "InReview", "Approved"),
        (magic.denied_after(3600), 3600, "InReview", "Denied"),
        ("education-denied", 0, None, "Approved"),
        ("education-denied-again", 0, None, "Denied"),
        *((row.name, 0, None, "Denied") for row in magic.TABLE if 10 <= int(row.customer_id[-2:]) <= 16),
    ],
)
def test_fates(api: Api, customer: str, seconds: int, before: str | None, after: str) -> None:
    assert api.submit(customer).status_code == 201
    if before:
        assert statuses(api, customer) == [before]
    api.emulator.advance(seconds)
    token = api.user_token(api.emulator.refresh_token) if seconds < 10**6 else api.app_token()
    (entry,) = api.read(customer, token=token).json()
    assert entry["vettingStatus"] == after
    assert ("vettingReason" in entry) == (after == "Denied")


@pytest.mark.parametrize(
    ("customer", "body"),
    [
        ("education-held", [{"qualification": "Education", "vettingStatus": "Approved"}]),
        (
            "education-denied",
            [
                {
                    "qualification": "Education",
                    "vettingStatus": "Denied",
                    "vettingReason": "Not an Education Customer",
                    "vettingCreatedDate": "2026-01-15T09:30:00.885Z",
                }
            ],
        ),
        (
            "education-denied-undated",
            [{"qualification": "Education", "vettingStatus": "Denied", "vettingReason": "Not an Education Customer"}],
        ),
        (
            "gcc-held",
            [
                {
                    "qualification": "GovernmentCommunityCloud",
                    "vettingStatus": "Approved",
                    "vettingCreatedDate": "2026-01-15T09:30:00.8850000+00:00",
                }
            ],
        ),
        ("state-owned-held", [{"qualification": "StateOwnedEntity"}]),
        ("shape-wrapper", {"qualifications": []}),
        (
            "shape-pascal-case",
            {
                "Qualification": "Education",
                "VettingStatus": "Denied",
                "VettingReason": "Not an education customer",
                "VettingCreatedDate": "07/09/2020: 00:00:00",
            },
        ),
        ("unqualified-none-entry", [{"qualification": "None"}]),
    ],
)
def test_shapes_of_what_is_held(api: Api, customer: str, body: Any) -> None:
    assert api.read(customer).json() == body


def test_further_shapes(api: Api) -> None:
    assert (api.read("unqualified-no-content").status_code, api.read("unqualified-no-content").content) == (204, b"")
    assert api.read("shape-byte-order-mark").content == b"\xef\xbb\xbf[]"
    wrapped = api.submit("shape-wrapper")
    assert (wrapped.status_code, list(wrapped.json())) == (200, ["qualifications"])
    assert api.submit("shape-pascal-case").json()["VettingStatus"] == "InReview"
    stages = [api.read("shape-pascal-case").json()["VettingStatus"] for _ in range(2)]
    assert stages == ["InReview", "Approved"]


@pytest.mark.parametrize(("customer", "date"), [("denied-undated", None), ("denied-year-one", "0001-01-01T00:00:00")])
def test_dates_that_say_nothing(api: Api, customer: str, date: str | None) -> None:
    api.submit(customer)
    for status in ("InReview", "Denied"):
        (entry,) = api.read(customer).json()
        assert (entry["vettingStatus"], entry.get("vettingCreatedDate")) == (status, date)


def test_an_approval_without_a_date_that_follows_a_denial_without_one(api: Api) -> None:
    assert statuses(api, "approved-year-one") == ["Denied"]
    api.submit("approved-year-one")
    assert [statuses(api, "approved-year-one") for _ in range(2)] == [["InReview"], ["Approved"]]
    assert api.read("approved-year-one").json()[0]["vettingCreatedDate"] == "0001-01-01T00:00:00"


def test_a_read_can_be_empty(api: Api) -> None:
    assert statuses(api, "empty-read") == []
    api.submit("empty-read")
    expected = [["InReview"], [], ["InReview"], ["InReview"], ["Approved"], ["Approved"]]
    assert [statuses(api, "empty-read") for _ in expected] == expected


@pytest.mark.parametrize("change", [{"empty_reads": [1, 3]}, {"dates": "year-one"}])
def test_such_answers_can_be_configured(api: Api, change: dict[str, Any]) -> None:
    customer = api.emulator.configure(ordinary_id(1), vetting="never", **change)
    api.submit(customer)
    reads = [api.read(customer).json() for _ in range(4)]
    assert [bool(read) for read in reads] == ([False, True, False, True] if "empty_reads" in change else [True] * 4)
    dates = {entry["vettingCreatedDate"] for read in reads for entry in read}
    assert (dates == {"0001-01-01T00:00:00"}) == ("dates" in change)


def test_an_approval_can_be_withdrawn(api: Api) -> None:
    assert [statuses(api, "education-withdrawn") for _ in range(3)] == [["Approved"], ["Approved"], ["Denied"]]
    assert api.read("education-withdrawn").json()[0]["vettingReason"] == "No longer an Education Customer"
    assert api.submit("education-withdrawn").status_code == 201


@pytest.mark.parametrize(("customer", "seconds"), [("slow-propagation", 5), (magic.propagates_after(30), 30)])
def test_slow_propagation(api: Api, customer: str, seconds: int) -> None:
    api.submit(customer)
    assert api.read(customer).json() == []
    # The service itself knows better than its reads.
    assert outcome(api.submit(customer)) == (400, 3000)
    api.emulator.advance(seconds)
    assert statuses(api, customer) == ["InReview"]
    api.emulator.advance(2)
    assert statuses(api, customer) == ["Approved"]


def test_old_entries_can_stay(api: Api) -> None:
    api.submit("keeps-old-entries")
    assert statuses(api, "keeps-old-entries") == ["Denied", "Approved"]


# -- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customer", "status", "body"),
    [
        ("error-500-once", 500, '"code":800003'),
        ("error-503-once", 503, ""),
        ("throttled-once", 429, '{"statusCode":429,"message":"Rate limit is exceeded. Try again in 1 seconds."}'),
    ],
)
def test_faults_that_strike_once(api: Api, customer: str, status: int, body: str) -> None:
    for attempt in (lambda: api.read(customer), lambda: api.submit(customer)):
        first = attempt()
        assert first.status_code == status
        assert body in first.text
        assert "MS-RequestId" in first.headers
        assert first.headers.get("Retry-After") == ("1" if status == 429 else None)
        assert attempt().ok
    assert api.emulator.customer(customer)["attempts"] == 1
    assert api.call("GET", api.path(customer, "")).ok


@pytest.mark.parametrize(
    ("customer", "status", "body"),
    [
        ("throttled", 429, "600 seconds"),
        ("error-bare-string", 400, '"The request could not be understood."'),
        ("error-html", 502, "<!DOCTYPE html>"),
    ],
)
def test_faults_that_stay(api: Api, customer: str, status: int, body: str) -> None:
    for _ in range(3):
        answer = api.read(customer)
        assert answer.status_code == status
        assert body in answer.text


TAGGING_DENIED = (400, "Customer tagging denied.")


@pytest.mark.parametrize(
    ("customer", "put", "post"),
    [("tagging-denied", TAGGING_DENIED, 201), ("tagging-denied-everywhere", TAGGING_DENIED, TAGGING_DENIED)],
)
def test_the_recorded_refusal_of_a_qualification(api: Api, customer: str, put: Any, post: Any) -> None:
    for _ in range(2):
        answer = api.call("PUT", api.path(customer, "qualification"), json=1)
        assert (answer.status_code, answer.json()) == put
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert api.call("GET", api.path(customer, "qualification")).json() == "none"
    answer = api.submit(customer)
    assert (answer.status_code if answer.ok else (answer.status_code, answer.json())) == post
    assert len(api.read(customer).json()) == (post == 201)
    assert {record["fault"] for record in api.emulator.journal(customer) if not record["carried_out"]} == {
        "tagging-denied"
    }
    assert api.emulator.customer(customer)["education_attempts"] == (post == 201)


def test_any_customer_can_be_refused_so(api: Api) -> None:
    refusal = {"status": 400, "body": '"Customer tagging denied."', "methods": ["PUT"], "times": None}
    api.emulator.configure(ORDINARY, faults=[refusal])
    answer = api.call("PUT", api.path(ORDINARY, "qualification"), json=1)
    assert (answer.status_code, answer.json()) == TAGGING_DENIED


@pytest.mark.parametrize(
    ("customer", "attempts", "then"),
    [("lost-answer", 1, 400), ("lost-answer-slow-propagation", 1, 400), ("reset-before-write", 0, 201)],
)
def test_a_closed_connection(api: Api, customer: str, attempts: int, then: int) -> None:
    with pytest.raises(requests.ConnectionError):
        api.submit(customer)
    assert api.emulator.customer(customer)["attempts"] == attempts
    assert api.emulator.journal(customer)[-1]["status"] is None
    assert api.submit(customer).status_code == then


def test_aiohttp_sees_a_closed_connection_too(api: Api) -> None:
    async def submit(client: aiohttp.ClientSession) -> int:
        headers = {"Authorization": f"Bearer {api.token}"}
        url = f"{api.emulator.url}/v1{api.path('reset-before-every-write')}"
        async with client.post(url, json=EDUCATION, headers=headers) as answer:
            return answer.status

    async def scenario() -> None:
        context = ssl.create_default_context(cafile=str(api.emulator.ca_file))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as client:
            for _ in range(3):
                with pytest.raises(aiohttp.ServerDisconnectedError):
                    await submit(client)

    asyncio.run(scenario())
    assert api.emulator.customer("reset-before-every-write")["attempts"] == 0


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.usefixtures("long_goodbyes")
def test_idle_connections_do_not_hold_up_the_end() -> None:
    with Emulator() as emulator:
        api = Api(emulator)
        began = time.monotonic()
    assert time.monotonic() - began < CALL_PATIENCE
    assert not emulator.ca_file.exists()
    api.session.close()


# -- control ----------------------------------------------------------------------------------------------------------


def test_the_journal_tells_who_asked_what(api: Api) -> None:
    api.call("DELETE", "/emulator/journal")
    headers = {"MS-RequestId": str(uuid.uuid4()), "MS-CorrelationId": str(uuid.uuid4())}
    api.submit("never-decided", headers=headers, params={"code": "1"})
    api.read("never-decided", token=api.app_token())
    customer = magic.customer_id("never-decided")
    posted, read = api.call("GET", "/emulator/journal", params={"customer_id": customer}).json()
    assert {name: posted[name] for name in ("method", "path", "query", "status", "authorization", "body")} == {
        "method": "POST",
        "path": f"/v1/customers/{customer}/qualifications",
        "query": "code=1",
        "status": 201,
        "authorization": "app+user",
        "body": EDUCATION,
    }
    assert [posted["request_id"], posted["correlation_id"]] == list(headers.values())
    assert (read["authorization"], read["body"]) == ("app-only", None)
    assert posted["seq"] < read["seq"]
    narrowed = api.call("GET", "/emulator/journal", params={"method": "get", "path": "qualif"}).json()
    assert narrowed == [read]


def test_the_control_api_over_http(api: Api) -> None:
    assert api.call("GET", "/emulator/health", token=None).json()["status"] == "ok"
    rows = api.call("GET", "/emulator/magic").json()
    assert {row.customer_id for row in magic.TABLE} <= {row["customer_id"] for row in rows}
    api.submit("approved-after-5s")
    assert api.call("POST", "/emulator/clock", json={"advance_seconds": 5}).ok
    assert statuses(api, "approved-after-5s") == ["Approved"]
    path = f"/emulator/customers/{magic.customer_id('approved-after-5s')}"
    assert api.call("GET", path).json()["attempts"] == 1
    assert api.call("POST", "/emulator/reset").status_code == 204
    assert api.call("GET", path).json()["attempts"] == 0
    assert api.emulator.journal() == []
    assert api.call("GET", f"/emulator/customers/{uuid.uuid4()}").status_code == 404


def test_a_customer_can_be_made_and_changed(api: Api) -> None:
    customer = str(uuid.uuid4())
    changes = {
        "vetting": "reads:1",
        "verdict": "deny:Not an eligible Museum",
        "company": {"company_name": "Museum", "email": "a@b.example"},
        "qualifications": [SOE],
    }
    assert api.call("PUT", f"/emulator/customers/{customer}", json=changes).status_code == 200
    api.submit(customer)
    assert [statuses(api, customer) for _ in range(2)] == [[None, "InReview"], [None, "Denied"]]
    assert api.call("GET", api.path(customer, "")).json()["companyProfile"]["companyName"] == "Museum"
    faults = [{"status": 503, "methods": ["GET"], "times": 2}]
    api.emulator.configure(customer, verdict="approve", vetting="at-once", faults=faults)
    assert [api.read(customer).status_code for _ in range(3)] == [503, 503, 200]
    assert api.submit(customer).status_code == 201
    assert statuses(api, customer) == [None, "Approved"]
    assert api.emulator.customer(customer)["attempts"] == 2


@pytest.mark.parametrize(
    ("path", "document"),
    [
        (f"/emulator/customers/{ORDINARY}", {"colour": "blue"}),
        (f"/emulator/customers/{ORDINARY}", {"vetting": "soon"}),
        (f"/emulator/customers/{ORDINARY}", {"verdict": "perhaps"}),
        (f"/emulator/customers/{ORDINARY}", {"shape": "round"}),
        (f"/emulator/customers/{ORDINARY}", {"qualifications": [{"qualification": "Charity"}]}),
        (f"/emulator/customers/{ORDINARY}", {"qualifications": "Education"}),
        (f"/emulator/customers/{ORDINARY}", {"company": {"name": "x"}}),
        (f"/emulator/customers/{ORDINARY}", {"faults": [{"kind": "flood"}]}),
        (f"/emulator/customers/{ORDINARY}", {"propagation": -1}),
        ("/emulator/customers/contoso", {}),
        (f"/emulator/customers/{ORDINARY}", []),
        ("/emulator/clock", {"advance_seconds": -1}),
        ("/emulator/clock", {"advance_seconds": 1e300}),
        ("/emulator/clock", {}),
        ("/emulator/clock", {"advance_seconds": True}),
        ("/emulator/clock", {"advance_seconds": "5"}),
        ("/emulator/clock", {"advance_seconds": 5, "seconds": 5}),
    ],
)
def test_changes_that_cannot_be_understood(api: Api, path: str, document: Any) -> None:
    answer = api.call("POST" if path.endswith("clock") else "PUT", path, json=document)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert api.read(ORDINARY).json() == []
