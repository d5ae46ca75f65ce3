"""
Whom the certificate belongs to that a webhook is signed with.

The chain is built and checked by `cryptography`, by its rules for the certificate of a TLS server, the only ones that
all supported versions have. Microsoft's certificate seems to be one: its file is named after a host. Which name is in
it is not documented, so any is accepted; what counts is who issued it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.client.wire import moment, printable
from airflow_provider_partnercenter.qualification.webhooks.refusal import WebhookRefusedError

#: Who must have issued the certificate, by Microsoft's page `partner-center-webhooks`.
ISSUER = "Microsoft Corporation"
#: The largest accepted certificate with its chain, in bytes.
LONGEST_CERTIFICATE = 65_536
# Chains have one or two intermediate certificates. The search for a chain tries all combinations: with ten certificates
# that claim to have issued each other it took cryptography 42 three seconds, with six a tenth of one.
_MOST_CERTIFICATES = 6
_MOST_INTERMEDIATES = 3
_LEAST_BITS = 2048
_LONGEST_SHOWN = 300

_PEM = b"-----BEGIN CERTIFICATE-----"
# What `cryptography` raises for bytes that are not a certificate, or one with parts that it does not accept. It reads
# extensions and names only when they are asked for; a KeyError comes from a name whose type of text it does not know.
_UNREADABLE = (
    KeyError,
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class Roots:
    """
    The certificates that a chain may be built from. Made by :func:`read_roots`.

    :param trusted: the roots, at one of which a chain must end.
    :param intermediates: certificates that may lie between, but are not trusted by themselves.
    """

    trusted: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """
    A verified certificate. Made by :func:`signing_certificate`.

    :param key: its RSA key.
    :param valid_from: since when its whole chain is valid, in seconds since the epoch.
    :param valid_until: until when, so that a kept certificate is not used longer.
    :param subject: whose it is, for the log.
    """

    key: RSAPublicKey = field(repr=False)
    valid_from: float
    valid_until: float
    subject: str

    def verify(self, signature: bytes, body: bytes, now: float) -> None:
        """
        Verify the signature of a body.

        :param now: the time, in seconds since the epoch.
        :raises WebhookRefusedError: if the signature is not this certificate's, or the certificate is not valid now.
        """
        if not self.valid_from <= now <= self.valid_until:
            raise WebhookRefusedError(
                f"The certificate of {self.subject} is valid from {moment(self.valid_from)} "
                f"until {moment(self.valid_until)}, not at {moment(now)}"
            )
        try:
            self.key.verify(signature, body, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise WebhookRefusedError(f"The signature is not by the certificate of {self.subject}") from None


def read_roots(pem: bytes) -> Roots:
    """
    Read the certificates that are trusted.

    :param pem: one or more PEM certificates. Those that are issued by themselves are trusted roots. Others only help to
        build a chain: Microsoft may offer its certificate without the intermediate one.
    :raises PartnerCenterConfigurationError: if the text cannot be read, or has no root.
    """
    try:
        certificates = x509.load_pem_x509_certificates(pem)
        trusted = tuple(each for each in certificates if each.issuer == each.subject)
        others = tuple(each for each in certificates if each.issuer != each.subject)
    except _UNREADABLE:
        raise PartnerCenterConfigurationError(
            "The trusted certificates for webhooks cannot be read", hint="give them as PEM certificates"
        ) from None
    if not trusted:
        raise PartnerCenterConfigurationError(
            "The trusted certificates for webhooks contain no root certificate",
            hint="add the root at which Microsoft's chain ends; an intermediate certificate is not trusted by itself",
        )
    return Roots(trusted, others)


def signing_certificate(fetched: bytes, roots: Roots, now: float) -> SigningCertificate:
    """
    Verify the certificate that webhooks are signed with.

    :param fetched: what was fetched from the address in ``X-MS-Certificate-Url``: one certificate in DER, or several in
        PEM, of which the first is the one that counts and the others may be its chain.
    :param roots: see :func:`read_roots`.
    :param now: the time, in seconds since the epoch.
    :return: the certificate. It can be kept until ``valid_until``.
    :raises WebhookRefusedError: if it cannot be read, no chain of valid certificates leads to a trusted root, it was
        not issued by Microsoft, or it is not for signatures by an RSA key of at least 2048 bits.
    """
    certificates = _read(fetched)
    leaf, between = certificates[0], [*certificates[1:], *roots.intermediates]
    try:
        subject, issuer = _shown(leaf.subject.rfc4514_string()), _shown(leaf.issuer.rfc4514_string())
        chain = _chain(leaf, between, roots.trusted, now)
        _check_issuer(leaf, issuer)
        _check_usage(leaf)
        key = _check_keys(chain)
    except VerificationError as problem:
        raise WebhookRefusedError(
            f"No valid chain leads from the certificate of {subject}, issued by {issuer}, to a trusted root "
            f"({_shown(str(problem))})"
        ) from None
    except _UNREADABLE as problem:
        raise WebhookRefusedError(f"The certificate cannot be read ({type(problem).__name__})") from None
    return SigningCertificate(
        key,
        max(each.not_valid_before_utc for each in chain).timestamp(),
        min(each.not_valid_after_utc for each in chain).timestamp(),
        subject,
    )


def _read(fetched: bytes) -> list[x509.Certificate]:
    if len(fetched) > LONGEST_CERTIFICATE:
        raise WebhookRefusedError(f"The certificate has more than {LONGEST_CERTIFICATE} bytes")
    begun = fetched.count(_PEM)
    if begun > _MOST_CERTIFICATES:
        raise WebhookRefusedError(f"There are more than {_MOST_CERTIFICATES} certificates")
    try:
        read = x509.load_pem_x509_certificates(fetched) if begun else [x509.load_der_x509_certificate(fetched)]
    except _UNREADABLE as problem:
        raise WebhookRefusedError(f"The certificate is neither PEM nor DER ({type(problem).__name__})") from None
    if begun > len(read):
        raise WebhookRefusedError("The last certificate has no end")
    return read


def _chain(
    leaf: x509.Certificate, between: list[x509.Certificate], trusted: tuple[x509.Certificate, ...], now: float
) -> list[x509.Certificate]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = names.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        hosts = []
    if not hosts:
        raise WebhookRefusedError("The certificate names no host")
    # The verifier wants to know which name to look for. "*" stands for any label.
    host = x509.DNSName(hosts[0].replace("*", "any"))
    policy = PolicyBuilder().store(Store(list(trusted))).time(datetime.fromtimestamp(now, UTC).replace(tzinfo=None))
    return policy.max_chain_depth(_MOST_INTERMEDIATES).build_server_verifier(host).verify(leaf, between)


def _check_issuer(leaf: x509.Certificate, issuer: str) -> None:
    # Attribute by attribute: a name of another kind may contain "O=Microsoft Corporation" as text.
    organizations = [each.value for each in leaf.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    if organizations != [ISSUER]:
        raise WebhookRefusedError(f"The certificate was issued by {issuer}, not by O={ISSUER}")


def _check_usage(leaf: x509.Certificate) -> None:
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:  # then the key may be used for anything
        return
    if not usage.digital_signature:
        raise WebhookRefusedError("The certificate is not for signatures")


def _check_keys(chain: list[x509.Certificate]) -> RSAPublicKey:
    keys = [each.public_key() for each in chain]
    if not isinstance(keys[0], RSAPublicKey):
        raise WebhookRefusedError("The certificate has no RSA key")
    if any(isinstance(key, RSAPublicKey) and key.key_size < _LEAST_BITS for key in keys):
        raise WebhookRefusedError(f"A key of the certificate's chain has less than {_LEAST_BITS} bits")
    return keys[0]


def _shown(text: str) -> str:
    return printable(text)[:_LONGEST_SHOWN]
