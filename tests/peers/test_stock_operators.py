"""Hooks of stock providers, by the connections that ``partnercenter-emulator --print-env`` prints."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from airflow.providers.http.hooks.http import HttpHook
from airflow.providers.microsoft.azure.hooks.msgraph import KiotaRequestAdapterHook

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.connections import SCOPE
from airflow_provider_partnercenter.emulator.server import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

QUALIFICATIONS = f"customers/{magic.customer_id('approved-at-once')}/qualifications"


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator() as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        yield emulator


def test_http(emulator: Emulator) -> None:
    signing_in = {
        "grant_type": "client_credentials",
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "scope": SCOPE,
    }
    answer = HttpHook("POST", "partnercenter_http").run(f"{emulator.tenant_id}/oauth2/v2.0/token", data=signing_in)
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert HttpHook("GET", "partnercenter_http").run(f"v1/{QUALIFICATIONS}", headers=bearer).json() == []


def test_msgraph(emulator: Emulator) -> None:
    hook = KiotaRequestAdapterHook("partnercenter_msgraph")
    assert asyncio.run(hook.run(QUALIFICATIONS)) == []
    assert [each["method"] for each in emulator.journal(path="/qualifications")] == ["GET"]
