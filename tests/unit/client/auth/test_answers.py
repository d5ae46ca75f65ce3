"""Reading what the login service says."""

from __future__ import annotations

import time

import pytest

from airflow_provider_partnercenter.client.auth.answers import read_refusal, without_ids

TRACE, CORRELATION = "0000aaaa-11bb-cccc-dd33-eeeeee333333", "aaaa0000-bb11-2222-33cc-444444dddddd"


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [
        ({"error_codes": [70000]}, (70000,)),
        ({"error_codes": [70002, 50012, 70002]}, (70002, 50012)),
        ({"error_codes": ["70002"]}, (70002,)),
        ({"error_codes": 70002}, (70002,)),
        ({"error_description": "AADSTS70002: No. AADSTS50012: Invalid."}, (70002, 50012)),
        ({"error_description": "Refused (AADSTS700024): no"}, (700024,)),
        ({"error_codes": [70002], "error_description": "AADSTS70002: No. AADSTS7000215: Secret."}, (70002, 7000215)),
        ({"error_codes": [True, None, 1.5, "x", -1, 0, "٣"]}, ()),
        ({"error_codes": {"x": 1}, "error_description": ["AADSTS1"]}, ()),
        ({"error_codes": [10**40], "error_description": f"AADSTS{'1' * 40}"}, ()),
        ("AADSTS70000: no object", ()),
        (None, ()),
    ],
)
def test_every_number_counts(answer, numbers):
    assert read_refusal(answer).numbers == numbers


@pytest.mark.parametrize(
    "text",
    [
        f"AADSTS1: Wrong. Trace ID: {TRACE} Correlation ID: {CORRELATION} Timestamp: 2026-11-03 06:00:00Z",
        f"AADSTS1: Wrong.\r\nTrace ID: {TRACE}\r\nCorrelation ID: {CORRELATION}\r\nTimestamp: 2026-11-03 06:00:00Z",
        f"AADSTS1: Wrong. Timestamp: 2026-11-03T06:00:00.123Z. Trace ID: {TRACE}.",
        f"Trace ID: {TRACE}\nCorrelation ID: {CORRELATION}\nAADSTS1: Wrong.",
        "AADSTS1: Wrong.\nSee https://example.test",
        "AADSTS1: Wrong.",
    ],
)
def test_ids_and_times_are_cut_out_of_the_description(text):
    assert without_ids(text) == "AADSTS1: Wrong."


@pytest.mark.parametrize("text", [None, "", " \n ", f"Trace ID: {TRACE}"])
def test_nothing_is_left(text):
    assert without_ids(text) is None


@pytest.mark.parametrize(
    ("answer", "correlation_id"),
    [
        ({"correlation_id": CORRELATION}, CORRELATION),
        ({"error_description": f"No. Trace ID: {TRACE} Correlation ID: {CORRELATION} Timestamp: 1"}, CORRELATION),
        ({"correlation_id": CORRELATION, "error_description": f"No. Correlation ID: {TRACE}"}, CORRELATION),
        ({"error_description": "No."}, None),
    ],
)
def test_the_correlation_id_is_kept(answer, correlation_id):
    assert read_refusal(answer).correlation_id == correlation_id


def test_what_else_is_said():
    refusal = read_refusal({"error": "invalid_grant", "suberror": "bad_token", "claims": '{"access_token":{}}'})
    assert (refusal.error, refusal.suberror, refusal.claims) == ("invalid_grant", "bad_token", True)
    assert read_refusal({"claims": None}).claims is read_refusal({"claims": ""}).claims is False


def test_a_secret_that_is_repeated_is_not_in_the_description():
    assert "abc.def" not in str(read_refusal({"error_description": "No client_secret=abc.def here"}).description)


@pytest.mark.parametrize(
    "text", [" " * 20_000 + "x", "\n" * 20_000 + "x", "trace id: " * 2000, "timestamp: " + "1-" * 9000]
)
def test_a_text_of_any_shape_is_read_at_once(text):
    began = time.process_time()
    read_refusal({"error_description": text})
    assert time.process_time() - began < 1
