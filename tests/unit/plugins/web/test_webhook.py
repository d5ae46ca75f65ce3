"""What the receiver answers, and what it leaves behind."""

from __future__ import annotations

import asyncio
import logging
import threading
from types import SimpleNamespace

import pytest

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.plugins.web import webhook
from airflow_provider_partnercenter.plugins.web.asset_events import NotStoredError
from airflow_provider_partnercenter.plugins.web.signing_certificates import CertificateUnavailableError
from airflow_provider_partnercenter.qualification.webhooks.event import LONGEST_BODY
from airflow_provider_partnercenter.qualification.webhooks.refusal import ANSWER
from tests.support.webhooks import signing
from tests.support.webhooks.in_process import ACCEPTED, CUSTOMER, GONE, NEVER, Receiver, body_of, send

BODY = body_of()
SIGNATURE = signing.sign(BODY)
HEADERS = signing.headers(SIGNATURE)


@pytest.fixture(autouse=True)
def now(monkeypatch):
    time = SimpleNamespace(now=signing.NOW)
    monkeypatch.setattr(clock, "source", SimpleNamespace(now=lambda: time.now))
    return time


def test_an_event_is_stored_before_it_is_answered():
    receiver = Receiver()
    assert receiver.ask(BODY) == (200, "The event is stored.")
    (event,) = receiver.stored
    assert (event.name, event.customer_id) == (ACCEPTED, CUSTOMER)
    assert receiver.fetched == [signing.URL]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(body_of("test-created"), id="test"),
        pytest.param(body_of("invoice-ready"), id="other"),
        pytest.param(body_of(ResourceUri="https://host/v1/usagerecords"), id="no-customer"),
        pytest.param(body_of(ResourceUri=None), id="no-resource"),
    ],
)
def test_what_nothing_begins_with_is_acknowledged_and_not_stored(body):
    receiver = Receiver()
    assert receiver.ask(body) == (200, "The event is known, and nothing begins with it.")
    assert receiver.stored == []


def without(name):
    return [header for header in HEADERS if header[0] != name]


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        pytest.param(BODY, without("Authorization"), "There is no signature", id="unsigned"),
        pytest.param(
            BODY, [*without("Authorization"), ("Cookie", "_token=abc")], "There is no signature", id="with-a-cookie"
        ),
        pytest.param(BODY, signing.headers(signing.sign(BODY, "Forger")), "not by the certificate", id="forged"),
        pytest.param(BODY + b" ", HEADERS, "not by the certificate", id="changed"),
        pytest.param(BODY, without("X-MS-Certificate-Url"), "no X-MS-Certificate-Url", id="no-certificate"),
        pytest.param(BODY, signing.headers(SIGNATURE, "https://evil.example/c"), "not an allowed host", id="host"),
        pytest.param(BODY, signing.headers(SIGNATURE, signing.URL + "?x"), "is not https://", id="query"),
        pytest.param(BODY, without("X-MS-Signature-Algorithm"), "not 'rsa-sha256'", id="algorithm"),
        pytest.param(b" " * (LONGEST_BODY + 1), HEADERS, "more than 32768 bytes", id="long"),
        pytest.param(body_of(ResourceChangeUtcDate="2026-11-19T12:00:00Z"), None, "at most 604800 s back", id="stale"),
        pytest.param(body_of(ResourceChangeUtcDate="2026-11-27T12:20:00Z"), None, "600 s ahead", id="ahead"),
        pytest.param(b"[", None, "not JSON", id="no-json"),
        pytest.param(b"[]", None, "no EventName", id="no-object"),
    ],
)
def test_what_is_refused(body, headers, reason, caplog):
    receiver = Receiver()
    assert receiver.ask(body, headers) == (403, ANSWER)
    assert receiver.stored == []
    assert set(receiver.fetched) <= {signing.URL}
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.startswith("A webhook from 10.1.2.3 was refused: ")
    assert reason in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("served", "reason"),
    [
        pytest.param(b"nothing", "neither PEM nor DER", id="no-certificate"),
        pytest.param(signing.pem(signing.leaf(issuer="Other")), "No valid chain", id="other-root"),
        pytest.param(signing.pem(signing.leaf(ends=-1)), "No valid chain", id="expired"),
        pytest.param(
            signing.pem(
                signing.leaf(issuer="Contoso CA", issuer_organization="Contoso"),
                signing.certificate(
                    "Contoso CA",
                    "Root",
                    authority=True,
                    organization="Contoso",
                    issuer_organization="DigiCert Inc",
                ),
            ),
            "not by O=Microsoft Corporation",
            id="other-issuer",
        ),
    ],
)
def test_whose_certificate_is_refused(served, reason, caplog):
    receiver = Receiver(served=[served])
    assert receiver.ask(BODY) == (403, ANSWER)
    assert reason in caplog.text
    assert receiver.stored == []


def refuse(event):
    raise NotStoredError("no DAG uses the asset 'webhooks'")


@pytest.mark.parametrize(
    ("receiver", "reason"),
    [
        pytest.param(Receiver(storing=refuse), "no DAG uses the asset", id="not-stored"),
        pytest.param(Receiver(served=[CertificateUnavailableError("HTTP 503")]), "cannot be fetched", id="no-answer"),
    ],
)
def test_what_microsoft_is_to_send_again(receiver, reason, caplog):
    assert receiver.ask(BODY) == (503, "The event cannot be taken now. Send it again.")
    assert receiver.stored == []
    assert reason in caplog.text
    assert "Traceback" not in caplog.text


def test_neither_body_nor_signature_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    receiver = Receiver()
    receiver.ask(BODY)
    receiver.ask(BODY + b"x", HEADERS)
    receiver.ask(body_of(ResourceChangeUtcDate="secret", Other="secret"), HEADERS)
    assert caplog.text
    for text in ("secret", dict(HEADERS)["Authorization"], "ResourceUri"):
        assert text not in caplog.text


def test_the_body_may_come_in_pieces():
    receiver = Receiver()
    pieces = [BODY[:5], b"", BODY[5:]]

    async def ask():
        return await send(receiver.made(), HEADERS, pieces)

    assert asyncio.run(ask())[0] == 200


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [([BODY[:9], NEVER], "did not arrive within 0.05 s"), ([BODY[:9], GONE], "ended before the body did")],
)
def test_a_body_that_does_not_end_is_refused(pieces, reason, monkeypatch, caplog):
    monkeypatch.setattr(webhook, "_BODY_WITHIN", 0.05)
    receiver = Receiver()

    async def ask():
        return await send(receiver.made(), HEADERS, pieces)

    assert asyncio.run(ask()) == (403, ANSWER)
    assert reason in caplog.text
    assert receiver.fetched == []


def test_who_sends_slowly_keeps_nobody_out():
    receiver = Receiver()

    async def ask():
        made = receiver.made()
        slow = [asyncio.create_task(send(made, HEADERS, [BODY[:1], NEVER])) for _ in range(100)]
        await asyncio.sleep(0)
        answer = await send(made, HEADERS, [BODY])
        for each in slow:
            each.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        return answer

    assert asyncio.run(ask())[0] == 200


def test_no_body_is_read_of_whom_the_headers_give_away():
    receiver = Receiver()

    async def ask():
        return await send(receiver.made(), without("Authorization"), [NEVER])

    assert asyncio.run(ask()) == (403, ANSWER)


def test_a_sender_cannot_forge_a_line_of_the_log(caplog):
    receiver = Receiver()

    async def ask():
        return await send(receiver.made(), [], [b""], sender="a\nWebhook was received" + 999 * "x")

    asyncio.run(ask())
    (record,) = caplog.records
    assert record.getMessage().startswith("A webhook from a")
    assert "\n" not in record.getMessage()
    assert len(record.getMessage()) < 200


def test_an_event_that_comes_again_is_told(caplog):
    caplog.set_level(logging.INFO)
    receiver = Receiver()
    assert [receiver.ask(BODY), receiver.ask(BODY)] == 2 * [(200, "The event is stored.")]
    first, second = (record.getMessage() for record in caplog.records)
    assert "was received: " in first
    assert "was received again: " in second


def test_a_certificate_is_fetched_once_for_all(now):
    receiver = Receiver()

    async def ask():
        made = receiver.made()
        await asyncio.gather(*(send(made, HEADERS, [BODY]) for _ in range(20)))
        now.now += 3600
        return await send(made, HEADERS, [BODY])

    assert asyncio.run(ask())[0] == 200
    assert receiver.fetched == [signing.URL]
    assert len(receiver.stored) == 21


def test_a_renewed_certificate_is_fetched_again_but_not_for_every_forger(now):
    receiver = Receiver(served=[signing.pem(signing.certificate("Former", "Microsoft TLS CA")), *2 * [pem_of_now()]])

    async def ask():
        made = receiver.made()
        first = await send(made, HEADERS, [BODY])
        now.now += 61
        second = await send(made, HEADERS, [BODY])
        forged = [await send(made, signing.headers(signing.sign(BODY, "Forger")), [BODY]) for _ in range(9)]
        return first[0], second[0], {status for status, _ in forged}

    assert asyncio.run(ask()) == (403, 200, {403})
    assert receiver.fetched == 2 * [signing.URL]


def pem_of_now():
    return signing.pem(signing.leaf())


def test_more_than_it_can_have_in_hand_are_sent_away(caplog):
    go_on = threading.Event()
    receiver = Receiver(storing=lambda event: go_on.wait())

    async def ask():
        made = receiver.made()
        waiting = [asyncio.create_task(send(made, HEADERS, [BODY])) for _ in range(64)]
        await asyncio.sleep(0)
        one_more = await send(made, HEADERS, [BODY])
        go_on.set()
        return one_more[0], {status for status, _ in await asyncio.gather(*waiting)}

    assert asyncio.run(ask()) == (503, {200})
    assert "64 others are in hand" in caplog.text


def test_what_takes_too_long_is_to_be_sent_again(monkeypatch, caplog):
    monkeypatch.setattr(webhook, "_ANSWER_WITHIN", 0.05)
    go_on = threading.Event()
    receiver = Receiver(storing=lambda event: go_on.wait())

    async def ask():
        answer = await send(receiver.made(), HEADERS, [BODY])
        go_on.set()
        return answer

    assert asyncio.run(ask())[0] == 503
    assert "could not be verified and stored within 0.05 s" in caplog.text
