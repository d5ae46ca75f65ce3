"""Under which address a server says that it can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.http.tls_server import Server, certified_names

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that is never asked."""


@pytest.mark.parametrize(
    ("host", "names", "url"),
    [
        ("127.0.0.1", (), "https://localhost:8443"),
        ("0.0.0.0", (), "https://localhost:8443"),
        ("::", (), "https://localhost:8443"),
        ("10.0.0.1", (), "https://10.0.0.1:8443"),
        ("fe80::1", (), "https://[fe80::1]:8443"),
        ("0.0.0.0", ("partnercenter", "10.0.0.1"), "https://partnercenter:8443"),
        ("127.0.0.1", ("2001:db8::1",), "https://[2001:db8::1]:8443"),
    ],
)
def test_the_first_name_is_in_the_url(host: str, names: tuple[str, ...], url: str) -> None:
    assert Server(nothing, host, 8443, None, names).url == url


@pytest.mark.parametrize(
    ("host", "names", "expected"),
    [
        ("127.0.0.1", (), ["localhost", "127.0.0.1", "::1"]),
        ("0.0.0.0", ("partnercenter",), ["localhost", "127.0.0.1", "::1", "partnercenter"]),
        ("10.0.0.1", ("localhost", "a.example"), ["localhost", "127.0.0.1", "::1", "10.0.0.1", "a.example"]),
    ],
)
def test_the_names_in_the_certificate(host: str, names: tuple[str, ...], expected: list[str]) -> None:
    assert certified_names(host, names) == expected


@pytest.mark.parametrize(
    "name", ["", "a b", "partnercenter:8443", "https://a", "my_service", "*.example", "-a", "a..b"]
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be a host name or an IP address"):
        Server(nothing, "127.0.0.1", 0, None, (name,))
