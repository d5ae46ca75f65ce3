"""Which findings are acknowledged, and which rows acknowledge one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.qualification.bulk.acknowledgements import mark, read_acknowledged
from airflow_provider_partnercenter.qualification.bulk.findings import FINE, Finding, Standing
from tests.support.bench import CUSTOMER

OTHER = "6f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f"
DENIED = Finding(CUSTOMER, "Contoso", "Education", "denied", "2026-05-20T09:30:00+00:00", "Not an Academic Domain", "x")
UNREADABLE = Finding(CUSTOMER, "Contoso", None, "unreadable", None, "GET failed (HTTP 403)", "x", "c0ffee")
ROW = {"customer_id": CUSTOMER, "qualification": "Education", "state": "denied", "since": None, "reason": None}


def row_of(finding):
    """What a person copies from a report."""
    return json.loads(json.dumps(to_plain(finding, complete=True)))


@pytest.mark.parametrize("state", [state for state in Standing if state not in FINE])
def test_a_finding_of_any_state_can_be_copied(state):
    finding = replace(UNREADABLE if state is Standing.UNREADABLE else DENIED, state=str(state))
    assert mark([finding], read_acknowledged([row_of(finding)])) == ([replace(finding, acknowledged=True)], [])


@pytest.mark.parametrize(
    ("finding", "acknowledged"),
    [
        pytest.param(DENIED, True, id="unchanged"),
        pytest.param(replace(DENIED, company_name="Contoso Ltd"), True, id="another-company-name"),
        pytest.param(replace(DENIED, hint="y"), True, id="another-hint"),
        pytest.param(replace(DENIED, reason="not an academic domain"), True, id="reason-in-another-spelling"),
        pytest.param(replace(DENIED, since="2026-05-20T11:30:00+02:00"), True, id="date-in-another-notation"),
        pytest.param(replace(DENIED, customer_id=OTHER), False, id="another-customer"),
        pytest.param(replace(DENIED, qualification="GovernmentCommunityCloud"), False, id="another-qualification"),
        pytest.param(replace(DENIED, state="lost"), False, id="another-state"),
        pytest.param(replace(DENIED, since="2026-05-21T09:30:00+00:00"), False, id="another-date"),
        pytest.param(replace(DENIED, since=None), False, id="no-date"),
        pytest.param(replace(DENIED, reason="Not an eligible Library"), False, id="another-reason"),
        pytest.param(replace(DENIED, reason=None), False, id="no-reason"),
    ],
)
def test_what_changes_is_new_again(finding, acknowledged):
    known = read_acknowledged([row_of(DENIED)])
    marked, unneeded = mark([finding], known)
    assert [each.acknowledged for each in marked] == [acknowledged]
    assert unneeded == ([] if acknowledged else list(known))


def test_a_person_may_write_the_row_in_another_spelling_and_add_keys():
    row = {**row_of(DENIED), "customer_id": f"{{{CUSTOMER.upper()}}}", "qualification": "education", "note": "closed"}
    assert mark([DENIED], read_acknowledged([row]))[1] == []


def test_nothing_is_acknowledged_twice_or_without_rows():
    assert mark([DENIED], read_acknowledged([])) == ([DENIED], [])
    assert len(read_acknowledged([row_of(DENIED), row_of(DENIED)])) == 1


def test_an_acknowledgement_that_is_not_needed_any_more_is_named():
    (unneeded,) = mark([], read_acknowledged([row_of(DENIED)]))[1]
    assert str(unneeded) == f"{CUSTOMER} Education denied"
    (unneeded,) = mark([], read_acknowledged([row_of(UNREADABLE)]))[1]
    assert str(unneeded) == f"{CUSTOMER} unreadable"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param("[{", "acknowledged must be a list, not '[{'", id="no-json"),
        pytest.param({"customer_id": CUSTOMER}, "acknowledged must be a list, not {", id="one-row"),
        pytest.param([5], "row 0 of 'acknowledged' is not a dictionary: 5", id="no-dictionary"),
        pytest.param([ROW, {}], "row 1 of 'acknowledged': customer_id is missing", id="empty"),
        *(
            pytest.param(
                [ROW, {k: v for k, v in ROW.items() if k != name}],
                f"row 1 of 'acknowledged': {name} is missing",
                id=f"without-{name}",
            )
            for name in ROW
        ),
        *(
            pytest.param(
                [{**ROW, name: 5}], f"row 0 of 'acknowledged': {name} must be a string or null, not 5", id=f"{name}-5"
            )
            for name in ROW
        ),
        pytest.param([{**ROW, "customer_id": "x"}], "row 0 of 'acknowledged': customer_id 'x' is not", id="customer"),
        pytest.param([{**ROW, "qualification": "Edu"}], "row 0 of 'acknowledged': qualification 'Edu'", id="unknown"),
        pytest.param([{**ROW, "qualification": None}], "row 0 of 'acknowledged': qualification ''", id="none"),
        pytest.param([{**ROW, "state": "denyed"}], "row 0 of 'acknowledged': state 'denyed' is not", id="state"),
        pytest.param([{**ROW, "state": "granted"}], "row 0 of 'acknowledged': state 'granted' is not", id="fine"),
        pytest.param([{**ROW, "state": None}], "row 0 of 'acknowledged': state None is not", id="no-state"),
    ],
)
def test_what_cannot_be_an_acknowledgement(rows, told):
    with pytest.raises(PartnerCenterInvalidRequestError) as caught:
        read_acknowledged(rows)
    assert caught.value.message.startswith(told)
    assert caught.value.hint
