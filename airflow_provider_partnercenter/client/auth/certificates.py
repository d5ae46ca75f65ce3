"""Read PEM texts, with key and certificates in one text or two and in any order, into the form that MSAL needs."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError

if TYPE_CHECKING:
    from datetime import datetime

KEY_FIELD = "client_certificate_private_key"
CERTIFICATE_FIELD = "client_certificate"

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
# Escapes of line breaks and slashes, whitespace and invisible characters.
_NO_BASE64 = re.compile(r"\\+[nrt]?|[\s\u00ad\u200b-\u200f\u2060\ufeff]")
_HINT = (
    "give the PEM text of the certificate and of the private key that belongs to it, each from -----BEGIN to END-----"
)


def has_private_key(pem: str | None) -> bool:
    """Return whether a text contains a private key, readable or not."""
    return any(label.endswith("PRIVATE KEY") for label, _ in _BLOCK.findall(pem or ""))


def has_certificate(pem: str | None) -> bool:
    """Return whether a text contains a certificate, readable or not."""
    return any(label.endswith("CERTIFICATE") for label, _ in _BLOCK.findall(pem or ""))


def read_pair(private_key: str | None, certificate: str | None) -> tuple[str, str]:
    """
    Find the private key and its certificate in the two fields of a connection.

    :param private_key: PEM of the key; it may contain the certificates too, and may then be the only field.
    :param certificate: PEM of the certificates; it may contain the key too, and may then be the only field.
    :return: PEM of the key alone, and PEM of the certificates, from that of the key up to the root.
    :raises PartnerCenterConfigurationError: if a field cannot be used; the message names it.
    """
    found = _BLOCK.findall(f"{private_key or ''}\n{certificate or ''}")
    blocks = [(label, _rewritten(label, body)) for label, body in found]
    keys = list(dict.fromkeys(pem for label, pem in blocks if label.endswith("PRIVATE KEY")))
    certificates = list(dict.fromkeys(pem for label, pem in blocks if label.endswith("CERTIFICATE")))
    key_field = KEY_FIELD if private_key else CERTIFICATE_FIELD
    certificate_field = CERTIFICATE_FIELD if certificate else KEY_FIELD
    if len(keys) > 1:
        raise _refuse(key_field, "contains more than one private key")
    key = _load_key(keys[0] if keys else "", key_field)
    public = {pem: _key_of(pem, certificate_field) for pem in certificates}
    leaf = next((pem for pem in certificates if public[pem] == _public(key)), None)
    if not certificates:
        raise _refuse(certificate_field, "is not a PEM certificate")
    if leaf is None:
        raise _refuse(key_field, f"contains a private key that does not match any certificate in '{certificate_field}'")
    _check_kind(key, key_field)
    return keys[0], "".join(_chain(leaf, certificates))


def client_credential(private_key: str | None, certificate: str | None) -> dict[str, str]:
    """
    Return the credential of an application in the form that MSAL needs.

    From version 1.35 on, MSAL computes the thumbprint itself, but then sends only the first certificate of a chain. A
    tenant that trusts the application by its issuer needs the whole chain, and MSAL sends it if it is given the
    thumbprint.

    :raises PartnerCenterConfigurationError: if a field cannot be used; the message names it.
    """
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.x509 import load_pem_x509_certificates
    from msal import __version__ as msal_version

    key, chain = read_pair(private_key, certificate)
    credential = {"private_key": key, "public_certificate": chain}
    certificates = load_pem_x509_certificates(chain.encode())
    if len(certificates) > 1 or tuple(int(part) for part in msal_version.split(".")[:2]) < (1, 35):
        # SHA-1 is only used to identify the certificate; nothing is signed with it.
        credential["thumbprint"] = certificates[0].fingerprint(SHA1()).hex()
    return credential


def expires_at(private_key: str | None, certificate: str | None) -> datetime:
    """
    Return when the certificate of the private key expires, in UTC.

    :raises PartnerCenterConfigurationError: if a field cannot be used; the message names it.
    """
    from cryptography.x509 import load_pem_x509_certificate

    _, chain = read_pair(private_key, certificate)
    # It reads the first one.
    return load_pem_x509_certificate(chain.encode()).not_valid_after_utc


def _rewritten(label: str, body: str) -> str:
    """Restore the line breaks of a block, which may be missing or written as one or more backslashes and an n."""
    lines = textwrap.wrap(_NO_BASE64.sub("", body), 64)
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def _load_key(pem: str, field: str) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise _refuse(field, "is not an unencrypted PEM private key") from problem


def _check_kind(key: Any, field: str) -> None:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if not isinstance(key, RSAPrivateKey):
        raise _refuse(field, "is not an RSA key, the only kind that Microsoft accepts")


def _chain(leaf: str, certificates: list[str]) -> list[str]:
    """Put a certificate first, its issuer's next, and so on. Certificates outside this chain come last."""
    from cryptography.x509 import load_pem_x509_certificate

    left = {pem: load_pem_x509_certificate(pem.encode()) for pem in certificates}
    chain, issuer = [leaf], left.pop(leaf).issuer
    while following := next((pem for pem, certificate in left.items() if certificate.subject == issuer), None):
        chain.append(following)
        issuer = left.pop(following).issuer
    return [*chain, *left]


def _key_of(pem: str, field: str) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import load_pem_x509_certificate

    try:
        return _public(load_pem_x509_certificate(pem.encode()))
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise _refuse(field, "is not a PEM certificate") from problem


def _public(holder: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return bytes(holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _refuse(field: str, what: str) -> PartnerCenterConfigurationError:
    return PartnerCenterConfigurationError(f"'{field}' of the connection {what}", hint=_HINT)
