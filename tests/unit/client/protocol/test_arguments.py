from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import EducationSegment, Qualification
from airflow_provider_partnercenter.client.protocol.arguments import (
    calendar_day,
    customer_guid,
    fits_header,
    for_header,
    guid,
    optional_text,
    read_filter,
    to_host,
    to_qualification,
    to_segment,
    to_webhook_url,
    whole_number,
)

GUID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
BARE = GUID.replace("-", "")
# str() of it is an error.
HUGE = 10**5000


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
        pytest.param(HUGE, id="number-that-python-does-not-write"),
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


@pytest.mark.parametrize("value", ["Edu", "", None, 9, "x" * 500, pytest.param(HUGE, id="huge")])
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
    assert optional_text(value, "website") == text


@pytest.mark.parametrize(
    "value",
    [float("inf"), 120000.0, 10.5, True, {1}, ["a"], b"a", datetime.now(UTC), uuid.UUID(GUID), HUGE],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_text_is_refused_by_name(value):
    with pytest.raises(PartnerCenterInvalidRequestError, match=r"^validation_code must be a string, not ") as caught:
        optional_text(value, "validation_code")
    assert "render_template_as_native_obj" in caught.value.hint


@pytest.mark.parametrize("value", ["12\x0034", "12\ud800", "\x1b[31m12"], ids=["nul", "surrogate", "escape"])
def test_a_text_that_cannot_be_sent_is_refused_by_name(value):
    with pytest.raises(
        PartnerCenterInvalidRequestError, match=r"^validation_code .* contains a control character"
    ) as caught:
        optional_text(value, "validation_code")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("value", [None, 7, b"x", "x\r\nX-Evil: 1", "x\x00", " x", "x ", "é", "\ud800"], ids=ascii)
def test_what_no_header_takes_is_refused_by_name(value):
    assert not fits_header(value)
    with pytest.raises(
        PartnerCenterInvalidRequestError, match=r"^continuation .* cannot be sent in a header"
    ) as caught:
        for_header(value, "continuation")
    assert str(caught.value).isprintable()


def test_what_a_header_takes():
    assert for_header("a token/with+signs== and blanks", "continuation") == "a token/with+signs== and blanks"


@pytest.mark.parametrize("value", [None, "7", 7.0, True, -1, HUGE], ids=["none", "text", "float", "bool", "-1", "huge"])
def test_what_is_no_number_of_things_is_refused_by_name(value):
    assert whole_number(0, "page_size") == 0
    with pytest.raises(PartnerCenterInvalidRequestError, match=r"^page_size must be 0 or more, not "):
        whole_number(value, "page_size")


@pytest.mark.parametrize("nothing", [None, {}])
def test_a_filter(nothing):
    assert read_filter({"Domain": "contoso"}) == ("Domain", "contoso")
    assert read_filter(nothing) is None


@pytest.mark.parametrize(
    "value",
    [{"Domain": "a", "CompanyName": "b"}, {"Domain": 7}, {7: "a"}, "Domain", [1], {"Domain": "\ud800"}],
    ids=repr,
)
def test_what_is_no_filter_is_refused_by_name(value):
    with pytest.raises(PartnerCenterInvalidRequestError, match=r"^starts_with must be a dictionary with "):
        read_filter(value)


def test_what_is_no_segment_is_refused_by_name():
    with pytest.raises(PartnerCenterInvalidRequestError, match=r"^education_segment must be a string, not float: 12.0"):
        to_segment(12.0)  # type: ignore[arg-type]  # that is the case


@pytest.mark.parametrize("host", ["contoso.edu", "www.contoso-school.k12.wa.us", "schule-köln.de", " contoso.edu "])
def test_a_website_is_a_host_name(host):
    assert to_host(host) == host.strip()


@pytest.mark.parametrize(
    "text", ["https://contoso.edu", "contoso.edu/x", "contoso", "a b.edu", "contoso.edu:443", "-a.edu"]
)
def test_a_website_is_nothing_more(text):
    with pytest.raises(PartnerCenterInvalidRequestError, match=r"website .* is not a host name"):
        to_host(text)


@pytest.mark.parametrize("nothing", [None, "", "None"])
def test_a_website_need_not_be_given(nothing):
    assert to_host(nothing) is None


WEST = timezone(timedelta(hours=-14))


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (date(2024, 3, 5), date(2024, 3, 5)),
        (datetime(2024, 3, 5, 23), date(2024, 3, 5)),
        (datetime(2024, 3, 5, 23, tzinfo=UTC), date(2024, 3, 5)),
        (datetime(2024, 3, 5, 23, tzinfo=WEST), date(2024, 3, 6)),
        (datetime.max.replace(tzinfo=WEST), date.max),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), date.min),
    ],
)
def test_a_day_is_one_in_utc(value, day):
    found = calendar_day(value, "start_date")
    assert found == day
    assert type(found) is date


@pytest.mark.parametrize("value", [None, "2024-03-05", 1709596800, pytest.param(HUGE, id="huge"), [], True])
def test_what_is_no_day_is_refused(value):
    with pytest.raises(PartnerCenterInvalidRequestError, match="end_date must be a date"):
        calendar_day(value, "end_date")


def test_any_id_is_named_in_its_refusal():
    assert guid(f"{{{GUID.upper()}}}", "event", "give the id") == GUID
    with pytest.raises(PartnerCenterInvalidRequestError, match=r"event 'x' is not a GUID\. What to do: give the id"):
        guid("x", "event", "give the id")


@pytest.mark.parametrize(
    "address",
    [
        "https://airflow.example/partnercenter/webhook",
        " https://airflow.example ",
        "HTTPS://Airflow.example:8443/a%20b?x=1&y=2",
        "https://xn--bcher-kva.example/",
        "https://[2001:db8::1]/",
        "http://localhost:8080/webhook",
        "http://LOCALHOST",
        "http://127.0.0.1:1",
        "http://127.1.2.3/",
        "http://[::1]:80/",
    ],
)
def test_an_address_for_webhooks(address):
    assert to_webhook_url(address) == address.strip()


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://airflow.example/webhook", "must begin with https://, or with http:// if it is an address of this ma"),
        ("http://localhost.example/", "must begin with https://"),
        ("http://10.0.0.1/", "must begin with https://"),
        ("ftp://localhost/", "must begin with https://"),
        ("//airflow.example/", "must begin with https://"),
        ("airflow.example/webhook", "is not an address"),
        ("https://", "is not an address"),
        ("https:///webhook", "is not an address"),
        ("https://airflow.example:0/", "is not an address"),
        ("https://airflow.example:x/", "is not an address"),
        ("https://airflow.example:99999/", "is not an address"),
        ("https://[::1/", "is not an address"),
        ("https://user:hidden@airflow.example/", "must not contain a user, a password or a fragment"),
        ("https://airflow.example/#hidden", "must not contain a user, a password or a fragment"),
        ("https://airflow.example/#", "must not contain a user, a password or a fragment"),
        ("https://airflow.example/a b", "is not an address"),
        ("https://airflow.example\\@evil.example/", "is not an address"),
        ("https://b\u00fccher.example/", "is not an address"),
        (f"https://airflow.example/{'x' * 2048}", "is not an address"),
        ("", "is not an address"),
        (None, "is not an address"),
        ("https://airflow.example/hidden\nX: 1", "is not an address"),
        ("https://airflow.example/hidden\x00", "is not an address"),
        (b"https://airflow.example/hidden", "is not an address"),
    ],
)
def test_what_is_no_address_for_webhooks(address, problem):
    with pytest.raises(PartnerCenterInvalidRequestError, match=f"webhook_url {problem}") as caught:
        to_webhook_url(address)
    assert "What to do: give " in str(caught.value)
    assert "hidden" not in str(caught.value)
