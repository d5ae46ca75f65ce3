"""What a request asks for, and the scopes that its answer names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.errors import LoginRefusedError
from airflow_provider_partnercenter.emulator.login.scopes import (
    AUDIENCES,
    FOREIGN_AUDIENCES,
    for_application,
    for_resource,
    for_user,
    of_openid,
)

if TYPE_CHECKING:
    from collections.abc import Callable

API, CHINA = AUDIENCES
GRAPH = FOREIGN_AUDIENCES[1]


@pytest.mark.parametrize(
    ("scope", "audience", "granted"),
    [
        (f"{API}/user_impersonation", API, f"{API}/user_impersonation"),
        (f"{API}/.default", API, f"{API}/user_impersonation {API}/.default"),
        (f"openid {CHINA}/.default offline_access", CHINA, f"{CHINA}/user_impersonation {CHINA}/.default openid"),
        ("email openid", GRAPH, "email openid"),
        ("offline_access", GRAPH, ""),
    ],
)
def test_a_user(scope: str, audience: str, granted: str) -> None:
    asked = for_user(scope)
    assert (asked.audience, asked.granted) == (audience, granted)
    assert asked.wants("openid") == ("openid" in scope)


@pytest.mark.parametrize(
    ("read", "scope", "number"),
    [
        (for_user, "", 70011),
        (for_user, f"{API}/.default {GRAPH}/.default", 70011),
        (for_user, f"{API}/.default {API}/user_impersonation", 70011),
        (for_user, f"{API}/everything", 70011),
        (for_user, "https://example.org/.default", 70011),
        (for_application, "openid", 70011),
        (for_application, f"{API}/user_impersonation", 1002012),
        (for_application, "https://example.org/.default", 70011),
        (for_resource, "https://example.org", 500011),
    ],
)
def test_what_is_refused(read: Callable[[str], object], scope: str, number: int) -> None:
    with pytest.raises(LoginRefusedError) as caught:
        read(scope)
    assert caught.value.number == number


def test_v1() -> None:
    asked = for_resource(f"{API}/", "openid")
    assert (asked.audience, asked.wants("openid")) == (API, True)
    assert of_openid(asked.text) == "openid"
