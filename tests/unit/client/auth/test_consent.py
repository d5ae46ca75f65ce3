from __future__ import annotations

import base64
import json

import pytest

from airflow_provider_partnercenter.client.auth.consent import Consented, says_mfa


def token(claims):
    body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return f"e30.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.c2ln"


@pytest.mark.parametrize(
    ("access_token", "mfa"),
    [
        (token({"amr": ["pwd", "mfa"]}), True),
        (token({"amr": ["pwd"]}), False),
        (token({"amr": []}), False),
        (token({"amr": "mfa"}), None),
        (token({}), None),
        (token([]), None),
        (token(b"\xff"), None),
        (token(b"no json"), None),
        (token(b"[" * 100_000), None),
        ("opaque", None),
        ("", None),
        ("a.b", None),
    ],
)
def test_what_a_token_says_about_mfa(access_token, mfa):
    assert says_mfa(access_token) is mfa


def test_the_token_is_not_shown():
    assert "hidden" not in repr(Consented("hidden", "agent@partner.example", True))
