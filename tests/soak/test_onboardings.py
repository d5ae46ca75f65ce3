"""
A thousand onboardings while a fifth of all requests goes wrong; the emulator counts every POST.

Each customer is onboarded as a task would do it: read, decide, submit, wait for the verdict. A try that ends in trouble
which may pass is repeated, with the note of its submission, as Airflow repeats a task.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterUnknownOutcomeError
from airflow_provider_partnercenter.client.protocol.budget import RequestBudget
from airflow_provider_partnercenter.client.settings import ClientSettings
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import After, Chance, Mix, Settings
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.submission import submit
from airflow_provider_partnercenter.qualification.vetting import Outcome
from airflow_provider_partnercenter.qualification.waiting.polling import wait_for_verdict
from airflow_provider_partnercenter.qualification.waiting.wait import Wait
from tests.support.desk import Notes
from tests.support.soak.fire import KINDS, credentials_of, posts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

CUSTOMERS = 1000
FAULT_RATE = 0.2
GRACE = 10.0
# Some requests are shown by reads only late, but within the grace.
LATE = Chance(0.3, GRACE - 1)
# So many "processes" share the work, each with a client of its own; a 429 pauses all calls of one.
CLIENTS, AT_ONCE = 5, 40
TRIES = 5
# So short that the token endpoint is asked often enough to meet its faults.
TOKEN_LIFETIME = 20


@dataclass
class Onboarding:
    """
    What came of one customer.

    :param outcome: the verdict; ``"unknown outcome"``, or the error of the last try.
    :param cleared: how many tries ended with an error that Airflow does not retry.
    """

    customer_id: str
    outcome: str
    tries: int
    cleared: int


def make_client(emulator: Emulator) -> AsyncPartnerCenterClient:
    settings = ClientSettings(credentials_of(emulator), emulator.url, ca_bundle=str(emulator.ca_file), timeout=30)
    client = AsyncPartnerCenterClient(settings)
    # Without a limit, but with the pauses; of its own, as in a process of its own.
    client.exchange = replace(client.exchange, budget=RequestBudget(0))
    return client


async def onboard(client: AsyncPartnerCenterClient, customer_id: str) -> Onboarding:
    request = SubmissionRequest.validated(customer_id, "Education", education_segment="K12")
    notes, cleared = Notes(), 0
    for number in range(1, TRIES + 1):
        try:
            procedure = submit(
                client.exchange, request, notes, tenant_id="partner", propagation_grace=GRACE, preflight_mode="warn"
            )
            submission = await client.run(procedure)
            if submission.verdict.outcome is not Outcome.IN_REVIEW:
                return Onboarding(customer_id, submission.verdict.outcome.value, number, cleared)
            now = client.exchange.now()
            wait = Wait(
                customer_id,
                "Education",
                started_at=now,
                deadline=now + 300,
                propagation_grace=GRACE,
                baseline=tuple(entry.to_dict() for entry in submission.baseline),
                poke_interval=3,
            )
            sighting = await client.run(wait_for_verdict(client.exchange, wait))
            return Onboarding(customer_id, sighting.verdict.outcome.value, number, cleared)
        except PartnerCenterUnknownOutcomeError:
            return Onboarding(customer_id, "unknown outcome", number, cleared)
        except PartnerCenterError as error:
            # What is not retried is told to a person, who finds nothing wrong and clears the task.
            cleared += not error.retryable
            last = error
    return Onboarding(customer_id, f"{TRIES} tries: {last}", TRIES, cleared)


async def onboard_all(emulator: Emulator, customers: Sequence[str]) -> list[Onboarding]:
    async def worker(client: AsyncPartnerCenterClient, queue: list[str]) -> list[Onboarding]:
        return [await onboard(client, queue.pop()) for _ in iter(lambda: bool(queue), False)]

    clients = [make_client(emulator) for _ in range(CLIENTS)]
    queues = [list(customers[number::CLIENTS]) for number in range(CLIENTS)]
    jobs = [worker(client, queue) for client, queue in zip(clients, queues, strict=True) for _ in range(AT_ONCE)]
    try:
        return [onboarding for part in await asyncio.gather(*jobs) for onboarding in part]
    finally:
        await asyncio.gather(*(client.close() for client in clients))


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Every attempt of every call that goes wrong is a warning; here they are tens of thousands."""
    caplog.set_level(logging.CRITICAL, "airflow_provider_partnercenter")


@pytest.mark.parametrize("seed", [int(seed) for seed in os.environ.get("SEEDS", "1").split(",")])
def test_a_thousand_onboardings(seed: int) -> None:
    mix = Mix(FAULT_RATE, KINDS, seed, slow=1.0, retry_after=0.5, late=LATE)
    settings = Settings(customers=CUSTOMERS, vetting=After(5), faults=mix, token_lifetime=TOKEN_LIFETIME)
    customers = [ordinary_id(number) for number in range(1, CUSTOMERS + 1)]
    denied = set(customers[::3])
    with Emulator(settings) as emulator:
        for customer in denied:
            emulator.configure(customer, vetting="seconds:5", verdict="deny:Not an Academic Domain")
        results = asyncio.run(onboard_all(emulator, customers))
        posts = posts_of(emulator)
        requests = emulator.journal(path="/v1/")
    struck = Counter(record["fault"] for record in requests)
    struck.pop(None, None)
    print(f"\n{len(requests)} requests, {sum(struck.values()) / len(requests):.1%} struck: {dict(struck)}")
    print(f"outcomes: {Counter(result.outcome for result in results)}")
    print(f"tries: {sorted(Counter(result.tries for result in results).items())}")
    print(f"tasks cleared by a person: {sum(result.cleared for result in results)}")
    print(f"POSTs of a customer that may have been carried out: {sorted(Counter(map(len, posts.values())).items())}")

    assert sorted(result.customer_id for result in results) == customers
    wrong = [r for r in results if r.outcome != ("denied" if r.customer_id in denied else "approved")]
    assert [r for r in wrong if r.outcome != "unknown outcome"] == [], "a wrong verdict, or none"
    for customer, sent in posts.items():
        assert len(sent) <= 2, f"{customer}: more than two POSTs"
        assert len({post["request_id"] for post in sent}) == 1, f"{customer}: another request id"
        # Whatever was carried out is shown within the grace, so a read could have told.
        assert sum(post["carried_out"] for post in sent[:-1]) == 0, f"{customer}: a POST after one that was carried out"
    refusals = Counter(
        (record["customer_id"], record["request_id"]) for record in requests if record["fault"] == "access-denied"
    )
    refused_twice = {customer for (customer, _), number in refusals.items() if number > 1}
    # Whatever was carried out is shown within the grace, so who does not know lost one that was not carried out. The
    # second was lost too, or refused for good.
    for result in wrong:
        sent = posts[result.customer_id]
        assert not any(post["carried_out"] for post in sent), f"{result}: a read could have told"
        refused = refusals[result.customer_id, sent[0]["request_id"]]
        assert len(sent) == 2 or refused > 1, f"{result}: it could have been sent again"
    assert {result.customer_id for result in results if result.cleared} <= refused_twice, (
        "only a token that is refused, and the fresh one as well, is for a person to look at"
    )
    assert sum(struck.values()) / len(requests) == pytest.approx(FAULT_RATE, abs=0.03)


@pytest.mark.parametrize("lost", [1, 2], ids=["one-answer-lost", "both-answers-lost"])
def test_what_nobody_can_know(lost: int) -> None:
    customers = [ordinary_id(number) for number in range(1, 51)]
    with Emulator(Settings(customers=len(customers))) as emulator:
        for customer in customers:
            # Carried out, and shown long after the grace.
            faults = [{"kind": "lost-answer", "methods": ["POST"], "times": lost}]
            emulator.configure(customer, propagation=3600, faults=faults)
        results = asyncio.run(onboard_all(emulator, customers))
        posts = posts_of(emulator)
    assert {result.outcome for result in results} == {"unknown outcome"}
    assert {len(sent) for sent in posts.values()} == {2}, "never a third"
    assert len(posts) == len(customers)


def test_what_a_person_finds_in_the_portal_is_found_by_the_cleared_task() -> None:
    customer = ordinary_id(1)
    with Emulator(Settings(customers=1, vetting=After(5))) as emulator:
        faults = [{"kind": "lost-answer", "methods": ["POST"], "times": 2}]
        emulator.configure(customer, propagation=GRACE * 3, faults=faults)
        assert [result.outcome for result in asyncio.run(onboard_all(emulator, [customer]))] == ["unknown outcome"]
        emulator.advance(GRACE * 3)
        assert [result.outcome for result in asyncio.run(onboard_all(emulator, [customer]))] == ["approved"]
        assert len(posts_of(emulator)[customer]) == 2
