"""Certificates as people paste them, with a real chain."""

from __future__ import annotations

import base64
import itertools
from datetime import UTC, datetime, timedelta

import jwt
import msal
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.auth.certificates import read_pair
from airflow_provider_partnercenter.client.auth.tokens import TokenSource
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from tests.support.login_service import Login

DAY = datetime(2024, 1, 1, tzinfo=UTC)


def pem(key, form=PrivateFormat.PKCS8, encryption=None):
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


def issue(key, name, issuer_key, issuer_name):
    def named(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = x509.CertificateBuilder(
        named(issuer_name), named(name), key.public_key(), x509.random_serial_number(), DAY, DAY + timedelta(days=9999)
    )
    return builder.sign(issuer_key, SHA256())


def text_of(certificate):
    return certificate.public_bytes(Encoding.PEM).decode()


KEY, ROOT_KEY, BETWEEN_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(3))
CURVE_KEY = ec.generate_private_key(ec.SECP256R1())
CERTIFICATE = issue(KEY, "application", BETWEEN_KEY, "between")
LEAF = text_of(CERTIFICATE)
BETWEEN = text_of(issue(BETWEEN_KEY, "between", ROOT_KEY, "root"))
ROOT = text_of(issue(ROOT_KEY, "root", ROOT_KEY, "root"))
CURVE = text_of(issue(CURVE_KEY, "curve", CURVE_KEY, "curve"))


@pytest.mark.parametrize("order", list(itertools.permutations([LEAF, BETWEEN, ROOT])))
def test_the_chain_begins_with_the_certificate_of_the_key_whatever_the_order(order):
    for fields in (
        (pem(KEY), "".join(order)),
        (None, pem(KEY) + "".join(order)),
        (None, "".join(order) + pem(KEY)),
        (pem(KEY) + "".join(order), None),
        ("".join(order) + pem(KEY), None),
        (pem(KEY), "".join(order) + pem(KEY)),
    ):
        key, certificates = read_pair(*fields)
        assert key == pem(KEY)
        assert certificates == LEAF + BETWEEN + ROOT


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\\n"),
        lambda text: text.replace("\n", "\\\\n"),
        lambda text: text.replace("\n", "\\\\r\\\\n"),
        lambda text: text.replace("\n", "\\\\\\\\n").replace("/", "\\/"),
        lambda text: text.replace("\n", "\\\n"),
        lambda text: f"\ufeff{text.replace(chr(10), chr(10) + chr(0x200B))}\u00a0",
        lambda text: f'"{text}"',
        lambda text: text.replace("\n", " "),
        lambda text: f"Bag Attributes\n    friendlyName: app\n{text}\nsubject=CN = app\n",
    ],
    ids=[
        "carriage-returns",
        "escaped",
        "escaped-twice",
        "carriage-returns-escaped-twice",
        "escaped-thrice-and-slashes",
        "continued-lines",
        "invisible",
        "quoted",
        "on-one-line",
        "as-openssl-writes-it",
    ],
)
def test_what_a_form_or_a_tool_does_to_the_text(damage):
    assert read_pair(damage(pem(KEY)), damage(LEAF + ROOT)) == (pem(KEY), LEAF + ROOT)


def test_the_older_form_of_a_key():
    older = pem(KEY, PrivateFormat.TraditionalOpenSSL)
    assert read_pair(None, older + LEAF)[0] == older


KEY_FIELD, CERTIFICATE_FIELD = "'client_certificate_private_key'", "'client_certificate'"


@pytest.mark.parametrize(
    ("private_key", "certificate", "says"),
    [
        ("not a key", LEAF, f"{KEY_FIELD} .* not an unencrypted PEM private key"),
        (pem(KEY, encryption=BestAvailableEncryption(b"x")), LEAF, f"{KEY_FIELD} .* not an unencrypted"),
        (
            pem(KEY, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"x")),
            LEAF,
            f"{KEY_FIELD} .* not an unencrypted",
        ),
        (pem(KEY), "not a certificate", f"{CERTIFICATE_FIELD} .* not a PEM certificate"),
        (pem(KEY), LEAF.replace("M", "N"), f"{CERTIFICATE_FIELD} .* not a PEM certificate"),
        (pem(KEY), None, f"{KEY_FIELD} .* not a PEM certificate"),
        (None, LEAF, f"{CERTIFICATE_FIELD} .* not an unencrypted PEM private key"),
        (pem(ROOT_KEY), LEAF, f"{KEY_FIELD} .* does not match any certificate in {CERTIFICATE_FIELD}"),
        (None, pem(ROOT_KEY) + LEAF + BETWEEN, f"{CERTIFICATE_FIELD} .* does not match any certificate"),
        (pem(KEY), pem(ROOT_KEY) + LEAF, f"{KEY_FIELD} .* more than one private key"),
        (pem(CURVE_KEY), CURVE, f"{KEY_FIELD} .* not an RSA key"),
    ],
    # The keys are new in each run, and every process has to give a case the same name.
    ids=itertools.count(),
)
def test_what_cannot_work_is_refused_by_the_field_s_name(private_key, certificate, says):
    with pytest.raises(PartnerCenterConfigurationError, match=says) as caught:
        read_pair(private_key, certificate)
    assert "\n" not in str(caught.value)
    assert "MII" not in str(caught.value)


def sign_in(certificate):
    """Return the assertion that a sign-in sends."""
    login = Login(lambda: 0)
    sent = []
    post = login.post

    def observed(url, **options):
        sent.append(options["data"])
        return post(url, **options)

    login.post = observed  # type: ignore[method-assign]  # of this one
    credentials = Credentials("app", "tenant", "https://login.example.test", "scope", certificate=certificate)
    TokenSource(credentials, login).get()
    return sent[0]["client_assertion"]


def test_a_chain_is_sent_whole_that_of_the_key_first():
    assertion = sign_in(ROOT + BETWEEN + LEAF + pem(KEY))
    header = jwt.get_unverified_header(assertion)
    sent = [base64.b64decode(each) for each in header["x5c"]]
    assert [x509.load_der_x509_certificate(each) for each in sent] == [
        x509.load_pem_x509_certificate(text.encode()) for text in (LEAF, BETWEEN, ROOT)
    ]
    thumbprint = base64.urlsafe_b64encode(CERTIFICATE.fingerprint(SHA1())).rstrip(b"=").decode()
    assert header["x5t"].rstrip("=") == thumbprint
    jwt.decode(assertion, KEY.public_key(), algorithms=["RS256"], options={"verify_aud": False})


def test_the_sign_in_names_the_certificate_by_its_computed_thumbprint():
    # Older versions of MSAL only know SHA-1.
    newer = tuple(int(part) for part in msal.__version__.split(".")[:2]) >= (1, 35)
    name, kind, algorithm = ("x5t#S256", SHA256(), "PS256") if newer else ("x5t", SHA1(), "RS256")
    assertion = sign_in(LEAF + pem(KEY))
    thumbprint = base64.urlsafe_b64encode(CERTIFICATE.fingerprint(kind)).rstrip(b"=").decode()
    assert jwt.get_unverified_header(assertion)[name].rstrip("=") == thumbprint
    claims = jwt.decode(assertion, KEY.public_key(), algorithms=[algorithm], options={"verify_aud": False})
    assert claims["iss"] == "app"


def test_a_key_in_the_wrong_field_is_still_a_secret():
    combined = LEAF + pem(KEY)
    assert combined in Credentials("a", "t", "l", "s", certificate=combined).secrets
    assert LEAF not in Credentials("a", "t", "l", "s", private_key=pem(KEY), certificate=LEAF).secrets
    assert load_pem_private_key(pem(KEY).encode(), None)
