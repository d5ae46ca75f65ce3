"""What is sent for an event: the headers and the body of each kind, of which only what it is named for is wrong."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.emulator.settings import TENANT_ID
from airflow_provider_partnercenter.emulator.webhooks.certificates import Certificates
from airflow_provider_partnercenter.emulator.webhooks.events import ACCEPTED, TEST_EVENT, make_event
from airflow_provider_partnercenter.emulator.webhooks.kinds import KINDS, OVERSIZED, chain_of
from airflow_provider_partnercenter.emulator.webhooks.messages import compose
from airflow_provider_partnercenter.qualification.webhooks.certificates import read_roots, signing_certificate
from airflow_provider_partnercenter.qualification.webhooks.delivery import Delivery
from airflow_provider_partnercenter.qualification.webhooks.refusal import WebhookRefusedError

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.webhooks.posting import Message

CUSTOMER = "4b2a6e33-8791-4386-bd2b-0d55baf25039"
HOST = "localhost:8443"
CERTIFICATES = Certificates()


def sent(kind: str = "genuine", name: str = ACCEPTED, *, ms_signature: bool = False) -> Message:
    event = make_event(name, f"https://{HOST}", TENANT_ID, CUSTOMER, datetime.now(UTC))
    return compose(event, kind, CERTIFICATES, f"https://{HOST}", ms_signature=ms_signature)


def received(message: Message):
    """Verify and read a message, with the certificate that it names."""
    delivery = Delivery.from_http(message.headers, message.body, [HOST])
    file = delivery.certificate_url.rpartition("/")[2].removesuffix(".cer")
    pem = CERTIFICATES.pem(chain_of(file))
    return delivery.event(signing_certificate(pem, read_roots(CERTIFICATES.root_pem), time.time()), time.time())


@pytest.mark.parametrize("ms_signature", [True, False])
@pytest.mark.parametrize("name", [ACCEPTED, TEST_EVENT, "dap-admin-relationship-approved"])
def test_a_genuine_one_is_verified(name, ms_signature):
    message = sent(name=name, ms_signature=ms_signature)
    assert received(message).name == name
    names = [header for header, _ in message.headers]
    own = "x-ms-signature" if ms_signature else "Authorization"
    assert names == ["Content-Type", own, "X-MS-Certificate-Url", "X-MS-Signature-Algorithm"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("forged", "The signature is not by the certificate"),
        ("unsigned", "There is no signature"),
        ("tampered", "The signature is not by the certificate"),
        ("wrong-algorithm", "X-MS-Signature-Algorithm is 'rsa-sha1'"),
        ("stale", "ResourceChangeUtcDate is"),
        ("future", "ResourceChangeUtcDate is"),
        ("oversized", "The body has more than"),
        ("wrong-host", "names '127.0.0.1:8443', which is not an allowed host"),
        ("expired", "No valid chain leads"),
        ("expired-authority", "No valid chain leads"),
        ("wrong-issuer", "was issued by O=Contoso Corporation"),
        ("untrusted-root", "No valid chain leads"),
    ],
)
def test_what_has_to_be_refused_is_refused_for_what_it_is_named(kind, reason):
    with pytest.raises(WebhookRefusedError) as refusal:
        received(sent(kind))
    assert reason in refusal.value.reason


@pytest.mark.parametrize("kind", ["duplicate", "duplicate-at-once", "truncated", "slow", "redirected-certificate",
                                  "unreachable-certificate", "slow-certificate", "oversized-certificate"])  # fmt: skip
def test_what_is_special_only_on_its_way_is_otherwise_in_order(kind):
    assert received(sent(kind)).customer_id == CUSTOMER


def test_one_without_a_customer_is_verified_and_names_nobody():
    assert received(sent("no-customer")).customer_id is None


def test_an_unknown_event_is_verified():
    event = received(sent("unknown-event"))
    assert (event.name, event.customer_id) == ("emulator-invented-event", CUSTOMER)


def test_one_that_was_tampered_with_is_an_event_of_somebody_else():
    uri = json.loads(sent("tampered").body)["ResourceUri"]
    assert uri.startswith(f"https://{HOST}/v1/customers/")
    assert CUSTOMER not in uri


def test_what_names_no_customer_can_be_tampered_with_too():
    message = sent("tampered", "invoice-ready")
    assert json.loads(message.body)["EventName"] == "invoice-ready"
    with pytest.raises(WebhookRefusedError):
        received(message)


def test_an_oversized_one_is_signed_and_still_json():
    message = sent("oversized")
    assert len(message.body) > OVERSIZED
    assert json.loads(message.body)["EventName"] == ACCEPTED


def test_the_other_name_of_the_emulator_depends_on_the_one_it_has():
    event = make_event(ACCEPTED, "https://partnercenter", TENANT_ID, CUSTOMER, datetime.now(UTC))
    headers = dict(compose(event, "wrong-host", CERTIFICATES, "https://partnercenter", ms_signature=False).headers)
    assert headers["X-MS-Certificate-Url"].startswith("https://localhost:443/cert/")


def test_every_kind_has_been_composed():
    for kind in KINDS:
        assert sent(kind).body
