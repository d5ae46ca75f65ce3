from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.models import ValidationCode


@pytest.mark.parametrize(
    ("document", "code"),
    [
        pytest.param(
            {
                "partnerId": "p-1",
                "organizationName": "County of Elm",
                "validationId": "830044",
                "maxCreates": 5,
                "remainingCreates": 4,
                "eTag": "e1",
                "attributes": {},
            },
            ValidationCode("830044", "County of Elm", "p-1", 5, 4, "e1"),
            id="as-documented",
        ),
        pytest.param(
            {"ValidationId": 830044, "MaxCreates": "5", "RemainingCreates": None},
            ValidationCode("830044", max_creates=5),
            id="pascal-case-number-for-text-and-text-for-number",
        ),
    ],
)
def test_validation_code(document, code):
    assert ValidationCode.from_json(document) == code


@pytest.mark.parametrize("document", [{}, {"validationId": None}, "830044", None])
def test_a_validation_code_without_an_id_is_refused(document):
    with pytest.raises(ValueError, match="validationId"):
        ValidationCode.from_json(document)
