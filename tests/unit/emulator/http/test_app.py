"""The routes of the login service: a sign-in is a form, and nothing else."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from airflow_provider_partnercenter.emulator.settings import CLIENT_ID, TENANT_ID, Settings
from tests.support.asgi import InProcess

TOKEN_PATH = f"/{TENANT_ID}/oauth2/v2.0/token"
FORM = {
    "client_id": CLIENT_ID,
    "client_secret": Settings().client_secret,
    "grant_type": "client_credentials",
    "scope": "https://api.partnercenter.microsoft.com/.default",
}


def sign_in(content_type: str | None, form: dict[str, str]) -> tuple[int | None, dict[str, object]]:
    answer = InProcess().ask("POST", TOKEN_PATH, urlencode(form).encode(), headers={"content-type": content_type})
    return answer.status, answer.json()


@pytest.mark.parametrize("content_type", [None, "", "application/json", "text/plain", "multipart/form-data"])
def test_a_sign_in_that_is_not_declared_as_a_form_is_refused(content_type: str | None) -> None:
    status, answer = sign_in(content_type, FORM)
    assert (status, answer["error"], answer["error_codes"]) == (400, "invalid_request", [900144])
    assert "'grant_type'" in str(answer["error_description"])


def test_a_sign_in_without_a_grant_type_is_refused_like_one_that_is_no_form() -> None:
    form = {name: value for name, value in FORM.items() if name != "grant_type"}
    status, answer = sign_in("application/x-www-form-urlencoded", form)
    assert (status, answer["error"], answer["error_codes"]) == (400, "invalid_request", [900144])


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=utf-8"]
)
def test_a_sign_in_with_a_form_gets_a_token(content_type: str) -> None:
    status, answer = sign_in(content_type, FORM)
    assert (status, answer["token_type"]) == (200, "Bearer")
