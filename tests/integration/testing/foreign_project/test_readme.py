"""The DAG of the README, as a project that uses the provider would test it."""

from __future__ import annotations

from pathlib import Path

from dags import qualify_school

from airflow_provider_partnercenter.testing.partner_center import PartnerCenter  # noqa: TC001  # plainly, as others write it

README = (Path(__file__).parents[4] / "README.md").read_text()
APPROVED = "00000000-0000-4000-8001-000000000005"
DENIED = "00000000-0000-4000-8002-000000000005"


def test_the_readme_shows_it() -> None:
    assert f"```python\n{Path(qualify_school.__file__).read_text()}```" in README
    assert APPROVED in README
    assert DENIED in README
    assert len(README.splitlines()) <= 120


def test_an_approval(partnercenter: PartnerCenter) -> None:
    assert qualify_school.dag.test(run_conf={"customer_id": APPROVED}).state == "success"
    assert len(partnercenter.requests(APPROVED, method="POST")) == 1


def test_a_denial(partnercenter: PartnerCenter) -> None:
    assert qualify_school.dag.test(run_conf={"customer_id": DENIED}).state == "failed"
    assert len(partnercenter.requests(DENIED, method="POST")) == 1
