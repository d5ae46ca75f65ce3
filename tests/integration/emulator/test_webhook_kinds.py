"""Each way of sending an event, as it arrives: refused for what it is named, or accepted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.webhooks.events import ACCEPTED
from airflow_provider_partnercenter.emulator.webhooks.kinds import KINDS
from airflow_provider_partnercenter.qualification.webhooks.certificates import (
    LONGEST_CERTIFICATE,
    read_roots,
    signing_certificate,
)
from airflow_provider_partnercenter.qualification.webhooks.delivery import Delivery
from airflow_provider_partnercenter.qualification.webhooks.event import why_ignored
from airflow_provider_partnercenter.qualification.webhooks.refusal import WebhookRefusedError
from testbed.patience import CALL_PATIENCE
from tests.support.plain_api import trusting_session
from tests.support.webhooks.recording import Receiver

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.qualification.webhooks.event import WebhookEvent
    from tests.support.webhooks.recording import Arrived

CUSTOMER = ordinary_id(1)
TAKEN = {"genuine": 1, "duplicate": 3, "duplicate-at-once": 8}
IGNORED = {
    "no-customer": f"the ResourceUri of this {ACCEPTED} names no customer",
    "unknown-event": "no onboarding begins with 'emulator-invented-event'",
}
REFUSED = {
    "forged": "The signature is not by the certificate",
    "unsigned": "There is no signature",
    "tampered": "The signature is not by the certificate",
    "wrong-algorithm": "X-MS-Signature-Algorithm is 'rsa-sha1'",
    "stale": "ResourceChangeUtcDate is",
    "future": "ResourceChangeUtcDate is",
    "oversized": "The body has more than",
    "truncated": "The body has not arrived",
    "wrong-host": "which is not an allowed host",
    "expired": "not valid at validation time",
    "expired-authority": "not valid at validation time",
    "wrong-issuer": "was issued by O=Contoso Corporation",
    "untrusted-root": "No valid chain leads",
    "redirected-certificate": "The certificate's address answered with 302",
    "unreachable-certificate": "The certificate's address did not answer",
    "oversized-certificate": "The certificate has more than",
}
SLOW = {"slow", "slow-certificate"}


def fetch(emulator: Emulator, url: str) -> bytes:
    with trusting_session(emulator) as session:
        try:
            answer = session.get(url, allow_redirects=False, stream=True, timeout=CALL_PATIENCE)
        except requests.ConnectionError:
            raise WebhookRefusedError("The certificate's address did not answer") from None
        if answer.status_code != 200:
            raise WebhookRefusedError(f"The certificate's address answered with {answer.status_code}")
        return answer.raw.read(LONGEST_CERTIFICATE + 1)


def read(emulator: Emulator, arrived: Arrived) -> WebhookEvent:
    """Do what a receiver does."""
    if not arrived.whole:
        raise WebhookRefusedError("The body has not arrived")
    delivery = Delivery.from_http(arrived.headers, arrived.body, [emulator.webhooks.certificate_host])
    roots = read_roots(emulator.webhooks.root_file.read_bytes())
    certificate = signing_certificate(fetch(emulator, delivery.certificate_url), roots, time.time())
    return delivery.event(certificate, time.time())


def arrived(emulator: Emulator, kind: str) -> list[Arrived]:
    with Receiver() as receiver:
        emulator.webhooks.register(receiver.url)
        copies = emulator.webhooks.wait(emulator.webhooks.send(ACCEPTED, CUSTOMER, kind=kind))
        receiver.wait(len(copies))
    assert {(each["kind"], len(each["attempts"])) for each in copies} == {(kind, 1)}
    assert len(receiver.arrived) == len(copies)
    return receiver.arrived


def test_every_kind_is_tried() -> None:
    assert set(KINDS) == {*TAKEN, *IGNORED, *REFUSED, *SLOW}


@pytest.mark.parametrize("kind", TAKEN)
def test_what_is_genuine_is_accepted_each_time(emulator: Emulator, kind: str) -> None:
    events = [read(emulator, each) for each in arrived(emulator, kind)]
    assert len(events) == TAKEN[kind]
    assert {each.customer_id for each in events} == {CUSTOMER}
    assert [why_ignored(each) for each in events] == [None] * TAKEN[kind]
    assert len({each.event_id for each in events}) == 1


@pytest.mark.parametrize("kind", IGNORED)
def test_what_concerns_nobody_is_genuine_and_ignored(emulator: Emulator, kind: str) -> None:
    (one,) = arrived(emulator, kind)
    assert why_ignored(read(emulator, one)) == IGNORED[kind]


@pytest.mark.parametrize("kind", REFUSED)
def test_what_has_to_be_refused_is_refused_for_what_it_is_named(emulator: Emulator, kind: str) -> None:
    (one,) = arrived(emulator, kind)
    with pytest.raises(WebhookRefusedError) as refusal:
        read(emulator, one)
    assert REFUSED[kind] in refusal.value.reason
    # Who looks at the journal sees whether the receiver has asked where it should not.
    asked = emulator.journal(path="/cert/")
    assert len(asked) == (kind not in ("unsigned", "wrong-algorithm", "oversized", "truncated", "wrong-host"))


def test_a_body_that_comes_slowly_can_be_answered_before_its_end(emulator: Emulator) -> None:
    with Receiver(answers=[408], at_once=True) as receiver:
        emulator.webhooks.register(receiver.url)
        (delivery,) = emulator.webhooks.wait(emulator.webhooks.send(ACCEPTED, CUSTOMER, kind="slow"))
    assert [each["status"] for each in delivery["attempts"]] == [408]


def test_a_certificate_that_comes_slowly_has_begun_but_is_not_there(emulator: Emulator) -> None:
    (one,) = arrived(emulator, "slow-certificate")
    url = Delivery.from_http(one.headers, one.body, [emulator.webhooks.certificate_host]).certificate_url
    with trusting_session(emulator) as session, session.get(url, stream=True, timeout=CALL_PATIENCE) as answer:
        begun = answer.raw.read1()
        assert 0 < len(begun) < int(answer.headers["Content-Length"]) / 2
    assert emulator.journal(path="/cert/")[-1]["fault"] == "slow-certificate"
