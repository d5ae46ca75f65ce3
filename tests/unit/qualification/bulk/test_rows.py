"""The rows of a bulk request: what is merged, what is refused, and that one row does not spoil another."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.qualification.bulk.rows import read_rows

A, B = "5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f", "6a0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f"


def education(customer=A, **members):
    return {"customer_id": customer, "qualification": "Education", "education_segment": "K12", **members}


def soe(customer=A):
    return {"customer_id": customer, "qualification": "StateOwnedEntity"}


def gcc(customer=A, **members):
    return {"customer_id": customer, "qualification": "GovernmentCommunityCloud", "validation_code": "1", **members}


def test_rows_keep_their_order_and_numbers():
    rows = read_rows([education(B), soe(A), education(A)])
    assert [(row.numbers, row.customer_id, row.qualification) for row in rows] == [
        ((0,), B, "Education"),
        ((1,), A, "StateOwnedEntity"),
        ((2,), A, "Education"),
    ]
    assert all(row.request and not row.error for row in rows)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(education(), education(), id="twice"),
        pytest.param(education(), education(A.upper()), id="letter-case"),
        pytest.param(education(), education(education_segment="k-12"), id="spelling"),
        pytest.param(education(website="contoso.edu"), education(), id="one-says-more"),
        pytest.param(education(education_segment=None), education(website="contoso.edu"), id="each-says-something"),
    ],
)
def test_rows_for_the_same_are_merged(first, second):
    (row,) = read_rows([first, second])
    assert row.numbers == (0, 1)
    assert row.request.education_segment == "K12"
    websites = {first.get("website"), second.get("website")} - {None}
    assert row.request.website == (websites.pop() if websites else None)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param(
            [education(), education(education_segment="HigherEducation")],
            "rows 0, 1 .* different values of education_segment",
            id="segment",
        ),
        pytest.param([education(website="a.edu"), education(website="b.edu")], "'a.edu' and 'b.edu'", id="website"),
        pytest.param([education(), gcc()], "rows 0, 1 request both Education.* exclude each other", id="rivals"),
    ],
)  # fmt: skip
def test_rows_that_contradict_each_other_are_all_refused(rows, told):
    found = read_rows([*rows, education(B)])
    assert [row.request is None for row in found][-1] is False
    refused = [row for row in found if row.error]
    assert sorted(number for row in refused for number in row.numbers) == [0, 1]
    for row in refused:
        with pytest.raises(PartnerCenterInvalidRequestError, match=told):
            raise row.error


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("contoso", "the row is not a dictionary: 'contoso'"),
        (None, "the row is not a dictionary: None"),
        ({}, "customer_id None is not a GUID"),
        ({"customer_id": "contoso", "qualification": "Education"}, "customer_id 'contoso' is not a GUID"),
        ({"customer_id": A}, "qualification '' is unknown"),
        ({"customer_id": A, "qualification": "Charity"}, "qualification 'Charity' is unknown"),
        ({"customer_id": A, "qualification": "None"}, "qualification None cannot be requested"),
        ({"customer_id": A, "qualification": "Education"}, "education_segment is missing"),
        (education(education_segment="University"), "education_segment 'University' is unknown"),
        (education(website="https://contoso.edu/x"), "website .* is not a host name"),
        (education(websites="contoso.edu"), "the row has an unknown key: 'websites'"),
        (gcc(validation_code=None), "validation_code is missing"),
        (gcc(validation_code="auto"), "organization is missing"),
    ],
)
def test_a_row_that_cannot_work_is_refused_by_itself(row, told):
    bad, good = read_rows([row, education(B)])
    assert good.request
    assert bad.request is None
    assert bad.numbers == (0,)
    with pytest.raises(PartnerCenterInvalidRequestError, match=told):
        raise bad.error


def test_a_row_that_asks_for_nothing_rivals_nothing():
    refused, good = read_rows([{"customer_id": A, "qualification": "None"}, soe()])
    assert refused.error
    assert good.request


@pytest.mark.parametrize("customers", [None, "contoso", 5, {"customer_id": A}, object()])
def test_what_is_no_list_is_refused_as_a_whole(customers):
    with pytest.raises(PartnerCenterInvalidRequestError, match=r"customers must be a list, not"):
        read_rows(customers)


def test_nobody_is_nobody():
    assert read_rows([]) == []


def test_what_holds_for_all_reaches_each():
    (row,) = read_rows([education(resubmit_denied_of="2026-01-02")], by_person=False, success_statuses=("Fine",))
    assert (row.request.by_person, row.request.success_statuses) == (False, ("Fine",))
    assert row.request.resubmit_denied_of == "2026-01-02"
