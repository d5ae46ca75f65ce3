import pytest
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.testing.partner_center import PartnerCenter

from dags.onboard_school import onboard_school

CUSTOMER = ordinary_id(1)
dag = onboard_school()


@pytest.mark.partnercenter(vetting="seconds:86400")  # a day, which takes no time
def test_who_is_approved(partnercenter: PartnerCenter) -> None:
    assert dag.test(run_conf={"customer_id": CUSTOMER}).state == "success"
    [post] = partnercenter.requests(CUSTOMER, method="POST")
    assert post["body"] == {"qualification": "Education", "educationSegment": "K12"}


@pytest.mark.partnercenter(verdict="deny:Not an Education Customer")
def test_who_is_denied(partnercenter: PartnerCenter) -> None:
    assert dag.test(run_conf={"customer_id": CUSTOMER}).state == "failed"
    assert dag.test(run_conf={"customer_id": CUSTOMER}).state == "failed"
    # The second run does not spend another of the customer's three attempts.
    assert len(partnercenter.requests(CUSTOMER, method="POST")) == 1
