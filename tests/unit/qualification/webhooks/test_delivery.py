from __future__ import annotations

import json
import subprocess
import sys

import pytest

from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.qualification.webhooks.certificates import signing_certificate
from airflow_provider_partnercenter.qualification.webhooks.delivery import Delivery
from airflow_provider_partnercenter.qualification.webhooks.event import LONGEST_BODY, Freshness
from airflow_provider_partnercenter.qualification.webhooks.refusal import ANSWER, WebhookRefusedError
from tests.support.webhooks.signing import DAY, NOW, URL, headers, leaf, pem, roots, sign

BODY = json.dumps({"EventName": "test-created", "ResourceName": "test", "ResourceChangeUtcDate": moment(NOW)}).encode()


@pytest.fixture(scope="module")
def signer():
    return signing_certificate(pem(leaf()), roots(), NOW)


def test_a_signed_webhook_is_an_event(signer):
    delivery = Delivery.from_http(headers(sign(BODY)), BODY)
    assert delivery.certificate_url == URL
    assert delivery.event(signer, NOW).name == "test-created"


@pytest.mark.parametrize(
    ("signature", "sent", "now", "reason"),
    [
        pytest.param(sign(BODY), BODY + b" ", NOW, "signature is not by", id="changed"),
        pytest.param(sign(BODY, "Forger"), BODY, NOW, "signature is not by", id="forged"),
        pytest.param(sign(BODY, "Forger"), b"{", NOW, "signature is not by", id="not read before it is verified"),
        pytest.param(sign(b"{"), b"{", NOW, "not JSON", id="no event"),
        pytest.param(sign(BODY), BODY, NOW + 3600, "3599 s back", id="stale"),
        pytest.param(sign(BODY), BODY, NOW + DAY + 1, "is valid from", id="by an expired certificate"),
    ],
)
def test_anything_else_is_refused_with_the_same_words(signer, signature, sent, now, reason):
    with pytest.raises(WebhookRefusedError, match=ANSWER) as refused:
        Delivery.from_http(headers(signature), sent).event(signer, now, Freshness(back=3599))
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    ("sent", "body", "reason"),
    [
        ([], BODY, "no X-MS-Certificate-Url"),
        (headers(b"signature", "https://evil.example/a.cer"), BODY, "'evil.example', which is not an allowed host"),
        (headers(b"signature")[2:], BODY, "There is no signature"),
        (headers(b"signature"), b" " * (LONGEST_BODY + 1), "more than 32768 bytes"),
    ],
)
def test_a_request_is_refused_before_anything_is_fetched(sent, body, reason):
    with pytest.raises(WebhookRefusedError, match=ANSWER) as refused:
        Delivery.from_http(sent, body)
    assert reason in refused.value.reason


def test_the_allowed_hosts_can_be_chosen():
    url = "https://localhost:8443/cert.pem"
    assert Delivery.from_http(headers(b"signature", url), BODY, {"localhost:8443"}).certificate_url == url
    with pytest.raises(WebhookRefusedError):
        Delivery.from_http(headers(b"signature"), BODY, {"localhost:8443"})


def test_a_delivery_shows_neither_its_body_nor_its_signature():
    assert repr(Delivery.from_http(headers(b"signature"), BODY)) == f"Delivery(certificate_url={URL!r})"


def test_verifying_loads_neither_airflow_nor_an_http_library():
    code = f"import sys, {Delivery.__module__}, {signing_certificate.__module__}; print(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = {module.partition(".")[0] for module in output.split()}
    assert not loaded & {"airflow", "aiohttp", "fastapi", "msal", "requests", "starlette", "urllib3"}
