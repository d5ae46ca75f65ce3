"""What a person reads in Airflow's log view when a task fails for a reason that somebody can mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from testbed.patience import LocalAirflowError

if TYPE_CHECKING:
    from testbed.local_airflow import LocalAirflow

# Characters that the log view shows in a window of 1440 pixels without scrolling sideways.
WIDTH = 105
GUID = "[0-9a-f-]{36}"


@pytest.fixture(scope="module")
def run_id(airflow: LocalAirflow) -> str:
    run_id = airflow.trigger("endings")
    assert airflow.wait_for_run("endings", run_id) == "failed"
    return run_id


def test_a_failed_test_would_show_these_logs(airflow: LocalAirflow, run_id: str) -> None:
    with pytest.raises(LocalAirflowError, match="is failed, not success") as caught:
        airflow.wait_for_success("endings", run_id)
    assert "denied -1:" in str(caught.value)
    assert "Microsoft denied Education: Not an Education Customer" in str(caught.value)


@pytest.mark.parametrize(
    ("task", "what", "what_to_do", "ids"),
    [
        ("denied", "Microsoft denied Education: Not an Education Customer", "correct its legal name", True),
        ("wrong_argument", "customer_id 'contoso' is not a GUID", "Microsoft ID", False),
        ("missing_field", "Connection 'missing_field': 'tenant_id' is missing", "give the partner's tenant id", False),
        ("wrong_secret", "AADSTS7000215", "check the client secret", True),
        ("unreachable_host", "localhost:1", "check 'host'", True),
        ("unreachable_login", "https://localhost:1", "check 'host' and 'authority'", True),
    ],
)
def test_it_says_what_what_to_do_and_the_ids(
    task: str, what: str, what_to_do: str, ids: bool, airflow: LocalAirflow, run_id: str
) -> None:
    records: list[dict[str, Any]] = airflow.rest(
        "GET", f"/dags/endings/dagRuns/{run_id}/taskInstances/{task}/logs/1", full_content=True
    )["content"]
    errors = [record for record in records if record.get("level") == "error"]
    *lines, crash = [record["event"] for record in errors]
    assert crash == "Task failed with exception"
    assert max(map(len, lines)) <= WIDTH
    advice = next(number for number, line in enumerate(lines) if line.startswith("What to do: "))
    assert what in " ".join(line.strip() for line in lines[:advice])
    assert what_to_do in " ".join(line.strip() for line in lines[advice:])
    assert lines[-1].startswith("[correlation id ") is ids
    # One exception, and none that led to it.
    assert len(errors[-1]["error_detail"]) == 1
