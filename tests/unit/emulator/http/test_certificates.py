"""Where the certificates come from: the certificate authority outlives the emulator, the rest is made anew."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from airflow_provider_partnercenter.emulator.http.certificates import (
    CA_FILE,
    KEY_FILE,
    OWNER,
    WEBHOOK_ROOT_FILE,
    WEBHOOK_ROOT_KEY_FILE,
    make_certificates,
    make_webhook_root,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes as Key


def authority(
    directory: Path, *, owner: str = OWNER, days: float = 3650, ca: bool = True, key: Key | None = None
) -> bytes:
    """Write a certificate authority into the directory, and return its certificate."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, owner)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=900))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (directory / CA_FILE).write_bytes(certificate)
    (directory / KEY_FILE).write_bytes(private)
    return certificate


def contents(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def served(directory: Path) -> x509.Certificate:
    """The server's certificate, which is issued by the authority in the directory."""
    certificate = x509.load_pem_x509_certificate(make_certificates(directory, ("a.example", "10.0.0.1")).read_bytes())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate((directory / CA_FILE).read_bytes()))
    return certificate


def test_the_authority_is_used_again(tmp_path: Path) -> None:
    first = served(tmp_path)
    before = contents(tmp_path)
    second = served(tmp_path)
    after = contents(tmp_path)
    assert (before[CA_FILE], before[KEY_FILE]) == (after[CA_FILE], after[KEY_FILE])
    assert first.public_key() != second.public_key()
    names = second.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example"]
    assert list(map(str, names.get_values_for_type(x509.IPAddress))) == ["10.0.0.1"]
    assert set(after) == {CA_FILE, KEY_FILE, "server.pem"}
    for name in (KEY_FILE, "server.pem"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert b"PRIVATE" not in after[CA_FILE]


def test_an_authority_of_ones_own_is_used(tmp_path: Path) -> None:
    own = authority(tmp_path, owner="Contoso")
    served(tmp_path)
    assert (tmp_path / CA_FILE).read_bytes() == own


@pytest.mark.parametrize("days", [-1, 0.1, 20])
def test_an_authority_that_expires_soon_is_renewed(tmp_path: Path, days: float) -> None:
    old = authority(tmp_path, days=days)
    served(tmp_path)
    renewed = (tmp_path / CA_FILE).read_bytes()
    assert renewed != old
    served(tmp_path)
    assert (tmp_path / CA_FILE).read_bytes() == renewed
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_the_authority_of_an_older_emulator_has_no_key_and_is_replaced(tmp_path: Path) -> None:
    old = authority(tmp_path)
    (tmp_path / KEY_FILE).unlink()
    served(tmp_path)
    assert (tmp_path / CA_FILE).read_bytes() != old


REFUSED = {
    "another key": "do not belong together",
    "no key": "has no ca-key.pem",
    "no certificate": "has no ca.pem",
    "no PEM as key": "ca-key.pem: ",
    "no PEM as certificate": "ca.pem: ",
    "an encrypted key": "ca-key.pem: ",
    "a key of another kind": "ca-key.pem: ",
    "no authority": "ca.pem: ",
    "about to expire": "ca.pem: ",
}


def spoil(directory: Path, how: str) -> None:
    authority(directory, owner="Contoso", days=20 if how == "about to expire" else 365, ca=how != "no authority",
              key=ed25519.Ed25519PrivateKey.generate() if how == "a key of another kind" else None)  # fmt: skip
    certificate, key = directory / CA_FILE, directory / KEY_FILE
    if how == "another key":
        mine = certificate.read_bytes()
        authority(directory)
        certificate.write_bytes(mine)
    elif how == "no key":
        key.unlink()
    elif how == "no certificate":
        certificate.unlink()
    elif how == "no PEM as key":
        key.write_bytes(b"nonsense")
    elif how == "no PEM as certificate":
        certificate.write_bytes(b"\xff\x00")
    elif how == "an encrypted key":
        key.write_bytes(
            ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b"secret"),
            )
        )


@pytest.mark.parametrize("how", REFUSED)
def test_files_that_are_no_authority_are_refused_and_kept(tmp_path: Path, how: str) -> None:
    spoil(tmp_path, how)
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=REFUSED[how]) as caught:
        make_certificates(tmp_path, ("localhost",))
    assert str(tmp_path) in str(caught.value)
    assert "remove" in str(caught.value)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", [CA_FILE, KEY_FILE])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    authority(tmp_path)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(OSError, match="directory") as caught:
        make_certificates(tmp_path, ("localhost",))
    assert caught.value.filename == str(tmp_path / name)


def test_the_root_of_webhooks_is_another_one_and_used_again(tmp_path: Path) -> None:
    served(tmp_path)
    first = make_webhook_root(tmp_path).cert_pem.bytes()
    before = contents(tmp_path)
    assert make_webhook_root(tmp_path).cert_pem.bytes() == first == before[WEBHOOK_ROOT_FILE] != before[CA_FILE]
    assert contents(tmp_path) == before
    assert stat.S_IMODE((tmp_path / WEBHOOK_ROOT_KEY_FILE).stat().st_mode) == 0o600
    assert b"PRIVATE" not in first


def test_a_root_of_webhooks_that_cannot_be_used_names_its_files(tmp_path: Path) -> None:
    (tmp_path / WEBHOOK_ROOT_FILE).write_bytes(authority(tmp_path, owner="Contoso"))
    with pytest.raises(ValueError, match=f"has no {WEBHOOK_ROOT_KEY_FILE} for its {WEBHOOK_ROOT_FILE}. Use another"):
        make_webhook_root(tmp_path)
