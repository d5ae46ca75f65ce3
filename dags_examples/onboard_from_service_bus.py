"""
Not run against the service: onboardings that other programs ask for in a queue of Azure Service Bus.

It starts one run for each customer and event. It was type-checked, parsed, and run with a stand-in for the queue. Try
it with yours.

### When to choose it

When the programs that ask for onboardings cannot call Airflow's REST API or must not wait for it, and have Service Bus.
A run starts up to a minute after its message.

### Send

A message whose body is this JSON, in UTF-8; without a session:

    {"customer_id": "…", "event_id": "order-4711", "company_name": "Contoso", "qualification": "Education",
     "education_segment": "K12"}

`event_id` is your id of the event; without one, a customer is onboarded once. All other members are params of
`onboard_customer`; `company_name` is also the note of the run, for people (from Airflow 3.2 on). Send again what
Service Bus did not confirm: a repeated event starts nothing.

### What it promises

Messages are received under a lock (*peek-lock*), and completed only when their runs exist. So a message may be
delivered more than once, but the run's id is made of customer and event, and Airflow refuses a second run with that id.

### Dead letters

What cannot start a run (not JSON, no customer, params that the DAG refuses, a DAG that does not exist) blocks nothing.
It moves to the queue's own dead-letter queue, with the reason as its *DeadLetterErrorDescription*, and the run of this
DAG fails, so that somebody hears of it. A message whose run Airflow cannot start at the moment keeps its lock until
that expires, is then delivered again, and is a dead letter after nine times. (Below Airflow 3.3, this is so for
refused params too.)

To look at the dead letters, and to send them again, use *Service Bus Explorer* of the queue in the Azure portal.

### Make it yours

* The queue: without sessions; its *Max delivery count* is greater than `MOST_DELIVERIES` below, as the default of 10
  is. Else Service Bus takes a message away before this DAG can say why.
* The connection `azure_service_bus_default` of the type `azure_service_bus` has in its field *schema* (in the form of
  Airflow's provider for Microsoft Azure: *Connection String*) a connection string with the right *Listen*:
  `airflow connections add azure_service_bus_default --conn-type azure_service_bus --conn-schema 'Endpoint=sb://…'`
* Install the provider with the extra `servicebus`, name your queue below, copy this file into your DAGs folder, and
  switch the DAG on.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Connection, dag, task

from airflow_provider_partnercenter.tasks.queues import (
    QueuedOnboardings,
    Settle,
    Settlement,
    queue_errors_told,
    require_library,
)

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusReceivedMessage, ServiceBusReceiver

require_library("azure.servicebus", extra="servicebus")

# Airflow's log view hides what a task prints in a group that is closed.
log = logging.getLogger(__name__)

CONNECTION = "azure_service_bus_default"
QUEUE = "onboarding-events"
DAG_ID = "onboard_customer"

BATCH = 20
# Shorter than the schedule's interval: what comes later, the next run takes.
WORK_FOR = timedelta(seconds=50)
# An empty queue is asked for so long, in seconds.
WAIT = 5
# Less than the queue's own limit.
MOST_DELIVERIES = 9
# Service Bus takes no longer texts, in characters.
LONGEST_REASON = 4096


def body_of(message: ServiceBusReceivedMessage) -> Any:
    """Return the event of a message: its bytes, or the value that some libraries send instead."""
    from azure.servicebus.amqp import AmqpMessageBodyType

    return b"".join(message.body) if message.body_type is AmqpMessageBodyType.DATA else message.body


def handle(message: ServiceBusReceivedMessage, onboardings: QueuedOnboardings) -> Settlement:
    """Start the run that a message asks for, and return what to do with the message."""
    # Service Bus counts the deliveries before this one.
    deliveries = (message.delivery_count or 0) + 1
    return onboardings.onboard(f"{message.message_id}", body_of(message), deliveries)


def settle(receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage, settlement: Settlement) -> None:
    """Complete a message, or move it to the dead letters."""
    from azure.servicebus.exceptions import MessageLockLostError

    try:
        if settlement.how is Settle.DONE:
            receiver.complete_message(message)
        elif settlement.how is Settle.DEAD_LETTER:
            description = settlement.reason[:LONGEST_REASON]
            receiver.dead_letter_message(message, reason="OnboardingRefused", error_description=description)
        # What is left keeps its lock until that expires. If it was abandoned, it would be delivered again at once, and
        # its deliveries would be used up within seconds.
    except MessageLockLostError:
        log.warning("The lock of message %s was lost. It is delivered again.", message.message_id)


@dag(
    schedule=timedelta(minutes=1),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    # One worker does some hundred messages a minute.
    max_active_runs=1,
    # Copied without a look at it, it does nothing.
    is_paused_upon_creation=True,
    doc_md=__doc__,
    tags=["partnercenter"],
    default_args={
        "retries": 2,
        # Locks last a minute, unless the queue says something else: then a retry finds what the try before has left.
        "retry_delay": timedelta(minutes=1),
        # A service that never answers would hold the only run for ever.
        "execution_timeout": timedelta(minutes=10),
    },
)
def onboard_from_service_bus() -> None:
    """Start the runs that the messages of a queue ask for."""

    # The result is one dictionary.
    @task(task_display_name="Start what the messages ask for", multiple_outputs=False)
    def take() -> dict[str, int]:
        from azure.servicebus import AutoLockRenewer, ServiceBusClient, ServiceBusReceiveMode
        from azure.servicebus.exceptions import ServiceBusError

        onboardings = QueuedOnboardings(dag_id=DAG_ID, most_deliveries=MOST_DELIVERIES)
        deadline = time.monotonic() + WORK_FOR.total_seconds()
        where = f"Service Bus queue {QUEUE} (connection {CONNECTION})"
        # ValueError is what a connection string that is none raises.
        with queue_errors_told(where, ServiceBusError, OSError, ValueError):
            connection_string = Connection.get(CONNECTION).schema or ""
            with (
                # A lock may last shorter than a batch takes if Airflow is slow.
                AutoLockRenewer() as renewer,
                ServiceBusClient.from_connection_string(connection_string) as client,
                client.get_queue_receiver(
                    QUEUE, receive_mode=ServiceBusReceiveMode.PEEK_LOCK, auto_lock_renewer=renewer
                ) as receiver,
            ):
                while time.monotonic() < deadline:
                    batch = receiver.receive_messages(max_message_count=BATCH, max_wait_time=WAIT)
                    if not batch:
                        break
                    for message in batch:
                        settle(receiver, message, handle(message, onboardings))
                        if time.monotonic() > deadline:
                            # The rest is delivered again when its locks expire.
                            break
        return onboardings.conclude()

    take()


onboard_from_service_bus()
