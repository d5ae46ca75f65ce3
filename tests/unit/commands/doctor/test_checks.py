from __future__ import annotations

from airflow_provider_partnercenter.commands.doctor.checks import CHECKS


def test_each_check_comes_after_those_that_it_needs():
    for number, check in enumerate(CHECKS):
        assert set(check.needs) <= {before.name for before in CHECKS[:number]}, check.name


def test_each_check_has_a_name_of_its_own():
    assert len({check.name for check in CHECKS}) == len(CHECKS)
