"""
The certificates of the server, in one directory.

The certificate authority is made once and used again, because clients are told to trust it. The server's own
certificate is made anew at each start, because its names may have changed.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

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
OWNER = "Partner Center emulator"
"""The organization in the certificate of an authority that the emulator has made and may replace."""

RENEW_BEFORE = timedelta(days=30)


def make_certificates(directory: Path, names: Sequence[str]) -> Path:
    """
    Issue a certificate for the server.

    :param directory: the directory of the certificate authority; if it has none, one is made.
    :param names: the host names and addresses of the server.
    :return: the path of the server's key and certificate, as PEM.
    :raises OSError: if a file cannot be read or written.
    :raises ValueError: if the directory has files of a certificate authority that cannot be used.
    """
    authority = _existing(directory) or _new(directory)
    certificate = authority.issue_cert(*names)
    path = directory / SERVER_FILE
    _write(path, certificate.private_key_and_cert_chain_pem.bytes(), 0o600)
    return path


def _existing(directory: Path) -> trustme.CA | None:
    """Return the authority in the directory; ``None`` if there is none, or one that the emulator may replace."""
    certificate_file, key_file = directory / CA_FILE, directory / KEY_FILE
    certificate_pem, key_pem = _content(certificate_file), _content(key_file)
    if certificate_pem is None and key_pem is None:
        return None
    if certificate_pem is None:
        raise _unusable(f"{directory} has no {CA_FILE} for its {KEY_FILE}")
    certificate = _certificate(certificate_file, certificate_pem)
    owners = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    replaceable = [owner.value for owner in owners] == [OWNER]
    if key_pem is None:
        # Older versions of the emulator did not keep the key.
        if replaceable:
            return None
        raise _unusable(f"{directory} has no {KEY_FILE} for its {CA_FILE}")
    if _key(key_file, key_pem).public_key() != certificate.public_key():
        raise _unusable(f"{CA_FILE} and {KEY_FILE} in {directory} do not belong together")
    if certificate.not_valid_after_utc - RENEW_BEFORE > datetime.now(UTC):
        return trustme.CA.from_pem(certificate_pem, key_pem)
    if replaceable:
        return None
    raise _unusable(f"{certificate_file}: the certificate has less than {RENEW_BEFORE.days} days left")


def _new(directory: Path) -> trustme.CA:
    authority = trustme.CA(organization_name=OWNER)
    # A certificate without its key can be replaced, a key without its certificate cannot.
    (directory / KEY_FILE).unlink(missing_ok=True)
    _write(directory / CA_FILE, authority.cert_pem.bytes(), 0o644)
    _write(directory / KEY_FILE, authority.private_key_pem.bytes(), 0o600)
    return authority


def _certificate(file: Path, pem: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        # What the authority issues refers to its key by this identifier.
        certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except (ValueError, x509.ExtensionNotFound) as error:
        raise _unusable(f"{file}: not the certificate of an authority: {error}") from error
    if not constraints.ca:
        raise _unusable(f"{file}: not the certificate of an authority")
    return certificate


def _key(file: Path, pem: bytes) -> EllipticCurvePrivateKey | RSAPrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(f"{file}: not a private key without a password") from error
    if not isinstance(key, EllipticCurvePrivateKey | RSAPrivateKey):
        raise _unusable(f"{file}: not a key for RSA or an elliptic curve")
    return key


def _unusable(problem: str) -> ValueError:
    return ValueError(f"{problem}. Use another directory, or remove {CA_FILE} and {KEY_FILE} to get a new authority")


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
