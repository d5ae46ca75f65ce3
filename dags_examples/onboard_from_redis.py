"""
Start the onboardings that other programs ask for in a Redis stream: one run for each customer and event.

### When to choose it

When the programs that ask for onboardings must not wait for Airflow, or cannot call its REST API, and Redis is at hand.
A message is acknowledged only when its run exists. So it may be delivered more than once; but the run's id is made of
customer and event, and Airflow refuses a second run with that id. A run starts up to a minute after the message.

### Send

    XADD onboarding_events * event '{"customer_id": "…", "event_id": "order-4711", "qualification": "Education",
    "education_segment": "K12"}'

`event_id` is your id of the event. Without one, a customer is onboarded once. All other members are params of
`onboard_customer`. Send again what Redis did not answer: a repeated event starts nothing.

### What Redis must promise

`appendonly yes`, `appendfsync always` and `maxmemory-policy noeviction`: otherwise a message that Redis has answered
may be lost with the server. Redis 6.2 or newer. The stream must belong to this DAG alone, because it deletes what it
has acknowledged.

### Dead letters

What cannot start a run (not JSON, no customer, params that the DAG refuses, a DAG that does not exist) blocks nothing.
It goes to the stream `onboarding_dead_letters`, with its fields, the `reason` and the `original_id`, and the run of
this DAG fails, so that it reaches somebody. A message whose run Airflow cannot start at the moment is delivered again
after five minutes; after ten deliveries it is a dead letter, too. To see them all:

    XRANGE onboarding_dead_letters - +

Send a corrected event with `XADD`, and remove its dead letter with `XDEL onboarding_dead_letters <id>`. If the events
were right and something else was wrong, send all of them again: *Trigger* with *Replay the dead letters*, or
`airflow dags trigger onboard_from_redis -c '{"replay_dead_letters": true}'`.

### Make it yours

Install the provider with the extra `redis`, make the connection `redis_default`, copy this file into your DAGs folder,
and switch it on. In a Redis Cluster both streams need the same hash tag: `{onboarding}events` and
`{onboarding}dead_letters`.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow.sdk import Param, dag, task

from airflow_provider_partnercenter.tasks.queues import (
    QueuedOnboardings,
    Settle,
    Settlement,
    queue_connection,
    queue_errors_told,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTION = "redis_default"
STREAM = "onboarding_events"
DEAD_LETTERS = "onboarding_dead_letters"
# All workers are one consumer: what one of them left, each of the others may claim.
GROUP = CONSUMER = "airflow"
DAG_ID = "onboard_customer"

# How long a run takes messages; the next run goes on. Shorter than the interval of the schedule.
WORK_FOR = timedelta(seconds=50)
# A message that was delivered so long ago, and not acknowledged, is that of a worker that died or could not start its
# run. Airflow needs a minute or two to give up a call. If another worker is still at it, both find the same run.
FORGOTTEN_AFTER = timedelta(minutes=5)
MOST_DELIVERIES = 10


class Message(NamedTuple):
    """A message of the stream."""

    id: bytes
    fields: dict[bytes, bytes]
    deliveries: int


def make_group(redis: Any) -> None:
    """Make the group of readers, unless it is there. It begins with what was sent before."""
    from redis.exceptions import ResponseError

    try:
        redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
    # Fails here if the key is something else than a stream: a transaction takes back nothing.
    redis.xlen(DEAD_LETTERS)


def forgotten_messages(redis: Any, until: float) -> Iterator[Message]:
    """Yield what was delivered long ago and never acknowledged."""
    idle, cursor = int(FORGOTTEN_AFTER.total_seconds() * 1000), b"0-0"
    while time.monotonic() < until:
        cursor, entries, *_ = redis.xautoclaim(STREAM, GROUP, CONSUMER, idle, start_id=cursor, count=1)
        for message_id, fields in entries:
            # Redis 6.2 gives nothing for a message that somebody has deleted.
            if message_id is not None:
                for pending in redis.xpending_range(STREAM, GROUP, message_id, message_id, 1):
                    yield Message(message_id, fields, pending["times_delivered"])
        if cursor == b"0-0":
            return


def new_messages(redis: Any, until: float) -> Iterator[Message]:
    """Yield what was not delivered yet."""
    # One by one, which costs little beside the start of a run: every delivery is an attempt, and a worker that dies
    # leaves one message for later.
    while time.monotonic() < until:
        answer = dict(redis.xreadgroup(GROUP, CONSUMER, {STREAM: ">"}, count=1))
        if not answer:
            return
        for entries in answer.values():
            for message_id, fields in entries:
                yield Message(message_id, fields, 1)


def handle(onboardings: QueuedOnboardings, message: Message) -> Settlement:
    """Start the run that a message asks for, and say what to do with the message."""
    name = message.id.decode()
    if b"event" not in message.fields:
        found = b", ".join(message.fields).decode(errors="replace")
        return onboardings.refuse(name, f"It has no field 'event', but {found[:200]!r}")
    return onboardings.onboard(name, message.fields[b"event"], message.deliveries)


def settle(redis: Any, message: Message, settlement: Settlement) -> None:
    """Acknowledge a message and remove it, or move it to the dead letters, at once or not at all."""
    if settlement.how is Settle.LEAVE:
        return
    with redis.pipeline(transaction=True) as steps:
        if settlement.how is Settle.DEAD_LETTER:
            why = {b"reason": settlement.reason.encode(errors="replace"), b"original_id": message.id}
            steps.xadd(DEAD_LETTERS, {**message.fields, **why})
        steps.xack(STREAM, GROUP, message.id)
        # A stream keeps what was acknowledged, for ever.
        steps.xdel(STREAM, message.id)
        steps.execute()


def send_again(redis: Any) -> None:
    """Move all dead letters back into the stream."""
    for message_id, fields in redis.xrange(DEAD_LETTERS):
        own = {name: value for name, value in fields.items() if name not in (b"reason", b"original_id")}
        with redis.pipeline(transaction=True) as steps:
            steps.xadd(STREAM, own or fields)
            steps.xdel(DEAD_LETTERS, message_id)
            steps.execute()


@dag(
    schedule=timedelta(minutes=1),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    # Another run would take from the same stream; one does some hundred messages a minute.
    max_active_runs=1,
    # Copied without a look at it, it does nothing.
    is_paused_upon_creation=True,
    doc_md=__doc__,
    tags=["partnercenter"],
    # The time-out, because a Redis that accepts connections and never answers would hold the only run for ever.
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(minutes=10),
    },
    params={
        "replay_dead_letters": Param(
            False,
            type="boolean",
            title="Replay the dead letters",
            description="Move all dead letters back into the stream first.",
        ),
    },
)
def onboard_from_redis() -> None:
    """Start the runs that the messages of a stream ask for."""

    @task
    def take(params: dict[str, Any] | None = None) -> dict[str, int]:
        from airflow.providers.redis.hooks.redis import RedisHook
        from redis.exceptions import RedisError

        onboardings = QueuedOnboardings(dag_id=DAG_ID, most_deliveries=MOST_DELIVERIES)
        queue_connection(CONNECTION)
        with queue_errors_told(f"Redis (connection {CONNECTION})", RedisError, OSError):
            # Any, because the hook has no type hints.
            hook: Any = RedisHook(CONNECTION)
            redis = hook.get_conn()
            make_group(redis)
            if params and params["replay_dead_letters"]:
                send_again(redis)
            begin, budget = time.monotonic(), WORK_FOR.total_seconds()
            # What Airflow cannot start may take long each time, so it gets half of the time at the most.
            for source, share in ((forgotten_messages, 0.5), (new_messages, 1.0)):
                for message in source(redis, begin + share * budget):
                    settle(redis, message, handle(onboardings, message))
        return onboardings.conclude()

    take()


onboard_from_redis()
