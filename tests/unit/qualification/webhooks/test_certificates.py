from __future__ import annotations

from pathlib import Path

import certifi
import pytest
from cryptography.hazmat.primitives.hashes import SHA1, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.qualification.webhooks.certificates import (
    LONGEST_CERTIFICATE,
    read_roots,
    signing_certificate,
)
from airflow_provider_partnercenter.qualification.webhooks.refusal import ANSWER, WebhookRefusedError
from tests.support.webhooks.signing import DAY, NOW, authority, certificate, leaf, pem, root, roots, sign

ONLY_ROOT = (root(),)
WITH_INTERMEDIATE = (root(), authority())


def without_certificates(value):
    """Name a case. Certificates are made at random, and the processes of a parallel run must agree on the names."""
    return value if isinstance(value, str) else "given"


@pytest.mark.parametrize(
    ("fetched", "configured"),
    [
        pytest.param(leaf().public_bytes(Encoding.DER), WITH_INTERMEDIATE, id="DER, as .cer files mostly are"),
        pytest.param(pem(leaf()), WITH_INTERMEDIATE, id="PEM"),
        pytest.param(b"subject=CN\n" + pem(leaf(), authority()), ONLY_ROOT, id="PEM with the intermediate one"),
        pytest.param(pem(leaf(), authority(), root()), ONLY_ROOT, id="PEM with the root too"),
        pytest.param(pem(leaf(), root("Other"), authority()), ONLY_ROOT, id="PEM in another order"),
        pytest.param(pem(leaf()), (root("Other"), *WITH_INTERMEDIATE), id="several roots"),
        pytest.param(pem(leaf(host="*.microsoft.com")), WITH_INTERMEDIATE, id="for many hosts"),
        pytest.param(pem(leaf(purpose=None)), WITH_INTERMEDIATE, id="for any purpose"),
        pytest.param(pem(leaf(with_usage=False)), WITH_INTERMEDIATE, id="for any use"),
    ],
)
def test_a_chain_to_a_trusted_root_is_accepted(fetched, configured):
    signer = signing_certificate(fetched, roots(*configured), NOW)
    signer.verify(sign(b"body"), b"body", NOW)
    assert signer.subject == "O=Microsoft Corporation,CN=Dispatch"


@pytest.mark.parametrize(
    ("fetched", "configured", "reason"),
    [
        (pem(leaf(begins=-3 * DAY, ends=-1)), WITH_INTERMEDIATE, "not valid at"),
        (pem(leaf(begins=1)), WITH_INTERMEDIATE, "not valid at"),
        (pem(leaf(), authority(begins=-3 * DAY, ends=-1)), ONLY_ROOT, "not valid at"),
        (pem(leaf()), (root(ends=-1.0), authority()), "not valid at"),
        (pem(leaf()), ONLY_ROOT, "No valid chain"),
        (pem(leaf()), (root("Other"),), "No valid chain"),
        pytest.param(pem(leaf(), authority(), root()), (root("Other"),), "No valid chain", id="brings its own root"),
        pytest.param(pem(leaf("Dispatch")), WITH_INTERMEDIATE, "No valid chain", id="self-signed"),
        pytest.param(pem(leaf("Forger"), authority()), ONLY_ROOT, "No valid chain", id="another's signature"),
        pytest.param(
            pem(certificate("Dispatch", "Forger"), certificate("Forger", "Dispatch")),
            WITH_INTERMEDIATE,
            "No valid chain",
            id="a circle",
        ),
        pytest.param(
            pem(certificate("Below", "Dispatch"), leaf()), WITH_INTERMEDIATE, "cA must be", id="issued by no authority"
        ),
        pytest.param(pem(leaf(), authority(signs=False)), ONLY_ROOT, "keyCertSign", id="an authority that may not"),
        pytest.param(pem(authority()), ONLY_ROOT, "The certificate names no host", id="the authority itself"),
        (pem(leaf(host=None)), WITH_INTERMEDIATE, "The certificate names no host"),
        (pem(leaf(host="not a host")), WITH_INTERMEDIATE, "cannot be read"),
        pytest.param(
            leaf().public_bytes(Encoding.DER).replace(b"\x0c\x08Dispatch", b"\x00\x08Dispatch"),
            WITH_INTERMEDIATE,
            "cannot be read",
            id="a name that is no text",
        ),
        (pem(leaf(signs=False)), WITH_INTERMEDIATE, "not for signatures"),
        (pem(leaf(purpose=ExtendedKeyUsageOID.CODE_SIGNING)), WITH_INTERMEDIATE, "required EKU not found"),
        (pem(leaf(purpose=ExtendedKeyUsageOID.EMAIL_PROTECTION)), WITH_INTERMEDIATE, "required EKU not found"),
        (pem(leaf(kind="ec")), WITH_INTERMEDIATE, "no RSA key"),
        (pem(leaf(kind="rsa-1024")), WITH_INTERMEDIATE, "less than 2048 bits"),
        (b"", WITH_INTERMEDIATE, "neither PEM nor DER"),
        (b"<html>404</html>", WITH_INTERMEDIATE, "neither PEM nor DER"),
        (pem(leaf())[:-100], WITH_INTERMEDIATE, "neither PEM nor DER"),
        (pem(leaf(), authority())[:-100], WITH_INTERMEDIATE, "has no end"),
        (leaf().public_bytes(Encoding.DER)[:-1], WITH_INTERMEDIATE, "neither PEM nor DER"),
        (leaf().public_bytes(Encoding.DER) + b"\0", WITH_INTERMEDIATE, "neither PEM nor DER"),
        (pem(*[leaf()] * 7), WITH_INTERMEDIATE, "more than 6 certificates"),
        (pem(leaf()) + b"\n" * LONGEST_CERTIFICATE, WITH_INTERMEDIATE, "more than 65536 bytes"),
    ],
    ids=without_certificates,
)
def test_any_other_certificate_is_refused(fetched, configured, reason):
    with pytest.raises(WebhookRefusedError) as refused:
        signing_certificate(fetched, roots(*configured), NOW)
    assert reason in refused.value.reason
    assert str(refused.value) == ANSWER
    assert "\n" not in refused.value.reason


@pytest.mark.parametrize(
    "organization",
    [None, "Contoso", "Microsoft", "Microsoft Corporation Ltd", "microsoft corporation", "x,O=Microsoft Corporation"],
)
def test_only_microsoft_may_have_issued_it(organization):
    issuer = authority(organization=organization)
    with pytest.raises(WebhookRefusedError) as refused:
        signing_certificate(pem(leaf(issuer_organization=organization), issuer), roots(root()), NOW)
    assert "not by O=Microsoft Corporation" in refused.value.reason


def test_a_subject_of_microsoft_is_not_an_issuer_of_microsoft():
    issuer = authority(organization="Contoso")
    with pytest.raises(WebhookRefusedError) as refused:
        signing_certificate(
            pem(leaf(organization="Microsoft Corporation", issuer_organization="Contoso"), issuer), roots(root()), NOW
        )
    assert "not by O=Microsoft Corporation" in refused.value.reason


@pytest.mark.parametrize(
    ("signature", "body"),
    [
        pytest.param(sign(b"body"), b"bodY", id="another body"),
        pytest.param(sign(b"body"), b"body ", id="a longer body"),
        pytest.param(sign(b"body", "Forger"), b"body", id="another key"),
        pytest.param(sign(b"body", algorithm=SHA1()), b"body", id="SHA-1"),
        pytest.param(sign(b"body", algorithm=SHA384()), b"body", id="another hash"),
        pytest.param(sign(b"body")[:-1], b"body", id="truncated"),
        pytest.param(b"", b"body", id="empty"),
    ],
)
def test_a_signature_is_for_one_body_by_one_key(signature, body):
    signer = signing_certificate(pem(leaf()), roots(), NOW)
    with pytest.raises(WebhookRefusedError) as refused:
        signer.verify(signature, body, NOW)
    assert refused.value.reason == "The signature is not by the certificate of O=Microsoft Corporation,CN=Dispatch"


@pytest.mark.parametrize(
    ("changes", "issuers", "at"),
    [
        ({"ends": DAY}, {"ends": 10 * DAY}, DAY + 1),
        ({"ends": DAY}, {"ends": 0.5 * DAY}, 0.5 * DAY + 1),
        ({"begins": -DAY}, {}, -DAY - 1),
        ({"begins": -DAY}, {"begins": -0.5 * DAY}, -0.5 * DAY - 1),
    ],
)
def test_a_kept_certificate_is_not_used_longer_than_its_chain_is_valid(changes, issuers, at):
    signer = signing_certificate(pem(leaf(**changes), authority(**issuers)), roots(root()), NOW)
    signer.verify(sign(b"body"), b"body", NOW)
    with pytest.raises(WebhookRefusedError) as refused:
        signer.verify(sign(b"body"), b"body", NOW + at)
    assert "is valid from" in refused.value.reason


def test_roots_and_intermediate_certificates_are_told_apart():
    between = authority()
    read = read_roots(b"# Microsoft's\n" + pem(root(), between, root("Other")))
    assert (read.trusted, read.intermediates) == ((root(), root("Other")), (between,))


def test_the_public_roots_can_be_configured():
    read = read_roots(Path(certifi.where()).read_bytes())
    assert len(read.trusted) > 50
    with pytest.raises(WebhookRefusedError) as refused:
        signing_certificate(pem(leaf(), authority()), read, NOW)
    assert "No valid chain" in refused.value.reason


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "cannot be read"),
        (b"no certificate", "cannot be read"),
        (pem(root())[:-100], "cannot be read"),
        (pem(authority()), "contain no root certificate"),
    ],
    ids=without_certificates,
)
def test_roots_that_cannot_be_used_are_the_configurations_mistake(text, message):
    with pytest.raises(PartnerCenterConfigurationError, match=message):
        read_roots(text)
