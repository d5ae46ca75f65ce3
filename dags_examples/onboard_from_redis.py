"""
Start the onboardings that other programs ask for in a Redis stream: one run for each customer and event.

### When to choose it

When the programs that ask for onboardings cannot call Airflow's REST API or must not wait for it, and a Redis is at
hand. A run starts up to a minute after its message.

### Send

    XADD onboarding_events * event '{"customer_id": "…", "event_id": "order-4711", "company_name": "Contoso",
    "qualification": "Education", "education_segment": "K12"}'

`event_id` is your id of the event; without one, a customer is onboarded once. All other members are params of
`onboard_customer`; `company_name` is also the note of the run, for people (from Airflow 3.2 on). Send again what Redis
did not answer: a repeated event starts nothing.

### What it promises

A message is acknowledged, and then deleted, only when its run exists. So it may be delivered more than once, but the
run's id is made of customer and event, and Airflow refuses a second run with that id. Redis must be set up for this:

* version 6.2 or newer, with `appendonly yes`, `appendfsync always` and `maxmemory-policy noeviction`: otherwise a
  message that Redis has answered may be lost with the server;
* the stream belongs to this DAG alone, which deletes what it has acknowledged; nobody trims it (`XADD … MAXLEN`).

### Dead letters

What cannot start a run (not JSON, no customer, params that the DAG refuses, a DAG that does not exist) blocks nothing.
It moves to the stream `onboarding_dead_letters`, with its fields, the `reason` and the `original_id`, and the run of
this DAG fails, so that somebody hears of it. A message whose run Airflow cannot start at the moment is delivered again
about every minute, and is a dead letter after 20 times. (Below Airflow 3.3, this is so for refused params too.)

    XRANGE onboarding_dead_letters - +

Send an event that was wrong once more with `XADD`, corrected, and remove its dead letter with `XDEL`. If the events
were right and something else was wrong, send all of them again: *Trigger* with *Send the dead letters again*, or
`airflow dags trigger onboard_from_redis -c '{"send_dead_letters_again": true}'`.

### Make it yours

Install the provider with the extra `redis`, make the connection `redis_default`, copy this file into your DAGs folder,
and switch the DAG on.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow.sdk import Param, dag, task

from airflow_provider_partnercenter.tasks.queues import (
    QueuedOnboardings,
    Settle,
    Settlement,
    queue_errors_told,
    require_library,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

require_library("airflow.providers.redis", extra="redis")

# Airflow's log view hides what a task prints in a group that is closed.
log = logging.getLogger(__name__)

CONNECTION = "redis_default"
STREAM = "onboarding_events"
DEAD_LETTERS = "onboarding_dead_letters"
DAG_ID = "onboard_customer"
# All workers are one consumer: there is one at a time, and names of their own would pile up in Redis.
GROUP = CONSUMER = "airflow"

BATCH = 50
# Shorter than the schedule's interval: what comes later, the next run takes.
WORK_FOR = timedelta(seconds=50)
# The same time, so that a retry finds all that the try before it has left. If the worker of such a message still lives,
# both ask for the same run, and Airflow starts it once.
LEFT_AFTER = RETRY_DELAY = timedelta(minutes=1)
# About one in a minute.
MOST_DELIVERIES = 20


class Message(NamedTuple):
    """A message of the stream."""

    id: bytes
    fields: dict[bytes, bytes]
    deliveries: int


def prepare(redis: Any) -> None:
    """Make the group of readers, unless it is there. It begins with what was sent before."""
    from redis.exceptions import ResponseError

    try:
        redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
    # This also fails if the key is anything but a stream. Later would be too late: Redis carries out the other commands
    # of a transaction although one of them fails.
    if waiting := redis.xlen(DEAD_LETTERS):
        log.warning("Dead letters that wait for a person, in the stream %s: %d.", DEAD_LETTERS, waiting)


def send_dead_letters_again(redis: Any) -> None:
    """Move all dead letters back into the stream of events."""
    while letters := redis.xrange(DEAD_LETTERS, count=BATCH):
        for letter_id, fields in letters:
            with redis.pipeline(transaction=True) as steps:
                steps.xadd(STREAM, fields)
                steps.xdel(DEAD_LETTERS, letter_id)
                steps.execute()


def messages(redis: Any) -> Iterator[Message]:
    """Yield new messages in batches, and one that was left after each batch: neither kind waits for the other."""
    left = left_messages(redis)
    while True:
        nothing = True
        for message in chain(new_messages(redis), islice(left, 1)):
            nothing = False
            yield message
        if nothing:
            return


def new_messages(redis: Any) -> Iterator[Message]:
    """Yield a batch of what was not delivered yet."""
    for _, entries in redis.xreadgroup(GROUP, CONSUMER, {STREAM: ">"}, count=BATCH):
        for message_id, fields in entries:
            yield Message(message_id, fields, 1)


def left_messages(redis: Any) -> Iterator[Message]:
    """Yield what was delivered and not acknowledged: a dead worker's, or what could not be started."""
    cursor, age = b"0-0", int(LEFT_AFTER.total_seconds() * 1000)
    while True:
        # One by one, because whatever is claimed has been delivered once more, whether there is time for it or not.
        cursor, entries, *_ = redis.xautoclaim(STREAM, GROUP, CONSUMER, age, start_id=cursor, count=1)
        for message_id, fields in entries:
            # Redis 6.2 gives None for what somebody has deleted; newer ones forget it.
            if message_id is not None:
                for pending in redis.xpending_range(STREAM, GROUP, message_id, message_id, 1):
                    yield Message(message_id, fields, pending["times_delivered"])
        if cursor == b"0-0":
            return


def handle(message: Message, onboardings: QueuedOnboardings) -> Settlement:
    """Start the run that a message asks for, and return what to do with the message."""
    name = message.id.decode()
    if b"event" not in message.fields:
        found = b", ".join(message.fields).decode(errors="replace")
        return onboardings.refuse(name, f"It has no field 'event', but {found[:200]!r}")
    return onboardings.onboard(name, message.fields[b"event"], message.deliveries)


def settle(redis: Any, message: Message, settlement: Settlement) -> None:
    """Acknowledge a message and delete it, or move it to the dead letters: all of it or nothing."""
    if settlement.how is Settle.LEAVE:
        return
    with redis.pipeline(transaction=True) as steps:
        if settlement.how is Settle.DEAD_LETTER:
            about = {b"reason": settlement.reason.encode(errors="replace"), b"original_id": message.id}
            steps.xadd(DEAD_LETTERS, {**message.fields, **about})
        steps.xack(STREAM, GROUP, message.id)
        # A stream keeps for ever what was acknowledged.
        steps.xdel(STREAM, message.id)
        steps.execute()


@dag(
    schedule=timedelta(minutes=1),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    # So what another run has left is not being worked on, unless Airflow took a worker for dead that lives.
    max_active_runs=1,
    # Copied without a look at it, it does nothing.
    is_paused_upon_creation=True,
    doc_md=__doc__,
    tags=["partnercenter"],
    default_args={
        "retries": 2,
        "retry_delay": RETRY_DELAY,
        # A Redis that accepts connections and never answers would hold the only run for ever.
        "execution_timeout": timedelta(minutes=10),
    },
    params={
        "send_dead_letters_again": Param(
            False,
            type="boolean",
            title="Send the dead letters again",
            description="Move all dead letters back into the stream of events, before anything else.",
        ),
    },
)
def onboard_from_redis() -> None:
    """Start the runs that the messages of a stream ask for."""

    # The result is one dictionary.
    @task(task_display_name="Start what the messages ask for", multiple_outputs=False)
    def take(params: dict[str, Any] | None = None) -> dict[str, int]:
        from airflow.providers.redis.hooks.redis import RedisHook
        from redis.exceptions import RedisError

        onboardings = QueuedOnboardings(dag_id=DAG_ID, most_deliveries=MOST_DELIVERIES)
        deadline = time.monotonic() + WORK_FOR.total_seconds()
        with queue_errors_told(f"Redis (connection {CONNECTION})", RedisError, OSError):
            # Any, because the hook has no type hints.
            hook: Any = RedisHook(CONNECTION)
            redis = hook.get_conn()
            prepare(redis)
            if params and params["send_dead_letters_again"]:
                send_dead_letters_again(redis)
            for message in messages(redis):
                settle(redis, message, handle(message, onboardings))
                if time.monotonic() > deadline:
                    break
        return onboardings.conclude()

    take()


onboard_from_redis()
