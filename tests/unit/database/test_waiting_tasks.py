"""The tables are Airflow's own, in a database of SQLite that nobody else uses."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.since_airflow("3.2", "commands of providers")

CUSTOMER, OTHER = "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f", "1b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"
BEGAN = datetime(2026, 11, 1, 12, tzinfo=UTC)
TRIGGERS = "airflow_provider_partnercenter.triggers"
SENSOR, DENIAL = "PartnerCenterQualificationSensor", "PartnerCenterDenialOperator"


class World:
    """A database, and what is put into it."""

    def __init__(self, session):
        self.session = session
        self.number = 0

    def task(self, state, *, operator=SENSOR, trigger=None, arguments=None, form=None, answered=None, timeout=None):
        """Add a task instance; a later one began later. Return its id."""
        from airflow.models.hitl import HITLDetail
        from airflow.models.renderedtifields import RenderedTaskInstanceFields
        from airflow.models.taskinstance import TaskInstance
        from sqlalchemy import insert

        self.number += 1
        key = {"dag_id": "onboard", "task_id": f"t{self.number}", "run_id": "run", "map_index": -1}
        ti_id = uuid.uuid4()
        self.session.execute(
            insert(TaskInstance).values(
                id=ti_id,
                **key,
                state=state,
                operator=operator,
                start_date=BEGAN + timedelta(minutes=self.number),
                trigger_id=self.trigger(*trigger) if trigger else None,
                trigger_timeout=timeout,
                pool="default_pool",
            )
        )
        if arguments is not None:
            self.session.execute(insert(RenderedTaskInstanceFields).values(**key, rendered_fields=arguments))
        if form is not None:
            values = {"options": ["Resubmit"], "subject": "?", "params": form, "params_input": {}}
            self.session.execute(insert(HITLDetail).values(ti_id=ti_id, responded_at=answered, **values))
        return key["task_id"]

    def trigger(self, classpath, arguments):
        from airflow.models.trigger import Trigger

        trigger = Trigger(classpath=classpath, kwargs=arguments, created_date=BEGAN)
        self.session.add(trigger)
        self.session.flush()
        return trigger.id

    def found(self):
        from airflow_provider_partnercenter.database.waiting_tasks import read_waiting_tasks

        return read_waiting_tasks(self.session)


@pytest.fixture
def world():
    import airflow.models
    from airflow.models.base import Base
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    airflow.models.import_all_models()
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield World(session)
    engine.dispose()


def wait(customer=CUSTOMER, qualification="Education"):
    return {"partnercenter_conn_id": "p", "wait": {"customer_id": customer, "qualification": qualification}}


def test_who_is_waited_for(world):
    one, many = f"{TRIGGERS}.qualification.PartnerCenterQualificationTrigger", f"{TRIGGERS}.bulk.PartnerCenterBulk"
    many += "QualificationTrigger"
    about = {"about": {"value": f"{OTHER} Education"}}
    arguments = {"customer_id": CUSTOMER, "qualification": "StateOwnedEntity"}
    entries = [{"customer_id": OTHER, "qualification": "Education", "outcome": "in_review"}]
    until = BEGAN + timedelta(days=7)
    expected = {
        world.task("deferred", trigger=(one, wait()), timeout=until): [(CUSTOMER, "Education")],
        # Its class is another one, but its trigger is ours.
        world.task("deferred", operator="OurOwnSensor", trigger=(one, wait(OTHER))): [(OTHER, "Education")],
        world.task(
            "deferred", operator="PartnerCenterQualifyCustomersOperator", trigger=(many, {"entries": entries})
        ): [(OTHER, "Education")],
        world.task("up_for_reschedule", arguments=arguments): [(CUSTOMER, "StateOwnedEntity")],
        # Airflow no longer has its arguments.
        world.task("up_for_reschedule"): [],
        world.task("awaiting_input", operator=DENIAL, form=about, arguments=arguments): [(OTHER, "Education")],
        # On 3.2, a question is a deferral.
        world.task("deferred", operator=DENIAL, form=about, trigger=("airflow.providers.standard.HITL", {})): [
            (OTHER, "Education")
        ],
        world.task("running", arguments=arguments): [(CUSTOMER, "StateOwnedEntity")],
        world.task("up_for_retry", arguments=arguments): [(CUSTOMER, "StateOwnedEntity")],
    }
    world.task("scheduled")
    world.task("success", arguments=arguments)
    world.task("failed", arguments=arguments)
    world.task("running", operator="BashOperator", arguments=arguments)
    world.task("deferred", operator="DateTimeSensorAsync", trigger=("airflow.triggers.temporal", wait()))
    found = world.found()
    assert {task.task_id: list(task.customers.awaited) for task in found} == expected
    assert [task.task_id for task in found] == list(expected)
    first = found[0]
    assert (first.dag_id, first.run_id, first.map_index, first.operator) == ("onboard", "run", -1, SENSOR)
    assert (first.state, first.since, first.until) == ("deferred", BEGAN, until)
    assert found[3].since == BEGAN + timedelta(minutes=4)
    assert found[3].until is None


def test_an_answered_question_is_none(world):
    form = {"about": {"value": f"{OTHER} Education"}}
    world.task("running", operator=DENIAL, form=form, answered=BEGAN)
    assert world.found() == []


def test_arguments_that_cannot_be_decrypted(world):
    from airflow.models.trigger import Trigger

    world.task("deferred", trigger=(f"{TRIGGERS}.qualification.PartnerCenterQualificationTrigger", wait()))
    world.session.query(Trigger).update({"encrypted_kwargs": "of another key"})
    world.session.expire_all()
    (task,) = world.found()
    assert (task.customers.awaited, task.customers.count) == ((), None)


def test_no_database(monkeypatch):
    from sqlalchemy.exc import OperationalError

    from airflow_provider_partnercenter.database import reading, waiting_tasks

    def refuse(session):
        raise OperationalError("select secrets", {}, Exception("no such table"))

    monkeypatch.setattr(waiting_tasks, "read_waiting_tasks", refuse)
    with pytest.raises(reading.NoDatabaseError, match=r"^OperationalError$"):
        waiting_tasks.waiting_tasks()
