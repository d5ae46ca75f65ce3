from __future__ import annotations

import base64

import pytest

from airflow_provider_partnercenter.qualification.webhooks.headers import collect, read_certificate_url, read_signature
from airflow_provider_partnercenter.qualification.webhooks.refusal import WebhookRefusedError

HOST = "3psostorageacct.blob.core.windows.net"
URL = f"https://{HOST}/cert/pcnotifications-dispatch.microsoft.com.cer"
SIGNED = base64.b64encode(b"signature of two").decode()
OTHER = base64.b64encode(b"another one").decode()
RSA = ("X-MS-Signature-Algorithm", "rsa-sha256")


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", f"Signature {SIGNED}")],
        [("authorization", f"  SIGNATURE   {SIGNED} ")],
        [("x-ms-signature", SIGNED)],
        [("X-MS-Signature", f"Signature {SIGNED}")],
        pytest.param([("Authorization", "Basic eDp5"), ("x-ms-signature", SIGNED)], id="a proxy's own"),
        pytest.param([("Authorization", f"Signature {SIGNED}"), ("Authorization", "Bearer eDp5")], id="Airflow's own"),
        pytest.param([("Authorization", f"Signature {SIGNED}"), ("x-ms-signature", SIGNED)], id="twice the same"),
    ],
)
def test_the_signature_is_in_one_of_two_headers(headers):
    assert read_signature(collect([*headers, RSA])) == b"signature of two"


@pytest.mark.parametrize("algorithm", ["RSA-SHA256", "rsa-sha256 "])
def test_the_algorithm_may_be_in_any_letter_case(algorithm):
    headers = [("Authorization", f"Signature {SIGNED}"), ("x-ms-signature-algorithm", algorithm)]
    assert read_signature(collect(headers)) == b"signature of two"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([RSA], "There is no signature"),
        ([RSA, ("Authorization", "")], "There is no signature"),
        ([RSA, ("Authorization", SIGNED)], "There is no signature"),
        ([RSA, ("Authorization", f"Bearer {SIGNED}")], "There is no signature"),
        ([RSA, ("Authorization", f"Signature {SIGNED} {SIGNED}")], "There is no signature"),
        ([RSA, ("Authorization", "Signature !!!!")], "There is no signature"),
        ([RSA, ("Authorization", f"Signature {'A' * 2052}")], "There is no signature"),
        ([RSA, ("Authorization", "Signature A")], "The signature is not base64"),
        ([RSA, ("Authorization", "Signature AA=")], "The signature is not base64"),
        ([RSA, ("x-ms-signature", "")], "x-ms-signature is not a signature"),
        ([RSA, ("x-ms-signature", f"Basic {SIGNED}")], "x-ms-signature is not a signature"),
        ([RSA, ("x-ms-signature", "é")], "x-ms-signature is not a signature"),
        ([RSA, ("Authorization", f"Signature {SIGNED}"), ("x-ms-signature", OTHER)], "different signatures"),
        ([RSA, *(("Authorization", f"Signature {each}") for each in (SIGNED, OTHER))], "different signatures"),
        ([RSA, ("x-ms-signature", SIGNED), ("X-MS-SIGNATURE", SIGNED)], "x-ms-signature was sent 2 times"),
        ([RSA, RSA, ("x-ms-signature", SIGNED)], "x-ms-signature-algorithm was sent 2 times"),
        ([("x-ms-signature", SIGNED)], "X-MS-Signature-Algorithm is None"),
        ([("x-ms-signature", SIGNED), ("x-ms-signature-algorithm", "rsa-sha1")], "is 'rsa-sha1', not 'rsa-sha256'"),
        ([("x-ms-signature", SIGNED), ("x-ms-signature-algorithm", "none")], "is 'none', not 'rsa-sha256'"),
    ],
)
def test_any_other_signature_is_refused(headers, reason):
    with pytest.raises(WebhookRefusedError) as refused:
        read_signature(collect(headers))
    assert reason in refused.value.reason
    assert SIGNED not in refused.value.reason


@pytest.mark.parametrize(
    ("url", "read"),
    [
        (URL, URL),
        (f" {URL} ", URL),
        (f"HTTPS://{HOST.upper()}:443/cert/A.cer", f"https://{HOST}/cert/A.cer"),
        (f"https://{HOST}/a_b-c..d/.e", f"https://{HOST}/a_b-c..d/.e"),
        ("https://localhost:8443/chain.pem", "https://localhost:8443/chain.pem"),
    ],
)
def test_the_certificate_is_fetched_from_an_allowed_host(url, read):
    assert read_certificate_url(collect([("X-MS-Certificate-Url", url)]), {HOST, "localhost:8443"}) == read


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/cert/a.cer",
        f"https://{HOST}.evil.example/a.cer",
        f"https://evil-{HOST}/a.cer",
        "https://otheraccount.blob.core.windows.net/cert/a.cer",
        f"https://{HOST}./a.cer",
        f"https://{HOST}:8443/a.cer",
        f"https://{HOST}:0443/a.cer",
        "https://localhost/chain.pem",
        "https://localhost:8444/chain.pem",
        "https://127.0.0.1/a.cer",
        "https://169.254.169.254/metadata",
    ],
)
def test_no_certificate_is_fetched_from_another_host(url):
    with pytest.raises(WebhookRefusedError) as refused:
        read_certificate_url(collect([("X-MS-Certificate-Url", url)]), {HOST, "localhost:8443"})
    assert "not an allowed host" in refused.value.reason


@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/a.cer",
        f"ftp://{HOST}/a.cer",
        f"//{HOST}/a.cer",
        f"{HOST}/a.cer",
        "file:///etc/passwd",
        f"https://user@{HOST}/a.cer",
        f"https://user:pass@{HOST}/a.cer",
        f"https://evil.example@{HOST}/a.cer",
        f"https://{HOST}@evil.example/a.cer",
        f"https://evil.example\\@{HOST}/a.cer",
        f"https://evil.example#@{HOST}/a.cer",
        f"https://{HOST}/a.cer#",
        f"https://{HOST}/a.cer#part",
        f"https://{HOST}/a.cer?",
        f"https://{HOST}/a.cer?sig=secret",
        f"https://{HOST}/%2e%2e/a.cer",
        f"https://{HOST}/../a.cer",
        f"https://{HOST}/cert/./a.cer",
        f"https://{HOST}/cert/..",
        f"https://{HOST}//a.cer",
        f"https://{HOST}/cert/",
        f"https://{HOST}/a b.cer",
        f"https://{HOST}/a\r\nHost:evil",
        f"https://{HOST}/ä.cer",
        f"https://{HOST}:/a.cer",
        f"https://{HOST}:443443/a.cer",
        f"https://{HOST}",
        "https:///a.cer",
        "https://[::1]/a.cer",
        "https://３psostorageacct.blob.core.windows.net/a.cer",
        f"https://{HOST}/{'a' * 1024}",
    ],
)
def test_no_certificate_is_fetched_from_an_address_that_can_be_read_in_two_ways(url):
    with pytest.raises(WebhookRefusedError) as refused:
        read_certificate_url(collect([("X-MS-Certificate-Url", url)]), {HOST, "evil.example", "[::1]"})
    assert "X-MS-Certificate-Url is not https://" in refused.value.reason
    assert "secret" not in refused.value.reason


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([], "no X-MS-Certificate-Url"),
        ([("X-MS-Certificate-Url", " ")], "no X-MS-Certificate-Url"),
        ([("X-MS-Certificate-Url", URL), ("x-ms-certificate-url", URL)], "sent 2 times"),
    ],
)
def test_there_must_be_one_address(headers, reason):
    with pytest.raises(WebhookRefusedError) as refused:
        read_certificate_url(collect(headers))
    assert reason in refused.value.reason


def test_by_default_microsofts_host_is_allowed():
    assert read_certificate_url(collect([("X-MS-Certificate-Url", URL)])) == URL
