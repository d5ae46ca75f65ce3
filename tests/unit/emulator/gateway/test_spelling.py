"""The spellings of a path and of query parameters that mean the same."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.emulator.gateway.spelling import canonical, canonical_query, words_of

WORDS = words_of(["/v1/customers", "/v1/customers/{customer_id}/validationStatus"])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/customers", "/v1/customers"),
        ("/v1/customers/", "/v1/customers"),
        ("/V1/Customers", "/v1/customers"),
        ("/v1/CUSTOMERS/AbC/ValidationSTATUS/", "/v1/customers/AbC/validationStatus"),
        ("/v1/Nothing/", "/v1/Nothing"),
        # An empty segment in the middle is one more segment, and only one slash at the end is left out.
        ("/v1//Customers", "/v1//customers"),
        ("/v1/customers//", "/v1/customers/"),
        # Only the API is known to ignore the letter case.
        ("/Emulator/Customers/", "/Emulator/Customers"),
        ("/Tenant/V1/Customers", "/Tenant/V1/Customers"),
        ("/v10/Customers", "/v10/Customers"),
        ("/", "/"),
        ("//", "/"),
        ("", ""),
    ],
)
def test_letter_case_and_a_trailing_slash_do_not_matter(path: str, expected: str) -> None:
    assert canonical(path, WORDS) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SIZE=5", "size=5"),
        ("Size=5&SeekOperation=NEXT", "size=5&seekOperation=NEXT"),
        ("Filter=%7B%22Field%22%3A1%7D&Type=Account&CODE=Ab", "filter=%7B%22Field%22%3A1%7D&type=Account&code=Ab"),
        # A name may be encoded like a value.
        ("%53ize=5", "size=5"),
        # What no page documents stays as it is.
        ("Other=SIZE=5&&Size", "Other=SIZE=5&&size"),
        ("%FF=1", "%FF=1"),
        ("", ""),
    ],
)
def test_the_letter_case_of_a_parameters_name_does_not_matter(query: str, expected: str) -> None:
    assert canonical_query(query) == expected
