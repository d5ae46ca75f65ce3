"""How the application proves itself: one way of four, and what a connection with another number of them is told."""

from __future__ import annotations

import json

import pytest
from airflow.sdk import Connection

from airflow_provider_partnercenter.client.auth.proofs.certificate import ClientCertificate
from airflow_provider_partnercenter.client.auth.proofs.managed_identity import ManagedIdentity
from airflow_provider_partnercenter.client.auth.proofs.secret import ClientSecret
from airflow_provider_partnercenter.client.auth.proofs.token_file import TokenFile
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.hooks.connection import client_settings

SECRET = "a-secret"
KEY = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"
FILE = "/var/run/secrets/azure/tokens/azure-identity-token"
IDENTITY = "44444444-4444-4444-8444-444444444444"
PAIR = {"client_certificate_private_key": KEY, "client_certificate": CERTIFICATE}


def credentials(password=None, **extra):
    extra = {"tenant_id": "contoso.example", **extra}
    return client_settings(
        Connection(
            conn_id="partner", conn_type="partnercenter", login="app", password=password, extra=json.dumps(extra)
        )
    ).credentials


@pytest.mark.parametrize("refresh_token", [None, "0.refresh-token"])
@pytest.mark.parametrize(
    ("password", "extra", "proof"),
    [
        (SECRET, {}, ClientSecret(SECRET)),
        (SECRET, {"federated_identity_file": "", "managed_identity": None}, ClientSecret(SECRET)),
        (None, PAIR, ClientCertificate(KEY, CERTIFICATE)),
        (SECRET, PAIR, ClientCertificate(KEY, CERTIFICATE)),
        (None, {"federated_identity_file": f" {FILE}\n"}, TokenFile(FILE)),
        ("", {"federated_identity_file": "/run/a file"}, TokenFile("/run/a file")),
        (None, {"managed_identity": "system"}, ManagedIdentity("system", "api://AzureADTokenExchange")),
        (None, {"managed_identity": " System "}, ManagedIdentity("system", "api://AzureADTokenExchange")),
        (
            None,
            {"managed_identity": "system", "cloud": "china"},
            ManagedIdentity("system", "api://AzureADTokenExchangeChina"),
        ),
        (
            None,
            {"managed_identity": "system", "cloud": "us_government"},
            ManagedIdentity("system", "api://AzureADTokenExchangeUSGov"),
        ),
        (None, {"managed_identity": IDENTITY.upper()}, ManagedIdentity(IDENTITY, "api://AzureADTokenExchange")),
    ],
)
def test_one_way(password, extra, proof, refresh_token):
    found = credentials(password, **extra, refresh_token=refresh_token)
    assert found.proof == proof
    assert found.mode == ("App+User" if refresh_token else "App-only")
    assert not [secret for secret in (SECRET, "PRIVATE") if secret in repr(found) + repr(found.proof)]
    assert set(proof.secrets) <= set(found.secrets)


@pytest.mark.parametrize(
    ("password", "extra", "problem"),
    [
        (None, {}, "'password' is missing"),
        (SECRET, {"federated_identity_file": FILE}, "'federated_identity_file' is given, and so is 'password'"),
        (SECRET, {"managed_identity": "system"}, "'managed_identity' is given, and so is 'password'"),
        (None, {"managed_identity": "system", "federated_identity_file": FILE},
         "'managed_identity' is given, and so is 'federated_identity_file'"),
        (SECRET, {"managed_identity": "system", **PAIR},
         "'managed_identity' is given, and so is 'password' and 'client_certificate_private_key' and 'client_certif"),
        (None, {"federated_identity_file": "token"}, "'federated_identity_file' is not an absolute path"),
        (None, {"federated_identity_file": "$AZURE_FEDERATED_TOKEN_FILE"}, "is not an absolute path"),
        (None, {"federated_identity_file": 3}, "'federated_identity_file' must be a string, not int"),
        (None, {"managed_identity": True}, "'managed_identity' must be a string, not bool"),
        (None, {"managed_identity": "my-identity"}, "'managed_identity' has the invalid value 'my-identity'"),
    ],
)  # fmt: skip
def test_another_number_of_ways(password, extra, problem):
    with pytest.raises(PartnerCenterConfigurationError) as caught:
        credentials(password, **extra)
    text = str(caught.value)
    assert text.startswith("Connection 'partner': ")
    assert problem in text
    assert "What to do: give" in text
    assert SECRET not in text
