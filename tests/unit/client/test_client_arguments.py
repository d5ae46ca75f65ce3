from __future__ import annotations

import uuid

import pytest

from airflow_provider_partnercenter.client.arguments import customer_guid, given, to_qualification, to_segment
from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import EducationSegment, Qualification

GUID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
BARE = GUID.replace("-", "")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(GUID, id="as-it-is"),
        pytest.param(GUID.upper(), id="upper-case"),
        pytest.param(BARE, id="no-hyphens"),
        pytest.param("{" + GUID + "}", id="braces"),
        pytest.param(f"  {GUID}\n", id="blanks-around"),
        pytest.param(uuid.UUID(GUID), id="uuid-object"),
    ],
)
def test_a_guid_is_brought_into_one_form(value):
    assert customer_guid(value) == GUID


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param(None, id="none"),
        pytest.param("all", id="word"),
        pytest.param(GUID[:-1], id="too-short"),
        pytest.param(GUID + "0", id="too-long"),
        pytest.param(f"{GUID}/../{GUID}", id="parent-folder"),
        pytest.param(f"../{GUID}", id="leading-parent-folder"),
        pytest.param(f"{GUID}%2f..", id="escaped-slash"),
        pytest.param(f"{GUID}?x=1", id="query"),
        pytest.param(f"{GUID}#x", id="fragment"),
        pytest.param(f"{GUID[:8]}\n{GUID[8:]}", id="newline-inside"),
        pytest.param(f"{GUID}\r\nX-Evil: 1", id="header-injection"),
        pytest.param(f"{GUID}\x00", id="nul"),
        pytest.param(f"{GUID[:-1]}\u0663", id="arabic-digit"),
        pytest.param(f"{GUID[:-1]}\uff11", id="full-width-digit"),
        pytest.param(f"urn:uuid:{GUID}", id="urn"),
        pytest.param(f"uuid:{GUID}", id="half-a-urn"),
        pytest.param(BARE[:3] + "-" + BARE[3:], id="hyphen-in-the-wrong-place"),
        pytest.param(BARE[:15] + "_" + BARE[16:], id="underscore"),
        pytest.param(123, id="number"),
    ],
)
def test_anything_else_is_refused_by_name(value):
    with pytest.raises(PartnerCenterInvalidRequestError, match=r"customer_id .* is not a GUID") as caught:
        customer_guid(value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_a_refusal_does_not_repeat_a_long_value():
    with pytest.raises(PartnerCenterInvalidRequestError) as caught:
        customer_guid("x" * 10_000)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(("value", "member"), [("education", "EDUCATION"), (4, "STATE_OWNED_ENTITY"), ("none", "NONE")])
def test_to_qualification(value, member):
    assert to_qualification(value) is Qualification[member]


@pytest.mark.parametrize("value", ["Edu", "", None, 9, "x" * 500])
def test_an_unknown_qualification_is_refused_with_the_choices(value):
    with pytest.raises(PartnerCenterInvalidRequestError, match=r"qualification .* is unknown") as caught:
        to_qualification(value)
    assert "GovernmentCommunityCloud" in caught.value.hint
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        (None, None),
        ("", None),
        ("None", None),
        ("K12", EducationSegment.K12),
        (" k-12 ", EducationSegment.K12),
        ("higher_education", EducationSegment.HIGHER_EDUCATION),
        (EducationSegment.HIGHER_EDUCATION, EducationSegment.HIGHER_EDUCATION),
    ],
)
def test_to_segment(value, segment):
    assert to_segment(value) is segment


def test_an_unknown_segment_is_refused_with_the_choices():
    with pytest.raises(PartnerCenterInvalidRequestError, match="education_segment 'Nursery'") as caught:
        to_segment("Nursery")
    assert "K12, HigherEducation" in caught.value.hint


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, None), ("", None), ("  ", None), ("None", None), (" a b ", "a b"), (830044, "830044"), (0, "0")],
)
def test_given(value, text):
    assert given(value) == text
