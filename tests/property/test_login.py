"""Whatever the login service answers, through the real MSAL: a token that fits a header, or an error of ours."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import requests
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.auth.login import error_from_token_answer
from airflow_provider_partnercenter.client.auth.tokens import TokenSource
from airflow_provider_partnercenter.client.protocol.arguments import fits_header
from tests.support import generated
from tests.support.generated import TALLY, examples
from tests.support.invariants import attempt, check_error

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.protocol.commands import Response

LOGIN = "https://login.example.test"
SECRET, REFRESH_TOKEN = "the-secret-of-these-tests", "the-refresh-token-of-these-tests"
DISCOVERY = (
    f'{{"token_endpoint": "{LOGIN}/t/token", "authorization_endpoint": "{LOGIN}/t/authorize", "issuer": "{LOGIN}/t"}}'
)


def spoken(response: Response) -> requests.Response:
    answer = requests.Response()
    answer.status_code = response.status
    answer.headers.update(response.headers)
    answer.reason = response.reason
    answer.raw = io.BytesIO(response.body)
    answer.url = LOGIN
    return answer


class Login:
    """Stands in for the transport; ``discovery`` is the answer to the question for the tenant, ``token`` the other."""

    def __init__(self, token: Response, discovery: Response | None = None) -> None:
        self.token, self.discovery = token, discovery
        self.asked = 0

    def get(self, url: str, **options: Any) -> requests.Response:
        self.asked += 1
        if self.discovery:
            return spoken(self.discovery)
        answer = requests.Response()
        answer.status_code, answer.raw = 200, io.BytesIO(DISCOVERY.encode())
        return answer

    def post(self, url: str, **options: Any) -> requests.Response:
        self.asked += 1
        return spoken(self.token)

    def close(self) -> None:
        pass


answers = generated.responses(generated.tokens, statuses=st.sampled_from([200] * 6 + [400, 400, 401, 302, 429, 500]))


def check_sign_in(login: Login, *, app_only: bool) -> None:
    who = Credentials("app", "t", LOGIN, "scope/.default", SECRET, refresh_token=None if app_only else REFRESH_TOKEN)
    source = TokenSource(who, login)
    for _ in range(2):
        token, error = attempt(source.get)
        if error is None:
            assert fits_header(token)
        else:
            check_error(error)
            assert SECRET not in str(error)
            assert REFRESH_TOKEN not in str(error)
    assert login.asked <= 4


@examples(1000)
@given(answers, st.booleans())
def test_tokens(answer: Response, app_only: bool) -> None:
    TALLY["token answers"] += 1
    check_sign_in(Login(answer), app_only=app_only)


@examples(300)
@given(answers)
def test_discovery(answer: Response) -> None:
    TALLY["token answers"] += 1
    check_sign_in(Login(answer, discovery=answer), app_only=True)


@examples(500)
@given(st.dictionaries(generated.names, generated.documents, max_size=4) | generated.tokens)
def test_refusals(answer: dict[str, Any]) -> None:
    TALLY["token answers"] += 1
    check_error(error_from_token_answer(answer, "App-only"))
