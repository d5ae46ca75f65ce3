from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from airflow_provider_partnercenter.client.wire import (
    Members,
    format_date,
    key_of,
    loads,
    moment,
    parse_date,
    printable,
    read_date,
)
from tests.support.bench import EPOCH

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("body", "document"),
    [
        pytest.param(b"", None, id="empty"),
        pytest.param(b" \r\n\t", None, id="blanks-only"),
        pytest.param(BOM, None, id="bom-only"),
        pytest.param(b"null", None, id="null"),
        pytest.param(b'{"a": 1}', {"a": 1}, id="plain"),
        pytest.param(BOM + b'{"a": 1}', {"a": 1}, id="bom"),
        pytest.param(BOM + b' \r\n{"a": 1}', {"a": 1}, id="bom-then-blanks"),
        pytest.param(b" \n" + BOM + b'{"a": 1}', {"a": 1}, id="blanks-then-bom"),
        pytest.param(BOM + BOM + b'"x"', "x", id="two-boms"),
        pytest.param(b'  "school"  ', "school", id="blanks-around"),
        pytest.param('"Grundschule Süd"'.encode(), "Grundschule Süd", id="utf-8"),
        pytest.param(b"3", 3, id="number"),
    ],
)
def test_loads(body, document):
    assert loads(body) == document


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html></html>", id="html"),
        pytest.param(b'{"a": 1,}', id="trailing-comma"),
        pytest.param(b'{"a": 1', id="cut-short"),
        pytest.param(b'"\xff\xfe"', id="not-utf-8"),
        pytest.param(b"[" * 200_000, id="nested-too-deeply"),
        pytest.param(b"9" * 5000, id="number-too-long"),
        pytest.param(b'{"a": NaN}', id="no-number"),
        pytest.param(b"[-Infinity]", id="infinity"),
    ],
)
def test_loads_refuses_what_is_not_json_with_one_kind_of_error(body):
    with pytest.raises(ValueError, match=r"."):
        loads(body)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("Grundschule Süd \U0001f3eb", "Grundschule Süd \U0001f3eb", id="as-it-is"),
        pytest.param("one\r\n\ttwo\u2028three\x85four", "one two three four", id="breaks"),
        pytest.param("nul\x00 escape\x1b[31m", "nul\ufffd escape\ufffd[31m", id="control-characters"),
        pytest.param("half \ud83c of one", "half \ufffd of one", id="surrogate"),
    ],
)
def test_printable(text, line):
    assert printable(text) == line
    assert Members({"reason": text}).text("reason") == line


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("StateOwnedEntity", "stateownedentity"),
        ("state_owned_entity", "stateownedentity"),
        ("State-Owned Entity", "stateownedentity"),
        ("  In\tReview ", "inreview"),
        ("", ""),
    ],
)
def test_key_of(text, key):
    assert key_of(text) == key


class TestMembers:
    def test_names_are_compared_without_case_and_separators(self):
        members = Members({"VettingStatus": "Denied", "post_code": "1"})
        assert members["vettingStatus"] == "Denied"
        assert members["PostCode"] == "1"
        assert members.get("other") is None

    def test_null_counts_as_missing_and_does_not_hide_another_spelling(self):
        members = Members({"city": "Bern", "City": None, "country": None})
        assert dict(members) == {"city": "Bern"}
        assert len(members) == 1

    @pytest.mark.parametrize("document", [None, [], [1], "text", 7, True])
    def test_anything_but_an_object_has_no_members(self, document):
        assert not Members(document)
        assert not Members(document).members("x")

    @pytest.mark.parametrize(
        ("value", "text", "integer", "boolean"),
        [
            pytest.param("12", "12", 12, None, id="numeric-text"),
            pytest.param(12, "12", 12, None, id="integer"),
            pytest.param(1.5, "1.5", None, None, id="float"),
            pytest.param("many", "many", None, None, id="text"),
            pytest.param("9" * 5000, "9" * 5000, None, None, id="text-of-too-many-digits"),
            pytest.param(True, None, None, True, id="boolean"),
            pytest.param("True", "True", None, True, id="boolean-text"),
            pytest.param("false", "false", None, False, id="false-text"),
            pytest.param({"x": 1}, None, None, None, id="object"),
            pytest.param([1], None, None, None, id="array"),
            pytest.param(None, None, None, None, id="null"),
        ],
    )
    def test_readings_of_a_value(self, value, text, integer, boolean):
        members = Members({"value": value})
        assert members.text("value") == text
        assert members.integer("value") == integer
        assert members.boolean("value") is boolean

    def test_text_takes_the_first_name_that_is_there(self):
        members = Members({"b": "second", "c": "third"})
        assert members.text("a", "b", "c") == "second"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2024-03-05T06:07:08Z", datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC), id="zulu"),
        pytest.param("2024-03-05t06:07:08z", datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC), id="lower-case"),
        pytest.param("2024-03-05T06:07:08+00:00", datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC), id="offset-zero"),
        pytest.param("2024-03-05T06:07:08+02:30", datetime(2024, 3, 5, 3, 37, 8, tzinfo=UTC), id="offset-east"),
        pytest.param("2024-03-05T06:07:08-0800", datetime(2024, 3, 5, 14, 7, 8, tzinfo=UTC), id="offset-no-colon"),
        pytest.param("2024-03-05T06:07:08", datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC), id="no-zone-is-utc"),
        pytest.param("2024-03-05 06:07:08", datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC), id="blank-for-t"),
        pytest.param("2024-03-05T06:07", datetime(2024, 3, 5, 6, 7, tzinfo=UTC), id="no-seconds"),
        pytest.param("2024-03-05", datetime(2024, 3, 5, tzinfo=UTC), id="date-only"),
        pytest.param("2024-03-05+02:00", datetime(2024, 3, 4, 22, tzinfo=UTC), id="date-with-offset"),
        pytest.param("2024-03-05T06:07:08 +0230", datetime(2024, 3, 5, 3, 37, 8, tzinfo=UTC), id="blank-before-offset"),
        pytest.param("2024-03-05T06:07:08.5Z", datetime(2024, 3, 5, 6, 7, 8, 500000, UTC), id="one-digit"),
        pytest.param("2024-03-05T06:07:08.123456Z", datetime(2024, 3, 5, 6, 7, 8, 123456, UTC), id="six-digits"),
        pytest.param("2024-03-05T06:07:08.1234567+00:00", datetime(2024, 3, 5, 6, 7, 8, 123456, UTC), id="seven"),
        pytest.param("9999-12-30T00:00:00Z", datetime(9999, 12, 30, tzinfo=UTC), id="far-future"),
        pytest.param("03/05/2024: 06:07:08", datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC), id="us-with-colon"),
        pytest.param("3/5/2024 6:07", datetime(2024, 3, 5, 6, 7, tzinfo=UTC), id="us-plain"),
        pytest.param("03/05/2024", datetime(2024, 3, 5, tzinfo=UTC), id="us-date-only"),
        pytest.param("  2024-03-05\n", datetime(2024, 3, 5, tzinfo=UTC), id="blanks-around"),
        pytest.param("9999-12-31T23:59:59-01:00", None, id="beyond-the-calendar"),
        pytest.param("2024-02-30", None, id="no-such-day"),
        pytest.param("2024-03-05T25:00:00", None, id="no-such-hour"),
        pytest.param("2024-03-05T06:07:08.5 5Z", None, id="blank-in-fraction"),
        pytest.param("2024-03-05T06:07:08+99:99", None, id="no-such-offset"),
        pytest.param("13/05/2024", None, id="no-such-month"),
        pytest.param("yesterday", None, id="words"),
        pytest.param("", None, id="empty"),
    ],
)
def test_parse_date(text, moment):
    assert parse_date(text) == moment
    if moment:
        assert parse_date(text).tzinfo is UTC


NEVER = [
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00.0000000+00:00",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01",
    " 0001-01-01 ",
    "01/01/0001",
    "1/1/0001: 00:00:00",
    "9999-12-31T23:59:59.9999999",
    "9999-12-31T23:59:59Z",
    "12/31/9999 23:59:59",
]


@pytest.mark.parametrize("text", NEVER)
def test_a_date_that_was_never_set_is_none(text):
    assert parse_date(text) is None
    assert read_date(text) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param("2024-03-05", datetime(2024, 3, 5, tzinfo=UTC), id="a-date"),
        pytest.param("0001-02-03", datetime(1, 2, 3, tzinfo=UTC), id="only-the-first-moment-means-never"),
        pytest.param(" soon ", "soon", id="what-cannot-be-read-stays"),
        pytest.param("", None, id="empty"),
    ],
)
def test_read_date(text, read):
    assert read_date(text) == read


def test_format_date_is_utc_and_reads_back():
    local = datetime(2024, 3, 5, 6, 7, 8, 9, timezone(timedelta(hours=2)))
    assert format_date(local) == "2024-03-05T04:07:08.000009+00:00"
    assert parse_date(format_date(local)) == local


def test_moment():
    assert moment(EPOCH + 0.7) == "2025-06-15T15:06:40+00:00"
