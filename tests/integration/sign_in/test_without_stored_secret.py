"""Signing in without a stored secret: a token file or a managed identity, against the emulator."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterClientCredentialError,
    PartnerCenterConfigurationError,
)
from airflow_provider_partnercenter.client.settings import ClientSettings
from airflow_provider_partnercenter.client.sync import PartnerCenterClient
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from tests.support.login.azure_host import HEADER, azure_endpoint
from tests.support.plain_api import BASE_SCOPE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.server import Emulator
    from tests.support.login.azure_host import AzureEndpoint

CUSTOMER = ordinary_id(1)
IDENTITY = "44444444-4444-4444-8444-444444444444"


@pytest.fixture
def file(emulator: Emulator, tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(emulator.federated_token())
    return file


@pytest.fixture
def azure(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureEndpoint]:
    with azure_endpoint(emulator.federated_token) as endpoint:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{endpoint.address}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", HEADER)
        monkeypatch.delenv("IDENTITY_SERVER_THUMBPRINT", raising=False)
        yield endpoint


def settings(emulator: Emulator, **proof: Any) -> ClientSettings:
    return ClientSettings(
        credentials=Credentials(
            emulator.client_id,
            emulator.tenant_id,
            emulator.url,
            f"{BASE_SCOPE}/.default",
            connection="partner",
            **proof,
        ),
        base_url=emulator.url,
        ca_bundle=str(emulator.ca_file),
    )


def read(given: ClientSettings, asynchronous: bool) -> PartnerCenterClient | AsyncPartnerCenterClient:
    """Read a customer with one of the clients, and return it."""
    if not asynchronous:
        client = PartnerCenterClient(given)
        try:
            client.get_qualifications(CUSTOMER)
        finally:
            client.close()
        return client

    async def ask() -> AsyncPartnerCenterClient:
        async with AsyncPartnerCenterClient(given) as client:
            await client.get_qualifications(CUSTOMER)
            return client

    return asyncio.run(ask())


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("user", [False, True], ids=["App-only", "App+User"])
@pytest.mark.parametrize("way", ["file", "system", "user-assigned"])
def test_both_clients_sign_in(
    emulator: Emulator,
    file: Path,
    azure: AzureEndpoint,
    way: str,
    user: bool,
    asynchronous: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    proof: dict[str, Any] = {
        "file": {"federated_identity_file": str(file)},
        "system": {"managed_identity": "system"},
        "user-assigned": {"managed_identity": IDENTITY},
    }[way]
    if user:
        proof["refresh_token"] = emulator.refresh_token
    given = settings(emulator, **proof)
    with caplog.at_level(logging.DEBUG):
        client = read(given, asynchronous)
    assert emulator.journal(path="/v1/customers")[-1]["authorization"] == ("app+user" if user else "app-only")
    if way != "file":
        [asked] = azure.asked
        assert (asked.get("client_id"), asked["header"]) == (IDENTITY if way == "user-assigned" else None, HEADER)
    secrets = client.tokens.secrets
    assert len(secrets) == 2 + 2 * user + user
    shown = f"{given!r} {given.credentials!r} {given.credentials.proof!r} {caplog.text}"
    assert not [secret for secret in secrets if secret in shown]


def test_the_file_is_read_anew_at_each_sign_in(emulator: Emulator, file: Path) -> None:
    given = settings(emulator, federated_identity_file=str(file))
    client = PartnerCenterClient(given)
    first = client.tokens.get()
    file.write_text(emulator.federated_token(-1))
    # As long as the access token lives, nobody looks at the file.
    assert client.tokens.get() == first
    with pytest.raises(PartnerCenterAuthenticationError, match=r"AADSTS700024.*whose file must be renewed"):
        client.tokens.get(refused=first)
    file.write_text(emulator.federated_token())
    assert client.tokens.get(refused=first) not in ("", first)
    file.unlink()
    with pytest.raises(PartnerCenterConfigurationError, match=r"^Connection 'partner': The file .* does not exist"):
        client.tokens.get(refused=client.tokens.cached())
    client.close()


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"iss": "https://elsewhere.example"}, 700211),
        ({"aud": "https://kubernetes.default.svc"}, 700212),
        ({"sub": "system:serviceaccount:airflow:scheduler"}, 700213),
    ],
)
@pytest.mark.parametrize("user", [False, True], ids=["App-only", "App+User"])
def test_a_token_that_the_application_does_not_trust(
    emulator: Emulator, file: Path, claims: dict[str, Any], number: int, user: bool
) -> None:
    token = emulator.federated_token(**claims)
    file.write_text(token)
    given = settings(
        emulator, federated_identity_file=str(file), refresh_token=emulator.refresh_token if user else None
    )
    with pytest.raises(
        PartnerCenterClientCredentialError, match=f"AADSTS{number}.*federated identity credential"
    ) as caught:
        read(given, asynchronous=False)
    assert token not in str(caught.value)


def test_azure_refuses_the_identity(emulator: Emulator, azure: AzureEndpoint) -> None:
    azure.answer = (400, '{"statusCode": 400, "message": "No User Assigned or Delegated Managed Identity found"}')
    remedy = r"Managed Identity found.*assign the managed identity"
    with pytest.raises(PartnerCenterClientCredentialError, match=remedy):
        read(settings(emulator, managed_identity=IDENTITY), asynchronous=False)
    assert emulator.journal(path="/token") == []
