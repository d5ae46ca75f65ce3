"""A browser that signs a user in at the emulator, and stops where it is sent back to the application."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    import requests

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
