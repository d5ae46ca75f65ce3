"""Why a certificate is refused, and the remedy for each reason."""

from __future__ import annotations

import ssl

import pytest

from airflow_provider_partnercenter.client.transport.certificates import CA_HINT, refused_certificate
from airflow_provider_partnercenter.client.transport.tls_and_proxy import Proxy, Route

ROUTE = Route("https://api.example.test/v1/customers")


def refusal(code, message):
    problem = ssl.SSLCertVerificationError(1, "certificate verify failed")
    problem.verify_code, problem.verify_message = code, message
    return problem


@pytest.mark.parametrize(
    ("code", "message", "remedy"),
    [
        (2, "unable to get issuer certificate", "set 'ca_bundle'"),
        (18, "self-signed certificate", "set 'ca_bundle'"),
        (19, "self-signed certificate in certificate chain", "set 'ca_bundle'"),
        (20, "unable to get local issuer certificate", "set 'ca_bundle'"),
        (21, "unable to verify the first certificate", "set 'ca_bundle'"),
        (9, "certificate is not yet valid", "check the clock of this machine"),
        (10, "certificate has expired", "must renew the certificate"),
        (62, "Hostname mismatch, certificate is not valid for 'api.example.test'.", "check 'host' and 'authority'"),
        (64, "IP address mismatch, certificate is not valid for '10.0.0.1'.", "check 'host' and 'authority'"),
        (79, "invalid CA certificate", "such as key identifiers"),
        (85, "Missing Authority Key Identifier", "such as key identifiers"),
        (86, "Missing Subject Key Identifier", "such as key identifiers"),
        (89, "Basic Constraints of CA cert not marked critical", "such as key identifiers"),
        (92, "CA cert does not include key usage extension", "such as key identifiers"),
        (23, "certificate revoked", "must replace the certificate"),
        (66, "EE certificate key too weak", "must replace the certificate"),
    ],
)
def test_each_reason_has_its_remedy(code, message, remedy):
    error = refused_certificate(refusal(code, message), ROUTE)
    assert (error.sent, error.permanent) == (False, True)
    assert str(error) == f"the certificate of api.example.test:443 is not trusted: {message.rstrip('.')}"
    assert remedy in error.hint
    assert (error.hint == CA_HINT) is (remedy == "set 'ca_bundle'")


def test_a_reason_that_is_not_told():
    error = refused_certificate(ssl.SSLCertVerificationError(1, "x"), ROUTE)
    assert str(error).endswith("is not trusted: it cannot be verified")
    assert "'ca_bundle'" not in error.hint


@pytest.mark.parametrize(("scheme", "named"), [("http", False), ("https", True)])
def test_it_may_be_the_certificate_of_a_proxy(scheme, named):
    route = Route(ROUTE.url, Proxy(f"{scheme}://somebody:word@proxy.test:3128", "HTTPS_PROXY"))
    error = refused_certificate(refusal(10, "certificate has expired"), route)
    assert ("or of the proxy proxy.test:3128" in str(error)) is named
    assert "word" not in str(error)
