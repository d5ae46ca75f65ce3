"""The routes of the API: what they ask of a request before they look at the customer, and the pages of a list."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.partner.codes import GCC_CODE
from airflow_provider_partnercenter.emulator.settings import Settings
from tests.support.asgi import InProcess

DAY = timedelta(days=1)
GIVEN = "the token of the first page"
CUSTOMER = ordinary_id(1)
WRITES = {
    "POST": (f"/v1/customers/{CUSTOMER}/qualifications", b'{"qualification":"Education","educationSegment":"K12"}'),
    "PUT": (f"/v1/customers/{CUSTOMER}/qualification", b"1"),
}


def new_id(number: int) -> str:
    """Return an id that no customer has yet."""
    return f"20000000-0000-4000-8000-{number:012d}"


@pytest.fixture
def emulator() -> InProcess:
    return InProcess()


# -- the media type of a body -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/octet-stream",
        "application/jsonp",
        "json",
        "text/plain; note=application/json",
    ],
)
def test_a_write_whose_body_is_not_declared_as_json_is_refused(
    emulator: InProcess, method: str, content_type: str | None
) -> None:
    path, body = WRITES[method]
    answer = emulator.ask(method, path, body, headers={"content-type": content_type})
    assert (answer.status, set(answer.json())) == (415, {"code", "description", "data", "source"})
    assert "Content-Type" in answer.json()["description"]
    (record,) = emulator.journal()
    assert (record["status"], record["carried_out"]) == (415, False)
    customer = emulator.ask("GET", f"/emulator/customers/{CUSTOMER}").json()
    assert (customer["attempts"], customer["qualifications"]) == (0, [])


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8", "text/json"],
)
def test_a_write_whose_body_is_declared_as_json_is_carried_out(
    emulator: InProcess, method: str, content_type: str
) -> None:
    path, body = WRITES[method]
    assert emulator.ask(method, path, body, headers={"content-type": content_type}).status in (200, 201)


def test_a_read_needs_no_media_type(emulator: InProcess) -> None:
    path, _ = WRITES["POST"]
    assert emulator.ask("GET", path, headers={"content-type": None}).status == 200


def test_the_token_is_checked_before_the_media_type(emulator: InProcess) -> None:
    path, body = WRITES["POST"]
    assert emulator.ask("POST", path, body, headers={"content-type": None, "authorization": None}).status == 401


# -- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 4, 20])
@pytest.mark.parametrize("rest", ["", '&filter={"Field":"CompanyName","Value":"fabrikam","Operator":"starts_with"}'])
def test_the_link_to_the_next_page_can_be_followed_as_it_is(emulator: InProcess, size: int, rest: str) -> None:
    expected = [each["id"] for each in emulator.ask("GET", f"/v1/customers?size=500{rest}").json()["items"]]
    page = emulator.ask("GET", f"/v1/customers?size={size}{rest}").json()
    found = page["items"]
    while link := page["links"].get("next"):
        assert (link["uri"], link["method"]) == (f"/v1/customers?size={size}&seekOperation=Next", "GET")
        headers = {each["key"]: each["value"] for each in link["headers"]}
        page = emulator.ask(link["method"], link["uri"], headers=headers).json()
        found += page["items"]
    assert [customer["id"] for customer in found] == expected


def test_the_link_to_the_next_audit_records_can_be_followed_as_it_is(emulator: InProcess) -> None:
    for number in range(5):
        emulator.ask("PUT", f"/emulator/customers/{new_id(number)}", b"{}")
    today = emulator.application.state.clock.now().date()
    wanted = quote('{"Field":"ResourceType","Value":"Customer","Operator":"equals"}')
    page = emulator.ask("GET", f"/v1/auditrecords?startDate={today - DAY}&size=2&filter={wanted}").json()
    found = page["items"]
    while link := page["links"].get("next"):
        assert link["uri"].startswith(f"/v1/auditrecords?startDate={today - DAY}&filter=")
        assert link["uri"].endswith("&size=2&seekOperation=Next")
        headers = {each["key"]: each["value"] for each in link["headers"]}
        page = emulator.ask(link["method"], link["uri"], headers=headers).json()
        found += page["items"]
    assert [record["customerId"] for record in found] == [new_id(number) for number in (4, 3, 2, 1, 0)]
    assert len({record["id"] for record in found}) == 5
    assert {record["operationType"] for record in found} == {"add_customer"}


def test_a_customer_list_whose_token_is_no_token_of_audit_records(emulator: InProcess) -> None:
    (header,) = emulator.ask("GET", "/v1/customers?size=1").json()["links"]["next"]["headers"]
    answer = emulator.ask("GET", "/v1/auditrecords?seekOperation=Next", headers={header["key"]: header["value"]})
    assert answer.status == 400


def test_what_the_audit_records_tell_of(emulator: InProcess) -> None:
    today = emulator.application.state.clock.now().date()

    def told() -> list[tuple[str, str]]:
        records = emulator.ask("GET", f"/v1/auditrecords?startDate={today - DAY}").json()["items"]
        return [(record["operationType"], record["customerId"]) for record in records]

    assert told() == [], "who was a customer before is no news"
    emulator.ask("PUT", f"/emulator/customers/{new_id(1)}", b"{}")
    emulator.ask("PUT", f"/emulator/customers/{new_id(1)}", document={"vetting": "never"})
    emulator.ask("PUT", f"/emulator/customers/{CUSTOMER}", document={"vetting": "never"})
    emulator.ask("PUT", f"/emulator/customers/{new_id(2)}", document={"exists": False})
    assert told() == [("add_customer", new_id(1))]
    for path, body in [WRITES["POST"], WRITES["POST"]]:
        emulator.ask("POST", path, body)
    emulator.ask("PUT", f"/v1/customers/{ordinary_id(2)}/qualification", b"1")
    asked = "update_customer_qualification"
    assert told() == [(asked, ordinary_id(2)), (asked, CUSTOMER), ("add_customer", new_id(1))]
    emulator.ask("POST", "/emulator/reset")
    assert told() == []


# -- the list of customers --------------------------------------------------------------------------------------------


def test_a_new_customer_may_appear_anywhere_in_the_list_and_another_vanish_from_it(emulator: InProcess) -> None:
    def listed() -> list[str]:
        return [customer["id"] for customer in emulator.ask("GET", "/v1/customers").json()["items"]]

    before = listed()
    first, last = "00000000-0000-4000-8000-00000000000a", "f0000000-0000-4000-8000-00000000000a"
    middle = CUSTOMER[:-1] + "a"
    for customer in (last, first, middle):
        assert emulator.ask("PUT", f"/emulator/customers/{customer}", b"{}").status == 200
    found = listed()
    assert set(found) == {*before, first, middle, last}
    assert [customer for customer in found if customer in before] == before
    assert found[-1] == last
    assert 0 < found.index(middle) < len(found) - 1
    assert found.index(first) < found.index(middle)
    for customer in (middle, CUSTOMER):
        emulator.ask("PUT", f"/emulator/customers/{customer}", document={"has_relationship": False})
    assert listed() == [customer for customer in found if customer not in (middle, CUSTOMER)]
    assert emulator.ask("GET", f"/v1/customers/{CUSTOMER}").json()["code"] == 20002
    emulator.ask("PUT", f"/emulator/customers/{CUSTOMER}", document={"has_relationship": True})
    assert CUSTOMER in listed()


def test_a_page_of_the_default_size_names_it() -> None:
    emulator = InProcess(Settings(customers=600))
    for query in ("", "?size=0", "?size=1000"):
        page = emulator.ask("GET", f"/v1/customers{query}").json()
        assert page["links"]["next"]["uri"] == "/v1/customers?size=500&seekOperation=Next"


@pytest.mark.parametrize(
    ("query", "sent", "reason"),
    [
        ("size=1", GIVEN, "seekOperation"),
        ("", GIVEN, "seekOperation"),
        ("seekOperation=Next", None, "MS-ContinuationToken"),
        ("seekOperation=Next", "", "MS-ContinuationToken"),
        ("seekOperation=Next", "token,unknown,1", "MS-ContinuationToken"),
        ("seekOperation=Next", "unknown", "MS-ContinuationToken"),
        ("seekOperation=Onward", GIVEN, "'Onward'"),
        ("seekOperation=Onward", None, "'Onward'"),
        ("seekOperation=", GIVEN, "''"),
        ("seekOperation=", None, "''"),
    ],
)
def test_a_seek_that_leads_to_no_page_is_refused(
    emulator: InProcess, query: str, sent: str | None, reason: str
) -> None:
    (header,) = emulator.ask("GET", "/v1/customers?size=1").json()["links"]["next"]["headers"]
    token = header["value"] if sent == GIVEN else sent
    answer = emulator.ask("GET", f"/v1/customers?{query}", headers={header["key"]: token})
    assert answer.status == 400
    assert reason in answer.json()["description"]


# -- names of query parameters ----------------------------------------------------------------------------------------


def test_a_list_is_read_with_parameters_in_any_letter_case(emulator: InProcess) -> None:
    by_name = 'FILTER={"Field":"CompanyName","Value":"fabrikam","Operator":"starts_with"}'
    page = emulator.ask("GET", f"/V1/Customers?SIZE=5&{by_name}").json()
    assert len(page["items"]) == 5
    assert {each["companyProfile"]["companyName"].split()[0] for each in page["items"]} == {"Fabrikam"}
    (header,) = page["links"]["next"]["headers"]
    following = emulator.ask("GET", "/v1/customers?seekoperation=Next", headers={header["key"]: header["value"]})
    assert following.status == 200
    assert following.json()["items"] != page["items"]


def test_the_account_status_is_read_with_the_type_in_any_letter_case(emulator: InProcess) -> None:
    assert emulator.ask("GET", f"/v1/customers/{CUSTOMER}/validationStatus?Type=Account").status == 200


@pytest.mark.parametrize("method", WRITES)
def test_the_code_of_a_write_is_read_in_any_letter_case(emulator: InProcess, method: str) -> None:
    path, _ = WRITES[method]
    body = b'{"qualification":"GovernmentCommunityCloud"}' if method == "POST" else b"3"
    answer = emulator.ask(method, f"{path}?Code={GCC_CODE}", body)
    assert answer.status in (200, 201), answer.body
    assert emulator.ask("GET", f"/v1/customers/{CUSTOMER}/validations").json()["validationId"] == GCC_CODE
