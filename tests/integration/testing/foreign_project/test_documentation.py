"""The DAGs and the tests that the documentation shows whole, as a project that uses the provider has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from dags import onboard_school, qualify_school

from airflow_provider_partnercenter.testing.partner_center import PartnerCenter  # noqa: TC001  # plainly, as others write it

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
APPROVED = "00000000-0000-4000-8001-000000000005"
DENIED = "00000000-0000-4000-8002-000000000005"
DAGS = {"README.md": qualify_school.dag, "docs/getting-started/quick-start.md": onboard_school.onboard_school()}


@pytest.mark.parametrize(
    ("page", "file"),
    [
        ("README.md", "dags/qualify_school.py"),
        ("docs/getting-started/quick-start.md", "dags/onboard_school.py"),
        ("docs/guides/test-your-dags.md", "test_onboarding.py"),
    ],
)
def test_a_page_shows_the_file(page: str, file: str) -> None:
    assert f"```python\n{(HERE / file).read_text()}```" in (ROOT / page).read_text()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


@pytest.mark.parametrize("page", DAGS)
@pytest.mark.parametrize(("customer", "state"), [(APPROVED, "success"), (DENIED, "failed")])
def test_the_dag_of_a_page(partnercenter: PartnerCenter, page: str, customer: str, state: str) -> None:
    assert f'-c \'{{"customer_id": "{customer}"}}\'' in (ROOT / page).read_text()
    assert DAGS[page].test(run_conf={"customer_id": customer}).state == state
    assert len(partnercenter.requests(customer, method="POST")) == 1
