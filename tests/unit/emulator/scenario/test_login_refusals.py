"""The refusals of the login service, by number."""

from __future__ import annotations

import json

import pytest

from airflow_provider_partnercenter.client.auth.advice import _ROWS
from airflow_provider_partnercenter.emulator.scenario.login_refusals import TABLE, refusal

KNOWN_TO_THE_CLIENT = sorted({sign for _, _, signs in _ROWS for sign in signs if isinstance(sign, int)})


@pytest.mark.parametrize("number", sorted({*TABLE, *KNOWN_TO_THE_CLIENT}))
def test_every_number_has_a_refusal(number: int) -> None:
    refused = refusal(number, "{it}")
    assert (refused.number, 400 <= refused.status < 600) == (number, True)
    assert refused.error
    assert "{name}" not in refused.text
    json.loads(refused.claims or "{}")


def test_what_differs_from_the_table() -> None:
    refused = refusal(53003, error="interaction_required", suberror=None, claims="{}", text="No.")
    assert (refused.error, refused.suberror, refused.claims, refused.text, refused.status) == (
        "interaction_required", "message_only", "{}", "No.", 400)  # fmt: skip
