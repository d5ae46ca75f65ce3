"""
The certificates of the server and the root of those that webhooks are signed with, in one directory.

Both certificate authorities are made once and used again, because others are told to trust them. The server's own
certificate is made anew at each start, because its names may have changed.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import trustme
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CA_FILE, KEY_FILE, SERVER_FILE = "ca.pem", "ca-key.pem", "server.pem"
WEBHOOK_ROOT_FILE, WEBHOOK_ROOT_KEY_FILE = "webhook-root.pem", "webhook-root-key.pem"
OWNER = "Partner Center emulator"
"""The organization in the certificate of an authority that the emulator has made and may replace."""

RENEW_BEFORE = timedelta(days=30)


class _Files(NamedTuple):
    """The names of the files of an authority."""

    certificate: str
    key: str

    def unusable(self, problem: str) -> ValueError:
        """Return the error for files that cannot be used."""
        advice = f"Use another directory, or remove {self.certificate} and {self.key} to get a new authority"
        return ValueError(f"{problem}. {advice}")


_TLS = _Files(CA_FILE, KEY_FILE)
_WEBHOOKS = _Files(WEBHOOK_ROOT_FILE, WEBHOOK_ROOT_KEY_FILE)


def make_certificates(directory: Path, names: Sequence[str]) -> Path:
    """
    Issue a certificate for the server.

    :param directory: the directory of the certificate authority; if it has none, one is made.
    :param names: the host names and addresses of the server.
    :return: the path of the server's key and certificate, as PEM.
    :raises OSError: if a file cannot be read or written.
    :raises ValueError: if the directory has files of a certificate authority that cannot be used.
    """
    authority = _existing(directory, _TLS) or _new(directory, _TLS)
    certificate = authority.issue_cert(*names)
    path = directory / SERVER_FILE
    _write(path, certificate.private_key_and_cert_chain_pem.bytes(), 0o600)
    return path


def make_webhook_root(directory: Path) -> trustme.CA:
    """
    Return the root of the certificates that webhooks are signed with.

    :param directory: the directory of the root; if it has none, one is made.
    :raises OSError: if a file cannot be read or written.
    :raises ValueError: if the directory has files of a root that cannot be used.
    """
    return _existing(directory, _WEBHOOKS) or _new(directory, _WEBHOOKS)


def _existing(directory: Path, files: _Files) -> trustme.CA | None:
    """Return the authority in the directory; ``None`` if there is none, or one that the emulator may replace."""
    certificate_file, key_file = directory / files.certificate, directory / files.key
    certificate_pem, key_pem = _content(certificate_file), _content(key_file)
    if certificate_pem is None and key_pem is None:
        return None
    if certificate_pem is None:
        raise files.unusable(f"{directory} has no {files.certificate} for its {files.key}")
    certificate = _certificate(certificate_file, certificate_pem, files)
    owners = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    replaceable = [owner.value for owner in owners] == [OWNER]
    if key_pem is None:
        # Older versions of the emulator did not keep the key.
        if replaceable:
            return None
        raise files.unusable(f"{directory} has no {files.key} for its {files.certificate}")
    if _key(key_file, key_pem, files).public_key() != certificate.public_key():
        raise files.unusable(f"{files.certificate} and {files.key} in {directory} do not belong together")
    if certificate.not_valid_after_utc - RENEW_BEFORE > datetime.now(UTC):
        return trustme.CA.from_pem(certificate_pem, key_pem)
    if replaceable:
        return None
    raise files.unusable(f"{certificate_file}: the certificate has less than {RENEW_BEFORE.days} days left")


def _new(directory: Path, files: _Files) -> trustme.CA:
    authority = trustme.CA(organization_name=OWNER)
    # A certificate without its key can be replaced, a key without its certificate cannot.
    (directory / files.key).unlink(missing_ok=True)
    _write(directory / files.certificate, authority.cert_pem.bytes(), 0o644)
    _write(directory / files.key, authority.private_key_pem.bytes(), 0o600)
    return authority


def _certificate(file: Path, pem: bytes, files: _Files) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        # What the authority issues refers to its key by this identifier.
        certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except (ValueError, x509.ExtensionNotFound) as error:
        raise files.unusable(f"{file}: not the certificate of an authority: {error}") from error
    if not constraints.ca:
        raise files.unusable(f"{file}: not the certificate of an authority")
    return certificate


def _key(file: Path, pem: bytes, files: _Files) -> EllipticCurvePrivateKey | RSAPrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise files.unusable(f"{file}: not a private key without a password") from error
    if not isinstance(key, EllipticCurvePrivateKey | RSAPrivateKey):
        raise files.unusable(f"{file}: not a key for RSA or an elliptic curve")
    return key


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _write(file: Path, content: bytes, mode: int) -> None:
    """Replace a file in one step; nobody else can open a secret one, not even while it is written."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
        stream.write(content)
    new.replace(file)
