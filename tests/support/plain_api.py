"""Plain HTTP to an emulator, for tests of the emulator itself and for looking behind what a client did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from airflow_provider_partnercenter.emulator import magic

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator

BASE_SCOPE = "https://api.partnercenter.microsoft.com"


def trusting_session(emulator: Emulator) -> requests.Session:
    """A session that trusts this emulator, whatever the environment says about proxies and certificates."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(emulator.ca_file)
    return session


class Api:
    """Plain HTTP to one emulator. Customers are named by id or by the name of a magic customer."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.session = trusting_session(emulator)
        self.token = self.user_token()

    def login(self, *, tenant: str | None = None, **form: str | None) -> requests.Response:
        """Ask for a token; a parameter that is ``None`` is left out."""
        fields = {"client_id": self.emulator.client_id, "client_secret": self.emulator.client_secret, **form}
        url = f"{self.emulator.url}/{tenant or self.emulator.tenant_id}/oauth2/v2.0/token"
        return self.session.post(url, data={name: value for name, value in fields.items() if value is not None})

    def app_token(self, resource: str = BASE_SCOPE) -> str:
        return self.login(grant_type="client_credentials", scope=f"{resource}/.default").json()["access_token"]

    def user_token(self, refresh_token: str | None = None) -> str:
        answer = self.login(
            grant_type="refresh_token",
            scope=f"{BASE_SCOPE}/user_impersonation offline_access",
            refresh_token=refresh_token or self.emulator.refresh_token,
        )
        return answer.json()["access_token"]

    def call(
        self, method: str, path: str, *, token: str | None = "", headers: dict[str, str] | None = None, **rest: Any
    ) -> requests.Response:
        """Call the API (``/customers``) or the control API (``/emulator/...``); the token is the user's by default."""
        token = self.token if token == "" else token
        headers = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        prefix = "" if path.startswith("/emulator") else "/v1"
        return self.session.request(method, f"{self.emulator.url}{prefix}{path}", headers=headers, **rest)

    def path(self, customer: str, tail: str = "qualifications") -> str:
        row = magic.BY_NAME.get(customer)
        return f"/customers/{row.customer_id if row else customer}/{tail}".rstrip("/")

    def read(self, customer: str, **rest: Any) -> requests.Response:
        return self.call("GET", self.path(customer), **rest)

    def submit(self, customer: str, document: Any = None, **rest: Any) -> requests.Response:
        """Request a qualification; Education for a K12 school by default."""
        document = {"qualification": "Education", "educationSegment": "K12"} if document is None else document
        return self.call("POST", self.path(customer), json=document, **rest)
