from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.client.models import (
    CustomerQualification,
    EducationSegment,
    Qualification,
    VettingStatus,
    match_text,
)

Q = Qualification


@pytest.mark.parametrize(
    ("value", "member"),
    [
        (0, Q.NONE),
        ("None", Q.NONE),
        ("none", Q.NONE),
        (1, Q.EDUCATION),
        ("1", Q.EDUCATION),
        ("education", Q.EDUCATION),
        ("EDUCATION", Q.EDUCATION),
        ("Nonprofit", Q.NONPROFIT),
        (3, Q.GOVERNMENT_COMMUNITY_CLOUD),
        ("government_community_cloud", Q.GOVERNMENT_COMMUNITY_CLOUD),
        ("governmentcommunitycloud", Q.GOVERNMENT_COMMUNITY_CLOUD),
        ("Government Community-Cloud", Q.GOVERNMENT_COMMUNITY_CLOUD),
        ("4", Q.STATE_OWNED_ENTITY),
        ("StateOwnedEntity", Q.STATE_OWNED_ENTITY),
        (Q.STATE_OWNED_ENTITY, Q.STATE_OWNED_ENTITY),
    ],
)
def test_qualification_takes_every_spelling_and_the_number(value, member):
    assert Q(value) is member
    assert Q.read(value) is member


@pytest.mark.parametrize("value", ["Charity", "", "5", 5, -1])
def test_an_unknown_qualification_is_kept_as_text_and_never_becomes_none(value):
    assert Q.read(value) == str(value)
    with pytest.raises(ValueError, match="is not a valid"):
        Q(value)


def test_api_names():
    assert [str(q) for q in Q] == [
        "None",
        "Education",
        "Nonprofit",
        "GovernmentCommunityCloud",
        "StateOwnedEntity",
    ]
    assert [q.value for q in Q] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "member"),
    [("higher_education", EducationSegment.HIGHER_EDUCATION), ("k12", EducationSegment.K12), ("Nursery", None)],
)
def test_match_text(text, member):
    assert match_text(EducationSegment, text) is member


MARCH = datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC)
ENTRIES = [
    pytest.param(
        {"qualification": "Education", "vettingStatus": "Approved"},
        CustomerQualification(Q.EDUCATION, VettingStatus.APPROVED),
        id="approved-without-date",
    ),
    pytest.param(
        {
            "qualification": "Education",
            "vettingStatus": "Denied",
            "vettingReason": "Not an Academic Domain",
            "vettingCreateDate": "2024-03-05T06:07:08Z",
        },
        CustomerQualification(Q.EDUCATION, VettingStatus.DENIED, "Not an Academic Domain", MARCH),
        id="denied-with-the-contract's-date",
    ),
    pytest.param(
        {"qualification": "education", "vettingStatus": "in_review", "vettingCreatedDate": "2024-03-05T06:07:08"},
        CustomerQualification(Q.EDUCATION, VettingStatus.IN_REVIEW, None, MARCH),
        id="snake-case-and-the-page's-date",
    ),
    pytest.param(
        {
            "Qualification": "GovernmentCommunityCloud",
            "VettingStatus": "Approved",
            "VettingReason": None,
            "VettingCreatedDate": "03/05/2024: 06:07:08",
        },
        CustomerQualification(Q.GOVERNMENT_COMMUNITY_CLOUD, VettingStatus.APPROVED, None, MARCH),
        id="pascal-case-with-nulls",
    ),
    pytest.param(
        {"qualification": "StateOwnedEntity", "vettingStatus": None, "attributes": {"objectType": "X"}},
        CustomerQualification(Q.STATE_OWNED_ENTITY),
        id="no-status-and-unknown-members",
    ),
    pytest.param(
        {"qualification": "Charity", "vettingStatus": "Escalated", "vettingCreatedDate": "soon"},
        CustomerQualification("Charity", "Escalated", None, "soon"),
        id="unknown-texts-are-kept",
    ),
    pytest.param({"qualification": 3}, CustomerQualification(Q.GOVERNMENT_COMMUNITY_CLOUD), id="number"),
    pytest.param(
        {"qualification": "Education", "vettingStatus": "", "vettingReason": "", "vettingCreatedDate": ""},
        CustomerQualification(Q.EDUCATION),
        id="empty-texts-count-as-missing",
    ),
    # Cut, it would read as an approval at the next poll.
    pytest.param(
        {"qualification": "Education", "vettingStatus": "Not approved".ljust(120, "_"), "vettingReason": "x" * 600},
        CustomerQualification(Q.EDUCATION, "Not approved".ljust(100, "_"), "x" * 500),
        id="long-texts-are-cut",
    ),
    pytest.param(
        {"qualification": "Education", "vettingCreatedDate": "2024-03-05T06:07:08Z".ljust(120) + "?"},
        CustomerQualification(Q.EDUCATION, None, None, MARCH),
        id="a-date-is-cut-before-it-is-read",
    ),
    pytest.param(
        {"qualification": "Education", "vettingReason": "two\r\nlines\u0000", "vettingStatus": "\ud800"},
        CustomerQualification(Q.EDUCATION, "\ufffd", "two lines\ufffd"),
        id="what-cannot-be-stored",
    ),
    pytest.param("state_owned_entity", CustomerQualification(Q.STATE_OWNED_ENTITY), id="bare-text"),
    pytest.param("x" * 2000, CustomerQualification("x" * 100), id="long-bare-text"),
    pytest.param(1, CustomerQualification(Q.EDUCATION), id="bare-number"),
]


@pytest.mark.parametrize(("document", "entry"), ENTRIES)
def test_customer_qualification_from_json(document, entry):
    assert CustomerQualification.from_json(document) == entry


@pytest.mark.parametrize(("document", "entry"), ENTRIES)
def test_customer_qualification_survives_xcom(document, entry):
    wire = json.loads(json.dumps(entry.to_dict()))
    assert set(wire) == {"qualification", "vetting_status", "vetting_reason", "vetting_created_date"}
    assert CustomerQualification.from_dict(wire) == entry


def test_dates_in_results_are_utc():
    assert CustomerQualification(Q.EDUCATION, None, None, MARCH).to_dict()["vetting_created_date"] == (
        "2024-03-05T06:07:08+00:00"
    )


def test_a_status_is_cut_before_it_is_read():
    status = "Approved".ljust(100) + "?"
    entry = CustomerQualification.from_json({"qualification": "Education", "vettingStatus": status})
    assert CustomerQualification.from_dict(entry.to_dict()) == entry


@pytest.mark.parametrize("document", [{}, {"vettingStatus": "Approved"}, [], None, True, 1.5, {"qualification": None}])
def test_an_entry_without_a_qualification_is_refused(document):
    with pytest.raises(ValueError, match="qualification"):
        CustomerQualification.from_json(document)
