"""MSAL Node, in all ways that Partner Center takes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from testbed.patience import PATIENCE
from tests.support.login.browser import CALLBACK
from tests.support.login.check import accepted
from tests.support.plain_api import BASE_SCOPE

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator

MODULES = Path(sys.prefix) / "node_modules"
SCRIPT = Path(__file__).parent / "msal_node" / "sign_in.cjs"


@pytest.fixture
def answers(emulator: Emulator, key_and_certificate: tuple[str, bytes]) -> dict[str, Any]:
    """What MSAL Node got with each proof."""
    node = shutil.which("node")
    assert node, "Node.js is missing; on Debian: apt-get install nodejs npm"
    assert MODULES.is_dir(), f"there is no MSAL Node in {MODULES}; 'make test-peers' installs it"
    key, certificate = key_and_certificate
    settings = {
        "NODE_PATH": str(MODULES),
        "NODE_EXTRA_CA_CERTS": str(emulator.ca_file),
        "AUTHORITY": f"https://localhost:{emulator.port}/{emulator.tenant_id}",
        "CLIENT_ID": emulator.client_id,
        "CLIENT_SECRET": emulator.client_secret,
        "PRIVATE_KEY": key,
        "CERTIFICATE": certificate.decode(),
        "THUMBPRINT": x509.load_pem_x509_certificate(certificate).fingerprint(SHA256()).hex(),
        "FEDERATED_TOKEN": emulator.federated_token(),
        "REFRESH_TOKEN": emulator.refresh_token,
        "SCOPE": f"{BASE_SCOPE}/.default",
        "CALLBACK": CALLBACK,
    }
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    result = subprocess.run(
        [node, str(SCRIPT)],
        check=False,
        env={**environment, **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_msal_node(emulator: Emulator, answers: dict[str, Any]) -> None:
    assert set(answers) == {"secret", "certificate", "federated"}
    for got in answers.values():
        accepted(emulator, got["appOnly"], "app-only")
        for name in ("user", "renewed", "elsewhere"):
            accepted(emulator, got[name], "app+user")
        assert got["renewed"] != got["user"]
        assert (got["cached"], got["username"], got["tenant"]) == (True, "agent@partner.example", emulator.tenant_id)
