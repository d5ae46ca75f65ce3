from __future__ import annotations

import pytest

from airflow_provider_partnercenter.commands.doctor.command import row_of, summary_of
from airflow_provider_partnercenter.commands.doctor.examination import Result, failed, ok, skipped, warning

OK, SKIPPED = Result("a", ok("fine")), Result("b", skipped("not used"))
WARNING, FAILED = Result("c", warning("odd", "look")), Result("d", failed("wrong", "mend"))


@pytest.mark.parametrize(
    ("results", "says"),
    [
        ([OK], "Nothing is wrong, as far as can be seen from this machine."),
        ([OK, SKIPPED], "Nothing is wrong, as far as can be seen from this machine."),
        ([OK, WARNING, SKIPPED], "Findings: 1 with a warning, 1 not checked."),
        ([FAILED, FAILED, WARNING], "Findings: 2 failed, 1 with a warning."),
        ([FAILED] * 10, "Findings: 10 failed."),
    ],
)
def test_summary(results, says):
    assert summary_of(results) == says


def test_a_finding_is_a_row():
    assert row_of(FAILED) == {"check": "d", "status": "failed", "finding": "wrong", "remedy": "mend"}
