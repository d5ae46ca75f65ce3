"""Whatever a sender sends, it is an onboarding event or refused with our own error; nothing else is raised."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.onboarding.events import LONGEST, read_event
from airflow_provider_partnercenter.onboarding.run_ids import onboarding_run_id
from tests.support.generated import examples

CUSTOMER = "0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"
OTHER = "1b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f"

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
customers = st.sampled_from([CUSTOMER, CUSTOMER.upper(), OTHER]) | values
objects = st.fixed_dictionaries(
    {}, optional={"customer_id": customers, "event_id": values, "qualification": values, "extra": values}
)
documents = objects | values
bodies = (
    documents
    | documents.map(json.dumps)
    | documents.map(lambda document: json.dumps(document).encode())
    | st.binary(max_size=60)
    | st.text(max_size=60)
)


@examples(500)
@given(bodies, st.none() | customers)
def test_any_body_is_an_event_or_refused(body: object, key: object) -> None:
    try:
        event = read_event(body, key)
    except PartnerCenterInvalidRequestError:
        return
    assert event.conf["customer_id"] == event.customer_id
    assert event.run_id.startswith(onboarding_run_id(event.customer_id))
    assert len(json.dumps(event.conf, ensure_ascii=False, allow_nan=False).encode()) <= LONGEST + 100
