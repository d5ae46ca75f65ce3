from __future__ import annotations

from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.qualification.bulk.report import Entry
from airflow_provider_partnercenter.tasks.telling.many import many
from tests.support.bench import CUSTOMER, EPOCH


def test_many():
    entries = [Entry((0,), CUSTOMER, "Education", "in_review"), Entry((1,), "b", "Education", "failed", error="why")]
    found = many(
        entries, connection_id="partner", path=None, waiting_since=EPOCH, until=EPOCH + 9, waits=True
    ).to_dict()
    assert (found["phase"], found["counts"]["in_review"], found["counts"]["total"]) == ("waiting", 1, 2)
    assert (found["waiting_since"], found["until"]) == (moment(EPOCH), moment(EPOCH + 9))
    assert [(each["customer_id"], each["outcome"]) for each in found["customers"]] == [
        (CUSTOMER, "in_review"),
        ("b", "failed"),
    ]
    stored = many(entries, connection_id="partner", path="s3://b/f", deferral_id="1", waits=False).to_dict()
    assert ("customers" in stored, stored["path"], stored["deferral_id"]) == (False, "s3://b/f", "1")
