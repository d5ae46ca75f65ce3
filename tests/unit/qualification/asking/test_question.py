"""What people are asked."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification, VettingStatus
from airflow_provider_partnercenter.qualification.asking.question import about_code, about_denial
from airflow_provider_partnercenter.qualification.denials import is_named_by
from airflow_provider_partnercenter.qualification.vetting import Judgement, Outcome
from tests.support.bench import CUSTOMER
from tests.support.records import DENIED_1, UNDATED_DENIAL, entry

GCC = CustomerQualification(Qualification.GOVERNMENT_COMMUNITY_CLOUD, VettingStatus.DENIED, "Other")
SOE_DENIED = CustomerQualification(Qualification.STATE_OWNED_ENTITY, VettingStatus.DENIED)
NOTHING = {"education_segment": None, "website": None, "validation_code": None}


def ask(denial, left=2, requested=NOTHING, **about):
    return about_denial(
        CUSTOMER, Judgement(Outcome.DENIED, denial, attempts_left=left), denial, requested=requested, **about
    )


@pytest.mark.parametrize("denial", [DENIED_1, UNDATED_DENIAL, entry("Denied", "last week", "Other"), entry("Denied")])
def test_the_form_names_the_denial(denial):
    *_, named = ask(denial).fields
    assert named.name == "resubmit_denied_of"
    assert named.choices == ()
    assert is_named_by(named.value, denial)


@pytest.mark.parametrize(
    ("denial", "names"),
    [
        (DENIED_1, ["education_segment", "website"]),
        (GCC, ["validation_code"]),
        (SOE_DENIED, []),
    ],
)
def test_what_may_be_corrected_depends_on_the_qualification(denial, names):
    assert [field.name for field in ask(denial).fields] == [*names, "resubmit_denied_of"]


def test_a_field_says_what_stays_if_it_is_empty():
    segment, website, _ = ask(DENIED_1, requested={**NOTHING, "education_segment": "K12"}).fields
    assert segment.description == "Empty: as before, K12."
    assert website.description == "The school's host name, for example contoso.edu. May be empty."
    assert (segment.value, website.value) == (None, None)


@pytest.mark.parametrize(("left", "part"), [(2, "Attempts left: at most 2 of 3"), (1, "Attempts left: at most 1 of 3")])
def test_the_body_says_what_is_left(left, part):
    assert part in ask(DENIED_1, left).body


def test_a_company_is_named_beside_its_id():
    question = ask(DENIED_1, company="Contoso\n[x](javascript:alert(1)) *Ltd*")
    assert question.subject == "Education of Contoso [x](javascript:alert(1)) *Ltd* was denied. Resubmit?"
    assert r"Contoso \[x\]\(javascript:alert\(1\)\) \*Ltd\*" in question.body
    assert CUSTOMER in question.body
    assert ask(DENIED_1).subject.startswith(f"Education of {CUSTOMER} was")


def test_what_microsoft_writes_is_no_markup():
    body = ask(entry("Denied", 7, "<b>see</b>\n# [here](https://elsewhere.example)")).body
    assert "Reason: \\<b\\>see\\</b\\> \\# \\[here\\]\\(https:/\u2060/elsewhere.example\\)" in body


@pytest.mark.parametrize("text", ["https://elsewhere.example", "www.elsewhere.example", "anna@elsewhere.example"])
def test_what_looks_like_an_address_becomes_no_link(text):
    body = ask(entry("Denied", 7, text)).body
    assert text not in body
    assert f"Reason: {text}" in body.replace("\u2060", "")


def test_a_denial_without_a_reason_or_a_date_says_so():
    body = ask(entry("Denied")).body
    assert "Reason: none given" in body
    assert "an unknown date" in body


def test_a_page_is_a_link():
    assert (
        "[The customer in Partner Center](https://partner.example/1)"
        in ask(DENIED_1, page="https://partner.example/1").body
    )
    assert "](" not in ask(DENIED_1).body


def test_a_code_is_asked_for_by_the_customer():
    question = about_code(CUSTOMER, company="Contoso", page="https://partner.example/1")
    assert question.subject == "GovernmentCommunityCloud of Contoso needs a validation code"
    assert [field.name for field in question.fields] == ["validation_code"]
    for part in (f"Contoso ({CUSTOMER})", "](https://partner.example/1)", "**Go on**", "**Give up**"):
        assert part in question.body
