"""Where a task keeps what it remembers."""

from __future__ import annotations

import re

import pytest

from airflow_provider_partnercenter.storage.memory import variable_name


def test_the_name_tells_whose_memory_it_is():
    assert re.fullmatch(
        r"partnercenter_customers\.onboarding\.new_customers\.[0-9a-f]{8}",
        variable_name("partnercenter_customers", "onboarding", "new_customers"),
    )


def test_each_task_has_a_memory_of_its_own():
    tasks = [("a", "b.c", -1), ("a.b", "c", -1), ("a", "b", -1), ("a", "b", 0), ("a", "b", 1), ("a", "b.1", -1)]
    assert len({variable_name("prefix", *task) for task in tasks}) == len(tasks)


@pytest.mark.parametrize("name", ["x" * 250, "mit Leerzeichen/und ü", "a" * 249 + "."])
def test_the_name_is_one_that_airflow_accepts(name):
    assert re.fullmatch(r"[\w.-]{1,250}", variable_name("prefix", name, name))
