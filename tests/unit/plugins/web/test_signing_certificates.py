"""Which certificates are fetched, how often, and which are kept."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.plugins.web.signing_certificates import (
    CertificateUnavailableError,
    SigningCertificates,
)
from airflow_provider_partnercenter.qualification.webhooks.refusal import WebhookRefusedError
from tests.support.webhooks import signing

GOOD = signing.pem(signing.leaf())
HOUR = 3600


@pytest.fixture(autouse=True)
def now(monkeypatch):
    time = SimpleNamespace(now=signing.NOW)
    monkeypatch.setattr(clock, "source", SimpleNamespace(now=lambda: time.now))
    return time


class Server:
    """What is at each address; everything else is an error."""

    def __init__(self, **found):
        self.found = found
        self.asked = []
        self.at_once = self.most_at_once = 0
        self.first, self.answering = threading.Event(), threading.Event()
        self.answering.set()

    def fetch(self, url):
        self.asked.append(url)
        self.first.set()
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        self.answering.wait()
        self.at_once -= 1
        found = self.found.get(url, CertificateUnavailableError("away"))
        if isinstance(found, Exception):
            raise found
        return found


def get(server, *urls):
    """Ask for certificates, one after the other, and return what came of it."""

    async def ask():
        certificates = SigningCertificates(server.fetch, signing.roots())
        outcomes: list[object] = []
        for url in urls:
            if callable(url):
                url()
                continue
            try:
                outcomes.append((await certificates.get(url)).subject)
            except (WebhookRefusedError, CertificateUnavailableError) as error:
                outcomes.append(type(error))
        return outcomes

    return asyncio.run(ask())


def test_what_was_verified_is_kept_for_a_day(now):
    def later():
        now.now += 23 * HOUR

    def much_later():
        now.now += 2 * HOUR

    server = Server(a=signing.pem(signing.leaf(ends=9 * signing.DAY)))
    assert len(set(get(server, "a", "a", later, "a"))) == 1
    assert server.asked == ["a"]
    now.now = signing.NOW
    get(server, "a", later, much_later, "a")
    assert server.asked == ["a", "a", "a"]


def test_it_is_not_kept_longer_than_it_is_valid(now):
    def later():
        now.now += 2 * HOUR

    server = Server(a=signing.pem(signing.leaf(ends=HOUR)))
    assert get(server, "a", later, "a")[1] is WebhookRefusedError


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (b"nothing", WebhookRefusedError),
        (CertificateUnavailableError("away"), CertificateUnavailableError),
        (WebhookRefusedError("not there"), WebhookRefusedError),
    ],
)
def test_a_failure_is_kept_for_a_minute(now, found, error):
    def mended():
        server.found["a"] = GOOD

    def later():
        now.now += 61

    server = Server(a=found)
    outcomes = get(server, "a", "a", mended, "a", later, "a")
    assert outcomes[:3] == 3 * [error]
    assert server.asked == ["a", "a"]
    assert "Dispatch" in str(outcomes[3])


@pytest.mark.parametrize("found", [CertificateUnavailableError("away"), WebhookRefusedError("HTTP 404"), b"nothing"])
def test_what_was_verified_is_good_while_it_cannot_be_fetched_again(now, found):
    def a_day_later():
        now.now += 25 * HOUR
        server.found["a"] = found

    def a_week_later():
        now.now += 9 * 24 * HOUR

    server = Server(a=signing.pem(signing.leaf(ends=9 * signing.DAY)))
    outcomes = get(server, "a", a_day_later, *9 * ["a"], a_week_later, "a")
    assert len(set(outcomes[:10])) == 1
    assert outcomes[10] in (WebhookRefusedError, CertificateUnavailableError)
    # Not for everybody who asks, only once a minute.
    assert server.asked == ["a", "a", "a"]


def test_a_renewal_that_fails_is_not_tried_for_every_forger(now):
    server = Server(a=GOOD)

    async def ask():
        certificates = SigningCertificates(server.fetch, signing.roots())
        first = await certificates.get("a")
        now.now += 61
        server.found["a"] = CertificateUnavailableError("away")
        return {id(each) for each in (first, *[await certificates.renewed("a") for _ in range(20)])}

    assert len(asyncio.run(ask())) == 1
    assert server.asked == ["a", "a"]


def test_an_address_of_which_something_is_kept_does_not_wait_behind_invented_ones(now):
    server = Server(a=GOOD)

    async def ask():
        certificates = SigningCertificates(server.fetch, signing.roots())
        await certificates.get("a")
        now.now += 61
        server.answering.clear()
        invented = [asyncio.create_task(certificates.get(f"x{number}")) for number in range(20)]
        renewed = asyncio.create_task(certificates.renewed("a"))
        await asyncio.sleep(0)
        server.answering.set()
        await asyncio.gather(*invented, return_exceptions=True)
        return await renewed

    assert "Dispatch" in asyncio.run(ask()).subject
    assert server.asked.count("a") == 2


def test_failures_do_not_push_out_what_was_verified():
    server = Server(a=GOOD)
    get(server, "a", *(f"x{number}" for number in range(500)), "a", "x499", "x400")
    assert server.asked.count("a") == 1
    # The first of these two was still known, the second was not.
    assert server.asked[-1] == "x400"


def test_one_is_fetched_at_a_time_and_few_wait():
    server = Server(a=GOOD, b=GOOD)
    server.answering.clear()

    async def ask():
        certificates = SigningCertificates(server.fetch, signing.roots())
        asked = [asyncio.create_task(certificates.get(url)) for url in (*"aab", *(f"x{i}" for i in range(20)))]
        await asyncio.to_thread(server.first.wait)
        server.answering.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    outcomes = asyncio.run(ask())
    assert server.most_at_once == 1
    assert server.asked == ["a", "b", "x0", "x1", "x2", "x3", "x4", "x5"]
    assert "too many other certificates" in str(outcomes[-1])


def test_who_leaves_does_not_stop_the_fetch():
    server = Server(a=GOOD)
    server.answering.clear()

    async def ask():
        certificates = SigningCertificates(server.fetch, signing.roots())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(certificates.get("a"), 0.01)
        server.answering.set()
        return await certificates.get("a")

    assert "Dispatch" in asyncio.run(ask()).subject
    assert server.asked == ["a"]
