"""The chains that webhooks are signed with, as a receiver sees them."""

from __future__ import annotations

import time

import pytest
import trustme
from cryptography import x509

from airflow_provider_partnercenter.emulator.webhooks.certificates import Certificates
from airflow_provider_partnercenter.emulator.webhooks.chains import CHAINS, GENUINE
from airflow_provider_partnercenter.qualification.webhooks.certificates import read_roots, signing_certificate
from airflow_provider_partnercenter.qualification.webhooks.refusal import WebhookRefusedError

BODY = b"{}"
# The keys take a while; each test may use them, because none changes them.
CERTIFICATES = Certificates()


def verified(name: str):
    return signing_certificate(CERTIFICATES.pem(name), read_roots(CERTIFICATES.root_pem), time.time())


def test_the_genuine_chain_is_accepted_and_its_signature_verified():
    certificate = verified(GENUINE)
    certificate.verify(CERTIFICATES.sign(GENUINE, BODY), BODY, time.time())
    with pytest.raises(WebhookRefusedError):
        certificate.verify(CERTIFICATES.sign("untrusted-root", BODY), BODY, time.time())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("expired", "not valid at validation time"),
        ("expired-authority", "not valid at validation time"),
        ("wrong-issuer", "was issued by O=Contoso Corporation"),
        ("untrusted-root", "No valid chain leads from"),
    ],
)
def test_the_others_are_refused_for_what_they_are_named(name, reason):
    with pytest.raises(WebhookRefusedError) as refusal:
        verified(name)
    assert reason in refusal.value.reason


def test_every_chain_was_tried():
    assert set(CHAINS) == {GENUINE, "expired", "expired-authority", "wrong-issuer", "untrusted-root"}


def test_a_chain_is_made_once():
    assert CERTIFICATES.pem(GENUINE) == CERTIFICATES.pem(GENUINE)
    assert CERTIFICATES.sign(GENUINE, BODY) == CERTIFICATES.sign(GENUINE, BODY)


def test_the_untrusted_root_has_the_name_of_the_trusted_one():
    def issuer_of_authority(name: str) -> x509.Name:
        return x509.load_pem_x509_certificates(CERTIFICATES.pem(name))[1].issuer

    assert issuer_of_authority("untrusted-root") == issuer_of_authority(GENUINE)


def test_another_root_has_other_chains():
    certificates = Certificates()
    before = certificates.pem(GENUINE)
    certificates.use(trustme.CA(organization_name="Contoso"))
    with pytest.raises(WebhookRefusedError):
        signing_certificate(before, read_roots(certificates.root_pem), time.time())
    signing_certificate(certificates.pem(GENUINE), read_roots(certificates.root_pem), time.time())
