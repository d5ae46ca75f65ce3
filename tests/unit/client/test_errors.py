"""Errors as texts and as plain data."""

from __future__ import annotations

import json
import pickle

import pytest

from airflow_provider_partnercenter.client import errors
from airflow_provider_partnercenter.client.errors import (
    PartnerCenterError,
    PartnerCenterPermissionError,
    error_from_dict,
)


def test_message_reads_as_one_sentence_after_the_other():
    error = PartnerCenterPermissionError(
        "Submitting Education for customer c failed",
        status=403,
        code="20002",
        description="No relationship.",
        hint="ask the customer.",
        correlation_id="abc",
    )
    assert str(error) == (
        "Submitting Education for customer c failed (HTTP 403, code 20002). Microsoft says: No relationship. "
        "What to do: ask the customer. [correlation id abc]"
    )
    assert str(PartnerCenterError("It broke")) == "It broke."


ALL = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, PartnerCenterError)]


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize("retryable", [None, True, False])
def test_an_error_survives_a_deferral(cls, retryable):
    error = cls(
        "Reading failed",
        status=403,
        code="20002",
        description="No.",
        request_id="r",
        correlation_id="c",
        retry_after=2.5,
        hint="ask",
        retryable=retryable,
        outcome_unknown=True,
    )
    back = error_from_dict(json.loads(json.dumps(error.to_dict())))
    assert type(back) is cls
    assert vars(back) | {"retryable": back.retryable} == vars(error) | {"retryable": error.retryable}
    assert str(back) == str(error)
    again = pickle.loads(pickle.dumps(error))
    assert again.to_dict() == error.to_dict()


@pytest.mark.parametrize("data", [{}, {"type": "SomethingNewer", "message": None}, {"type": "ValueError"}])
def test_an_error_of_another_version_becomes_the_base_class(data):
    error = error_from_dict(data)
    assert type(error) is PartnerCenterError
    assert str(error) == "Partner Center failed."
    assert not error.retryable
