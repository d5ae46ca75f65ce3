"""
The certificates that webhooks are signed with. A receiver fetches each with that of its issuer.

Keys are made when they are needed, because one for RSA takes up to a second.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from airflow_provider_partnercenter.emulator.webhooks.chains import CHAINS, HOST, MICROSOFT

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import (
        CertificateIssuerPrivateKeyTypes as IssuerKey,
    )

    from airflow_provider_partnercenter.emulator.webhooks.chains import ChainKind

    PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@dataclass(frozen=True, slots=True)
class _Chain:
    key: rsa.RSAPrivateKey
    pem: bytes


class Certificates:
    """
    All chains under one root. May be used by several threads.

    :param root: the root of all chains but the untrusted one; ``None`` makes one.
    """

    def __init__(self, root: trustme.CA | None = None) -> None:
        self._lock = threading.RLock()
        self.use(root or trustme.CA(organization_name="Partner Center emulator"))

    def use(self, root: trustme.CA) -> None:
        """Use another root from now on."""
        with self._lock:
            self._root = root
            self._chains: dict[str, _Chain] = {}

    @property
    def root_pem(self) -> bytes:
        """The root, as PEM."""
        return self._root.cert_pem.bytes()

    def pem(self, name: str) -> bytes:
        """
        Return a certificate and that of its issuer, as PEM.

        :param name: a name of :data:`.chains.CHAINS`.
        """
        return self._chain(name).pem

    def sign(self, name: str, data: bytes) -> bytes:
        """Return the signature of data by the key of a certificate."""
        return self._chain(name).key.sign(data, PKCS1v15(), SHA256())

    def _chain(self, name: str) -> _Chain:
        with self._lock:
            if name not in self._chains:
                kind = CHAINS[name]
                self._chains[name] = _make(kind, self._root if kind.trusted else _impostor(self._root))
            return self._chains[name]


def _impostor(root: trustme.CA) -> trustme.CA:
    """Return a root with another key, and as far as possible the same name."""
    subject = x509.load_pem_x509_certificate(root.cert_pem.bytes()).subject
    names = [
        next((str(each.value) for each in subject.get_attributes_for_oid(oid)), None)
        for oid in (NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
    ]
    return trustme.CA(organization_name=names[0], organization_unit_name=names[1])


def _make(kind: ChainKind, root: trustme.CA) -> _Chain:
    root_key: IssuerKey = load_pem_private_key(root.private_key_pem.bytes(), None)  # type: ignore[assignment]
    root_name = x509.load_pem_x509_certificate(root.cert_pem.bytes()).subject
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("Partner Center emulator webhooks", kind.organization)
    authority = (
        _builder(authority_name, authority_key.public_key(), root_name, root_key, kind.authority_ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .sign(root_key, SHA256())
    )
    key = rsa.generate_private_key(65537, 2048)
    certificate = (
        _builder(_name(HOST, MICROSOFT), key.public_key(), authority_name, authority_key, kind.ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(authority_key, SHA256())
    )
    return _Chain(key, certificate.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM))


def _name(common_name: str, organization: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        ]
    )


def _builder(
    subject: x509.Name, key: PublicKey, issuer: x509.Name, issuer_key: IssuerKey, days: int
) -> x509.CertificateBuilder:
    # Receivers compare with their own clocks, which show real time.
    ends = datetime.now(UTC) + timedelta(days=days)
    begins = min(ends, datetime.now(UTC)) - timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    """Return what a key may be used for: signatures, or else certificates."""
    return x509.KeyUsage(
        digital_signature=signs,
        key_encipherment=signs,
        key_cert_sign=not signs,
        crl_sign=not signs,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
