"""A browser that signs a user in at the emulator, and stops where it is sent back to the application."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt

from tests.support.plain_api import BASE_SCOPE

if TYPE_CHECKING:
    import requests

    from airflow_provider_partnercenter.emulator.server import Emulator
    from tests.support.plain_api import Api

CALLBACK = "http://localhost:53127"
"""A redirect URI at which nothing listens."""


def returned(session: requests.Session, address: str) -> dict[str, str]:
    """Open an authorization address; return what the application gets, in whatever way."""
    answer = session.get(address, allow_redirects=False)
    if answer.status_code == 302:
        back = urlsplit(answer.headers["Location"])
        assert f"{back.scheme}://{back.netloc}" == CALLBACK
        return dict(parse_qsl(back.query or back.fragment))
    assert answer.status_code == 200, answer.text
    assert f'action="{CALLBACK}"' in answer.text
    fields = re.findall(r'name="([^"]*)" value="([^"]*)"', answer.text)
    return {html.unescape(name): html.unescape(value) for name, value in fields}


SCOPE = f"{BASE_SCOPE}/user_impersonation offline_access openid profile"


class Browser:
    """Signs users in at one emulator, and redeems what it brings back."""

    def __init__(self, api: Api, emulator: Emulator | None = None) -> None:
        self.api, self.emulator, self.session = api, emulator or api.emulator, api.session

    def address(self, tenant: str | None = None, version: str = "v2.0/", **changes: str | None) -> str:
        query = {
            "client_id": self.emulator.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": SCOPE,
            "state": "a b&c",
            **changes,
        }
        wanted = urlencode({name: value for name, value in query.items() if value is not None})
        return f"{self.emulator.url}/{tenant or self.emulator.tenant_id}/oauth2/{version}authorize?{wanted}"

    def open(self, **changes: str | None) -> requests.Response:
        return self.session.get(self.address(**changes), allow_redirects=False)

    def members(self, **changes: Any) -> dict[str, str]:
        return returned(self.session, self.address(**changes))

    def redeem(self, code: str, **form: str | None) -> requests.Response:
        return self.api.login(**{"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **form})


def numbers(answer: requests.Response) -> list[int]:
    return answer.json().get("error_codes")


def claims(api: Api, token: str) -> dict[str, Any]:
    """The claims of a token, checked by the published key."""
    document = api.session.get(f"{api.emulator.url}/{api.emulator.tenant_id}/discovery/v2.0/keys").json()
    key = jwt.PyJWKSet.from_dict(document)[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})
