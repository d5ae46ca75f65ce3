"""Which of the partner's codes is used for a customer."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import ValidationCode
from airflow_provider_partnercenter.qualification.checks.validation_codes import choose_code


def code(name, left, organization="Contoso"):
    return ValidationCode(name, organization_name=organization, remaining_creates=left)


@pytest.mark.parametrize(
    ("codes", "chosen"),
    [
        pytest.param([code("a", 1), code("b", 5), code("c", 3)], "b", id="most-remaining"),
        pytest.param([code("a", 0), code("b", 1)], "b", id="not-a-used-up-one"),
        pytest.param([code("a", None), code("b", 1)], "b", id="rather-one-that-says-so"),
        pytest.param([code("a", None), code("b", 0)], "a", id="if-need-be-one-that-does-not"),
        pytest.param([code("a", 9, "Fabrikam"), code("b", 1)], "b", id="of-this-organization"),
        pytest.param([code("b", 2), code("a", 2)], "b", id="whichever-order-1"),
        pytest.param([code("a", 2), code("b", 2)], "b", id="whichever-order-2"),
        pytest.param([code("a", 2, "CONTOSO ")], "a", id="letter-case"),
    ],
)
def test_the_code_that_serves_most(codes, chosen):
    assert choose_code(codes, "contoso").validation_id == chosen


@pytest.mark.parametrize(
    ("codes", "told", "hint"),
    [
        ([], "no validation code for organization 'Contoso'", "ask Microsoft for a validation code"),
        ([code("a", 1, "Fabrikam"), code("b", 1, None)], "no validation code for", "give one of Fabrikam"),
        ([code("a", 0), code("b", -1)], "All validation codes .* are used up", "another validation code"),
    ],
)
def test_without_one(codes, told, hint):
    with pytest.raises(PartnerCenterInvalidRequestError, match=told) as caught:
        choose_code(codes, "Contoso")
    assert hint in caught.value.hint
