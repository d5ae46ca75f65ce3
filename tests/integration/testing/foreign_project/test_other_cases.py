"""More tests of a project that uses the provider. Its conftest is empty."""

from __future__ import annotations

import pytest
from dags.onboard_school import onboard_school
from dags.other_cases import many, news

from airflow_provider_partnercenter.emulator.magic import id_of, ordinary_id
from airflow_provider_partnercenter.testing.partner_center import PartnerCenter  # noqa: TC001  # plainly, as others write it

CUSTOMER = ordinary_id(1)


def onboard(customer_id: str = CUSTOMER) -> str:
    return str(onboard_school().test(run_conf={"customer_id": customer_id}).state)


def test_an_answer_that_is_lost(partnercenter: PartnerCenter) -> None:
    customer = "lost-answer"
    partnercenter.emulator.configure(customer, vetting="at-once")
    assert onboard(id_of(customer)) == "success"
    assert len(partnercenter.requests(customer, method="POST")) == 1


@pytest.mark.partnercenter(limit="sliding:2/1")
def test_who_is_slowed_down(partnercenter: PartnerCenter) -> None:
    assert onboard() == "success"
    assert 429 in {request["status"] for request in partnercenter.requests()}


def test_many(partnercenter: PartnerCenter) -> None:
    partnercenter.emulator.configure(ordinary_id(3), verdict="deny")
    rows = [
        {"customer_id": ordinary_id(number), "qualification": "Education", "education_segment": "K12"}
        for number in range(1, 6)
    ]
    many.test(run_conf={"customers": rows})
    posts = partnercenter.requests(method="POST")
    assert {post["customer_id"] for post in posts} == {row["customer_id"] for row in rows}
    assert len(posts) == len(rows)


@pytest.mark.partnercenter(customers=0)
def test_a_customer_who_appears(partnercenter: PartnerCenter) -> None:
    news.test()
    customer = partnercenter.emulator.configure(ordinary_id(1), company={"company_name": "Elm School"})
    [found] = news.test().get_task_instance("new").xcom_pull(task_ids="new")
    assert (found["customer_id"], found["company_name"]) == (customer, "Elm School")
