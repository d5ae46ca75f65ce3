"""A login service that answers from a script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Callable


class Login:
    """An HTTP client that plays the login service: statuses to give at the token endpoint, and when it was asked."""

    def __init__(self, clock: Callable[[], float], *statuses: int, discovery: int = 200, **headers: str) -> None:
        self.clock, self.statuses, self.discovery, self.headers = clock, [*statuses], discovery, headers
        self.asked: list[float] = []

    def get(self, url: str, **options: Any) -> requests.Response:
        base = "https://login.example.test/tenant"
        return respond(
            self.discovery,
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"{base}/v2.0",
            },
            **(self.headers if self.discovery != 200 else {}),
        )

    def post(self, url: str, **options: Any) -> requests.Response:
        self.asked.append(self.clock())
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            return respond(200, {"access_token": f"t-{len(self.asked)}", "expires_in": 3600})
        return respond(status, {"error": "temporarily_unavailable"}, **self.headers)

    def close(self) -> None:
        pass


def respond(status: int, document: object, **headers: str) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer._content = json.dumps(document).encode()
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer
