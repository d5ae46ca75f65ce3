"""What a task remembers of its question: from try to try, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.qualification.asking.answer import Answer
from airflow_provider_partnercenter.qualification.asking.steps import Memory
from airflow_provider_partnercenter.storage.answers import answers_of
from tests.support.task_modes import TaskStateStore

DENIAL = "2026-01-02T03:04:05+00:00"
ANSWER = Answer("Resubmit", "anna", "7", "2026-01-03", resubmit_denied_of=DENIAL, website="contoso.edu")


@pytest.mark.parametrize(
    "memory",
    [Memory(3), Memory(3, "a denial"), Memory(4, "a denial", ANSWER), Memory(3, None, ANSWER, "a customer Education")],
)
def test_another_try_finds_it(memory):
    context: Any = {"task_state_store": TaskStateStore()}
    assert answers_of(context).load() is None
    answers_of(context).save(memory)
    assert answers_of(context).load() == memory


def test_without_a_store_nothing_is_remembered():
    answers = answers_of({})
    answers.save(Memory(3, "a denial", ANSWER))
    assert answers.load() is None


@pytest.mark.parametrize(("method", "done"), [("get", "read"), ("set", "written")])
def test_a_store_that_fails_is_an_outage(monkeypatch, method, done):
    def fail(*_, **__):
        raise ConnectionError("away")

    store = TaskStateStore()
    monkeypatch.setattr(store, method, fail)
    context: Any = {"task_state_store": store}
    answers = answers_of(context)
    with pytest.raises(PartnerCenterServiceUnavailableError, match=rf"could not be {done} .*ConnectionError: away"):
        answers.load() if method == "get" else answers.save(Memory(3))
