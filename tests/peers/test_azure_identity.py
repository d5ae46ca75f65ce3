"""azure-identity with its defaults, in all ways that Partner Center takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    AuthorizationCodeCredential,
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    WorkloadIdentityCredential,
)

from airflow_provider_partnercenter.emulator.settings import Settings
from tests.support.login.browser import CALLBACK, returned
from tests.support.login.check import accepted
from tests.support.login.entra import AUTHORITY, entra
from tests.support.plain_api import BASE_SCOPE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.server import Emulator

SCOPE = f"{BASE_SCOPE}/.default"


@pytest.mark.parametrize("tenant", ["11111111-1111-4111-8111-111111111111", "partner.example"])
def test_a_secret(emulator: Emulator, tenant: str) -> None:
    credential = ClientSecretCredential(tenant, emulator.client_id, emulator.client_secret)
    accepted(emulator, credential.get_token(SCOPE).token, "app-only")


def test_a_certificate(emulator: Emulator, key_and_certificate: tuple[str, bytes]) -> None:
    key, certificate = key_and_certificate
    pem = key.encode() + certificate
    for chain in (False, True):
        credential = CertificateCredential(
            emulator.tenant_id, emulator.client_id, certificate_data=pem, send_certificate_chain=chain
        )
        accepted(emulator, credential.get_token(SCOPE).token, "app-only")


def test_the_token_of_another_issuer(emulator: Emulator) -> None:
    credential = ClientAssertionCredential(emulator.tenant_id, emulator.client_id, emulator.federated_token)
    accepted(emulator, credential.get_token(SCOPE).token, "app-only")


def test_a_token_file(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(emulator.federated_token())
    credential = WorkloadIdentityCredential(
        tenant_id=emulator.tenant_id, client_id=emulator.client_id, token_file_path=str(file)
    )
    accepted(emulator, credential.get_token(SCOPE).token, "app-only")


@pytest.fixture
def hasty() -> Iterator[Emulator]:
    """An emulator whose tokens are renewed at each use, because their answers say that they have expired already."""
    with entra(Settings(token_lifetime=0, token_usable=3600)) as emulator:
        yield emulator


def test_an_authorization_code_and_its_refresh_token(hasty: Emulator) -> None:
    emulator = hasty
    query = {
        "client_id": emulator.client_id, "response_type": "code", "redirect_uri": CALLBACK,
        "scope": f"{SCOPE} offline_access openid profile",
    }  # fmt: skip
    url = requests.Request("GET", f"{AUTHORITY}/{emulator.tenant_id}/oauth2/v2.0/authorize", params=query).prepare().url
    code = returned(requests.Session(), str(url))["code"]
    credential = AuthorizationCodeCredential(
        emulator.tenant_id, emulator.client_id, code, CALLBACK, client_secret=emulator.client_secret
    )
    accepted(emulator, credential.get_token(SCOPE).token, "app+user")
    accepted(emulator, credential.get_token(SCOPE).token, "app+user")
    assert [record["grant_type"] for record in emulator.journal(path="/token")] == [
        "authorization_code", "refresh_token"]  # fmt: skip


def test_a_wrong_secret(emulator: Emulator) -> None:
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        ClientSecretCredential(emulator.tenant_id, emulator.client_id, "wrong").get_token(SCOPE)
