from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import WebhookRegistration
from airflow_provider_partnercenter.qualification.webhooks.event import BEGINNINGS
from airflow_provider_partnercenter.qualification.webhooks.registration import (
    Step,
    events_to_register,
    next_step,
    without_secrets,
)

WANTED = WebhookRegistration("https://airflow.example/webhook", ("test-created", "invoice-ready"))
SAME = WebhookRegistration("https://airflow.example/webhook", ("Invoice-Ready", "test-created"), subscriber_id="s")
OTHER = WebhookRegistration("https://other.example/webhook", WANTED.webhook_events)
FEWER = WebhookRegistration(WANTED.webhook_url, ("test-created",))
IN_OTHER_HEADER = WebhookRegistration(WANTED.webhook_url, WANTED.webhook_events, True)

OFFERED = [
    "subscription-updated",
    "Reseller-Relationship-Accepted-By-Customer",
    "usagerecords-thresholdExceeded",
    "test-created",
    "granular-admin-relationship-approved",
]


@pytest.mark.parametrize(
    ("existing", "replace", "step"),
    [
        (None, False, Step.CREATE),
        (None, True, Step.CREATE),
        (WANTED, False, Step.KEEP),
        (WANTED, True, Step.KEEP),
        (SAME, False, Step.KEEP),
        (SAME, True, Step.KEEP),
        (OTHER, False, Step.REFUSE),
        (OTHER, True, Step.REPLACE),
        (FEWER, False, Step.REFUSE),
        (FEWER, True, Step.REPLACE),
        (IN_OTHER_HEADER, False, Step.REFUSE),
        (IN_OTHER_HEADER, True, Step.REPLACE),
    ],
)
def test_what_to_do_about_what_is_there(existing, replace, step):
    assert next_step(existing, WANTED, replace=replace) is step


@pytest.mark.parametrize(
    ("asked", "events"),
    [
        pytest.param(None, (OFFERED[1], "test-created", OFFERED[4]), id="by-default"),
        pytest.param([], (OFFERED[1], "test-created", OFFERED[4]), id="empty"),
        pytest.param(["subscription-updated"], ("subscription-updated", "test-created"), id="one"),
        pytest.param(["TEST-CREATED"], ("test-created",), id="only-the-test"),
        pytest.param(
            ["usageRecords-ThresholdExceeded", "usagerecords-thresholdexceeded"],
            ("usagerecords-thresholdExceeded", "test-created"),
            id="in-any-spelling",
        ),
    ],
)
def test_the_events_to_register_for(asked, events):
    assert events_to_register(asked, OFFERED) == events


def test_a_tenant_without_the_test_cannot_register_for_it():
    assert events_to_register(None, [*BEGINNINGS]) == (*BEGINNINGS,)


@pytest.mark.parametrize(
    ("asked", "offered", "problem", "what_to_do"),
    [
        (["grow-wings"], OFFERED, "the tenant does not offer 'grow-wings' as", ", ".join(OFFERED)),
        (["b", "invoice-ready", "a", "b"], ["invoice-ready"], "does not offer 'a', 'b' as", "offers: invoice-ready"),
        ([""], OFFERED, "the tenant does not offer '' as", "subscription-updated"),
        (["test-created"], [], "the tenant does not offer 'test-created' as", "offers: none"),
        (None, ["test-created", "invoice-ready"], "none of the events with which a customer", "test-created, invoice"),
        (None, [], "none of the events with which a customer", "offers: none"),
    ],
)
def test_what_the_tenant_does_not_offer_is_refused_with_what_it_offers(asked, offered, problem, what_to_do):
    with pytest.raises(PartnerCenterInvalidRequestError, match=problem) as caught:
        events_to_register(asked, offered)
    assert what_to_do in caught.value.hint


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://airflow.example/webhook", "https://airflow.example/webhook"),
        ("https://airflow.example:8443", "https://airflow.example:8443"),
        ("https://a.example/w?sig=hidden&sp=%2Fhidden%2F", "https://a.example/w?sig=***&sp=***"),
        ("https://a.example/w?hidden", "https://a.example/w?***"),
        ("https://a.example/w?=hidden", "https://a.example/w?***"),
        ("https://a.example/w?a=hidden&hidden", "https://a.example/w?a=***&***"),
        ("https://user:hidden@a.example/w#hidden", "https://***@a.example/w"),
        ("https://hidden@[::1]:8443/w", "https://***@[::1]:8443/w"),
        ("https://[hidden", "***"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_what_may_be_a_secret(address, shown):
    assert without_secrets(address) == shown
