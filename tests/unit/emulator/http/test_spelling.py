"""The spellings of a path that name the same resource."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.emulator.http.spelling import canonical, words_of

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
