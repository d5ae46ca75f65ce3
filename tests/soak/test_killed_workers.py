"""
A thousand onboardings under fire, each try an operating-system process that may be killed at any moment.

The answers mislead as well: denials without dates, dates that were never set, reads that show nothing. But
nobody sends a request that no decision named, and no verdict is wrong; what cannot be decided is an unknown outcome.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Chance, Mix, Settings
from tests.support.soak.fire import KINDS, credentials_of, posts_of
from tests.support.soak.worker import UNKNOWN, Job, work

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CUSTOMERS = int(os.environ.get("CUSTOMERS", "1000"))
AT_ONCE = 60
FAULT_RATE = 0.1
GRACE = 15.0
# Some requests are shown by reads only late, but within the grace, even if the emulator is slow to carry them out.
LATE = Chance(0.3, 5)
TRIES = 12
# The share of tries that are killed, and when at the latest.
KILLED, LATEST = 0.5, 8.0
REASON = "Not an Academic Domain"
HELD = {"qualification": "Education", "vettingStatus": "Denied", "vettingReason": REASON}
HELD_EARLIER = {**HELD, "vettingCreatedDate": "2025-06-15T00:00:00Z"}


@dataclass(frozen=True)
class Kind:
    """
    A kind of customer.

    :param outcome: the true verdict.
    :param changes: what its answers are like.
    :param resubmit_denied_of: names the denial that it begins with.
    :param decidable: whether a read can tell that a request was carried out.
    """

    outcome: str
    changes: Mapping[str, Any]
    resubmit_denied_of: str | None = None
    decidable: bool = True


DENY = {"vetting": "seconds:4", "verdict": f"deny:{REASON}"}
AGAIN = {**DENY, "vetting": "at-once", "dates": "none", "qualifications": [HELD], "spent_attempts": 1}
LOST = {"kind": "lost-answer", "methods": ["POST"]}
# Many are killed after their request was carried out and before they know.
SLOW = {"kind": "slow-headers", "methods": ["POST"], "seconds": 5, "times": None}
KIND = {
    "approved": Kind("approved", {"vetting": "seconds:4"}),
    "denied": Kind("denied", DENY),
    "denied without a date": Kind("denied", {**DENY, "dates": "none"}),
    "denied in year one": Kind("denied", {**DENY, "dates": "year-one"}),
    "approved with empty reads": Kind("approved", {"vetting": "seconds:7", "empty_reads": [2, 4]}),
    "denied with empty reads": Kind("denied", {**DENY, "vetting": "seconds:7", "empty_reads": [2, 4]}),
    "denied again at once in the same words": Kind("denied", AGAIN, REASON, decidable=False),
    "the same, and the first answer is lost": Kind("denied", {**AGAIN, "faults": [LOST]}, REASON, decidable=False),
    "the same, and answers are slow": Kind("denied", {**AGAIN, "faults": [SLOW]}, REASON, decidable=False),
    "approved, and answers are slow": Kind("approved", {"vetting": "seconds:4", "faults": [SLOW]}),
    "approved after a denial": Kind(
        "approved",
        {"vetting": "seconds:4", "qualifications": [HELD_EARLIER], "spent_attempts": 1},
        "2025-06-15T00:00:00+00:00",
    ),
}


@dataclass
class Story:
    """What became of one customer."""

    outcome: str
    tries: int
    signals: list[str]


def onboard(job: Job, chance: random.Random) -> Story:
    """Start one process after the other until there is a result, and kill some of them."""
    context = multiprocessing.get_context("forkserver")
    signals: list[str] = []
    for number in range(1, TRIES + 1):
        process = context.Process(target=work, args=(job,))
        process.start()
        if number < TRIES and chance.random() < KILLED:
            process.join(chance.uniform(0, LATEST))
            if process.is_alive():
                # A person marks it as failed, and clears it later; or the host is gone.
                how = chance.choice([signal.SIGTERM, signal.SIGKILL])
                signals.append(how.name)
                os.kill(process.pid or 0, how)
        process.join()
        if job.result.exists():
            return Story(job.result.read_text(), number, signals)
        time.sleep(0.2)
    return Story(f"no result after {TRIES} tries", TRIES, signals)


@pytest.mark.parametrize("seed", [int(seed) for seed in os.environ.get("SEEDS", "1").split(",")])
def test_a_thousand_onboardings_whose_processes_are_killed(seed: int, tmp_path: Path) -> None:
    mix = Mix(FAULT_RATE, KINDS, seed, slow=1.0, retry_after=0.5, late=LATE)
    names = list(KIND)
    name_of = {ordinary_id(number): names[number % len(names)] for number in range(1, CUSTOMERS + 1)}
    kind_of = {customer: KIND[name] for customer, name in name_of.items()}
    multiprocessing.set_forkserver_preload(["tests.support.soak.worker"])
    began = time.monotonic()
    with Emulator(Settings(customers=CUSTOMERS, faults=mix)) as emulator:
        for customer, kind in kind_of.items():
            emulator.configure(customer, **kind.changes)
        jobs = [
            Job(
                customer,
                str(tmp_path),
                emulator.url,
                str(emulator.ca_file),
                credentials_of(emulator),
                GRACE,
                kind.resubmit_denied_of,
            )
            for customer, kind in kind_of.items()
        ]
        with ThreadPoolExecutor(AT_ONCE) as supervisors:
            found = supervisors.map(onboard, jobs, (random.Random(f"{seed} {job.customer_id}") for job in jobs))
            stories = dict(zip(kind_of, found, strict=True))
        posts = posts_of(emulator)
    signals = Counter(name for story in stories.values() for name in story.signals)
    print(f"\nseed {seed}: {time.monotonic() - began:.0f} s; signals: {dict(signals)}")
    print(f"outcomes: {dict(Counter(story.outcome for story in stories.values()))}")
    unknown = Counter(name_of[customer] for customer, story in stories.items() if story.outcome == UNKNOWN)
    print(f"unknown outcome: {dict(unknown)}")
    print(f"tries: {sorted(Counter(story.tries for story in stories.values()).items())}")
    print(f"POSTs of a customer that may have been carried out: {sorted(Counter(map(len, posts.values())).items())}")

    for customer, story in stories.items():
        kind, sent = kind_of[customer], posts.get(customer, [])
        told = f"{customer}: {kind}, {story}, {[(post['status'], post['carried_out']) for post in sent]}"
        assert sum(post["carried_out"] for post in sent[:-1]) == 0, f"a POST after one that was carried out: {told}"
        assert len(sent) <= 2, f"more than two POSTs: {told}"
        assert len({post["request_id"] for post in sent}) <= 1, f"another request id: {told}"
        if story.outcome == UNKNOWN:
            assert not (kind.decidable and any(post["carried_out"] for post in sent)), f"a read could have told: {told}"
        else:
            assert story.outcome == kind.outcome, f"a wrong verdict, or none: {told}"
    assert signals["SIGTERM"]
    assert signals["SIGKILL"]
