"""What Microsoft documents and the emulator does not implement must not look like an answer of the service."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.scenario.unimplemented import OPERATIONS, describe
from airflow_provider_partnercenter.emulator.settings import TENANT_ID
from tests.support.asgi import Answered, InProcess

TODAY = datetime.now(UTC).date()
CUSTOMER = f"/v1/customers/{ordinary_id(1)}"


def filtered(field: str) -> str:
    return f'/v1/customers?filter={{"Field":"{field}","Value":"a","Operator":"starts_with"}}'


@pytest.fixture
def emulator() -> InProcess:
    return InProcess()


def links(document: object) -> list[str]:
    """Every uri in a document, however deep."""
    if isinstance(document, list):
        return [uri for each in document for uri in links(each)]
    if not isinstance(document, dict):
        return []
    own = [document["uri"]] if "uri" in document else []
    return own + [uri for each in document.values() for uri in links(each)]


def assert_not_implemented(answer: Answered, emulator: InProcess) -> None:
    assert answer.status == 501
    record = emulator.journal()[-1]
    assert (record["status"], record["fault"], record["carried_out"]) == (501, "not-implemented", False)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/customers"),
        ("PATCH", CUSTOMER),
        ("DELETE", CUSTOMER),
        ("DELETE", "/v1/customers/contoso"),
        ("GET", "/v1/customers/relationshiprequests"),
        ("GET", f"{CUSTOMER}/agreements?agreementType=MicrosoftCustomerAgreement"),
        ("POST", f"{CUSTOMER}/agreements"),
        ("GET", f"{CUSTOMER}/directSignedMicrosoftCustomerAgreementStatus"),
        ("GET", f"{CUSTOMER}/relationships"),
        ("GET", f"{CUSTOMER}/subscribedskus"),
        ("PUT", f"{CUSTOMER}/profiles/billing"),
        ("GET", "/v1/profiles/organization"),
        ("PUT", "/v1/profiles/organization"),
        ("POST", "/v1/validations/address"),
        ("GET", "/v1/countryvalidationrules/DE"),
        ("GET", "/v1/agreements?agreementType=MicrosoftCustomerAgreement"),
        ("GET", "/v1/relationships?relationship_type=IsIndirectResellerOf"),
        ("GET", "/v1/compliance/csp/agreementstatus?mpnId=1"),
        ("GET", "/v1/auditrecords?startDate=2026-01-01&seekOperation=Previous"),
        ("GET", "/v1/partnerRequests"),
        ("GET", "/v1/nonMfaCompliantPartnerPrincipals"),
        ("GET", "/v1/applicationmfaadoptionstatus"),
        ("GET", f"/auditactivity/v1/auditrecords/{TENANT_ID}_1"),
        ("POST", f"/{TENANT_ID}/oauth2/v2.0/devicecode"),
        ("POST", "/generatetoken"),
        ("POST", "/v3/generatetoken"),
        ("GET", "/v1/customers?seekOperation=Previous"),
        ("GET", "/v1/customers?seekOperation=First"),
        ("GET", "/v1/customers?size=1&seekOperation=last"),
        ("GET", "/v1/customers?seekOperation=PageIndex"),
        ("GET", "/v1/Customers/?SeekOperation=First"),
        ("GET", filtered("IndirectReseller")),
        ("GET", filtered("IndirectCloudSolutionProvider")),
        ("GET", filtered("indirectreseller").replace("filter", "Filter")),
    ],
)
def test_what_is_documented_but_not_implemented_names_the_emulator(emulator: InProcess, method: str, path: str) -> None:
    answer = emulator.ask(method, path)
    assert_not_implemented(answer, emulator)
    assert answer.json()["description"] == answer.headers["x-emulator"]
    assert "emulator" in answer.json()["source"]


def test_the_question_whether_a_domain_is_taken_is_not_answered_with_free(emulator: InProcess) -> None:
    assert_not_implemented(emulator.ask("HEAD", "/v1/domains/contoso.onmicrosoft.com"), emulator)


@pytest.mark.parametrize(
    ("method", "path", "what"),
    [
        ("HEAD", "/v1/domains/contoso.example", "HEAD /v1/domains/{domain}"),
        ("PATCH", CUSTOMER, "PATCH /v1/customers/{customer}"),
        ("GET", "/v1/CUSTOMERS/RelationshipRequests", "GET /v1/customers/relationshiprequests"),
        ("GET", "/v1/customers?size=1&seekOperation=last", "seekOperation=Last"),
        ("GET", filtered("indirectReseller"), "the filter field IndirectReseller"),
    ],
)
def test_what_is_not_implemented_is_named(emulator: InProcess, method: str, path: str, what: str) -> None:
    answer = emulator.ask(method, path)
    assert_not_implemented(answer, emulator)
    assert answer.headers["x-emulator"] == f"The emulator does not implement {what}."


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/customers", "GET, POST"),
        ("PUT", CUSTOMER, "DELETE, GET, PATCH"),
        ("POST", f"{CUSTOMER}/profiles/billing", "GET, PUT"),
        ("POST", f"{CUSTOMER}/profiles/company", "GET"),
        ("PATCH", f"{CUSTOMER}/agreements", "GET, POST"),
        ("DELETE", "/v1/customers/relationshiprequests", "GET"),
        ("GET", "/v1/domains/contoso.example", "HEAD"),
        ("POST", "/v1/domains/contoso.example", "HEAD"),
        ("GET", "/v1/validations/address", "POST"),
        ("PUT", "/v1/AuditRecords/", "GET"),
        ("DELETE", "/webhooks/v1/registration", "GET, POST, PUT"),
        ("GET", "/webhooks/v1/registration/validationEvents", "POST"),
        ("GET", "/generatetoken", "POST"),
        ("GET", f"/{TENANT_ID}/oauth2/token", "POST"),
        ("PUT", f"/{TENANT_ID}/oauth2/v2.0/authorize", "GET, POST"),
        ("GET", f"/{TENANT_ID}/oauth2/v2.0/token", "POST"),
    ],
)
def test_another_method_of_a_documented_path_is_refused_with_all_that_are_documented(
    emulator: InProcess, method: str, path: str, allowed: str
) -> None:
    answer = emulator.ask(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    assert answer.json() == {"statusCode": 405, "message": "Method Not Allowed"}
    assert emulator.journal()[-1]["fault"] is None


def test_every_documented_operation_is_in_the_help_text(emulator: InProcess) -> None:
    lines = [line.strip() for line in describe().splitlines()]
    for path, methods in OPERATIONS.items():
        assert f"{', '.join(methods)} {path}" in lines
        for method in methods:
            assert_not_implemented(emulator.ask(method, path.replace("{", "").replace("}", "")), emulator)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/domains", 404),
        ("GET", "/v1/customers//", 404),
        ("GET", "/v1/auditrecords//", 404),
        ("GET", "/v1/AuditRecords/", 400),
        ("GET", f"/v1/AuditRecords/?STARTDATE={TODAY}", 200),
        ("GET", f"/v1/auditrecords?startDate={TODAY}&seekOperation=Onward", 400),
        ("GET", f"/v1/auditrecords?startDate={TODAY}&{filtered('IndirectReseller').partition('?')[2]}", 400),
        ("GET", f"{CUSTOMER}/nothing", 404),
        ("GET", f"{CUSTOMER}/profiles", 404),
        ("GET", "/webhooks/v1/nothing", 404),
        ("GET", CUSTOMER, 200),
        ("GET", "/v1/customers?seekOperation=Onward", 400),
        ("GET", filtered("Country"), 400),
        ("GET", filtered("Domain"), 200),
        ("GET", "/v1/customers?filter=IndirectReseller", 400),
        ("GET", "/v1/customers?filter=" + "[" * 5000, 400),
        ("GET", "/v1/customers?filter=%FF", 400),
        ("GET", f"{CUSTOMER}?seekOperation=Last", 200),
        ("POST", "/v1/generatetoken", 404),
        ("POST", f"/{TENANT_ID}/oauth2", 404),
    ],
)
def test_other_requests_are_answered_as_the_service_does(
    emulator: InProcess, method: str, path: str, status: int
) -> None:
    assert emulator.ask(method, path).status == status
    assert emulator.journal()[-1]["fault"] is None


def test_the_links_of_a_customer_can_be_followed(emulator: InProcess) -> None:
    customer = emulator.ask("GET", CUSTOMER).json()
    found = {uri: emulator.ask("GET", f"/v1{uri}").json() for uri in links(customer)}
    path = CUSTOMER.removeprefix("/v1")
    assert found == {
        path: customer,
        f"{path}/profiles/company": customer["companyProfile"],
        f"{path}/profiles/billing": customer["billingProfile"],
    }


@pytest.mark.parametrize("profile", ["company", "billing"])
@pytest.mark.parametrize(("customer", "status"), [("contoso", 400), (TENANT_ID, 404)])
def test_a_profile_is_refused_like_its_customer(emulator: InProcess, profile: str, customer: str, status: int) -> None:
    path = f"/v1/customers/{customer}/profiles/{profile}"
    assert emulator.ask("GET", path).status == status
    assert emulator.ask("GET", path, headers={"authorization": None}).status == 401
