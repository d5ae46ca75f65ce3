"""Microsoft's side of a webhook: a chain of certificates, and what is signed with it."""

from __future__ import annotations

import base64
import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from airflow_provider_partnercenter.qualification.webhooks.certificates import read_roots

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm
    from cryptography.x509 import Certificate

    from airflow_provider_partnercenter.qualification.webhooks.certificates import Roots

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp()
URL = "https://3psostorageacct.blob.core.windows.net/cert/pcnotifications-dispatch.microsoft.com.cer"
MICROSOFT = "Microsoft Corporation"
DAY = 86_400.0


def key(owner: str, kind: str = "rsa-2048") -> Any:
    """Return the key of somebody, who keeps it."""
    return _kept(owner, kind)


@functools.cache
def _kept(owner: str, kind: str) -> Any:
    return ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, int(kind[4:]))


def name(owner: str, organization: str | None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, owner)]
    if organization is not None:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)


def certificate(
    owner: str,
    issuer: str,
    *,
    authority: bool = False,
    organization: str | None = MICROSOFT,
    issuer_organization: str | None = MICROSOFT,
    kind: str = "rsa-2048",
    issuer_kind: str = "rsa-2048",
    begins: float = -DAY,
    ends: float = DAY,
    host: str | None = "pcnotifications-dispatch.microsoft.com",
    purpose: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.SERVER_AUTH,
    signs: bool = True,
    with_usage: bool = True,
) -> Certificate:
    """
    Return a certificate.

    :param begins: seconds from :data:`NOW`, as for ``ends``.
    :param signs: whether its key may sign: certificates if it is an authority's, else anything.
    :param with_usage: whether it says what its key may do.
    """
    own, other = key(owner, kind), key(issuer, issuer_kind)
    start = datetime.fromtimestamp(NOW, UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(owner, organization))
        .issuer_name(name(issuer, issuer_organization))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start + timedelta(seconds=begins))
        .not_valid_after(start + timedelta(seconds=ends))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(other.public_key()), critical=False)
    )
    if with_usage:
        usage = x509.KeyUsage(
            digital_signature=signs and not authority,
            key_cert_sign=signs and authority,
            key_encipherment=not authority,
            crl_sign=authority,
            content_commitment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
    if not authority and purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if not authority and host is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(other, SHA256())


@functools.cache
def root(owner: str = "Root", organization: str = "DigiCert Inc", ends: float = 100 * DAY) -> Certificate:
    return certificate(
        owner, owner, authority=True, organization=organization, issuer_organization=organization, ends=ends
    )


def authority(issuer: str = "Root", **changes: Any) -> Certificate:
    """Return the intermediate certificate, with these changes."""
    ours: dict[str, Any] = {"authority": True, "issuer_organization": "DigiCert Inc", "ends": 10 * DAY, **changes}
    return certificate("Microsoft TLS CA", issuer, **ours)


def leaf(issuer: str = "Microsoft TLS CA", **changes: Any) -> Certificate:
    """Return the certificate that webhooks are signed with, with these changes."""
    return certificate("Dispatch", issuer, **changes)


def pem(*certificates: Certificate) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def roots(*certificates: Certificate) -> Roots:
    return read_roots(pem(*(certificates or (root(), authority()))))


def sign(body: bytes, owner: str = "Dispatch", algorithm: HashAlgorithm | None = None) -> bytes:
    signature: bytes = key(owner).sign(body, PKCS1v15(), algorithm or SHA256())
    return signature


def headers(signature: bytes, url: str = URL) -> list[tuple[str, str]]:
    """Return the headers of a webhook as in Microsoft's example."""
    return [
        ("Content-Type", "application/json"),
        ("Authorization", f"Signature {base64.b64encode(signature).decode()}"),
        ("X-MS-Certificate-Url", url),
        ("X-MS-Signature-Algorithm", "rsa-sha256"),
    ]
