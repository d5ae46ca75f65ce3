"""How errors of Partner Center become failures of a task."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterInvalidRequestError,
    PartnerCenterPermissionError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterThrottledError,
)
from airflow_provider_partnercenter.exceptions import PermanentFailureError, permanent_errors_fail


def test_permanent_errors_fail():
    with pytest.raises(PermanentFailureError, match="customer_id 'x' is not a GUID"), permanent_errors_fail():
        raise PartnerCenterInvalidRequestError("customer_id 'x' is not a GUID")
    with pytest.raises(PartnerCenterThrottledError), permanent_errors_fail():
        raise PartnerCenterThrottledError("Too many")
    with pytest.raises(KeyError), permanent_errors_fail():
        raise KeyError("not ours")


class TestTell:
    """One line says what happened, one what to do, one the ids; all fit into the log view."""

    ERROR = PartnerCenterPermissionError(
        "Customer 5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f: submitting Education failed",
        status=403,
        code="900308",
        description="The signed-in user has none of the roles that this operation wants, and no GDAP role either",
        hint="an administrator must give the caller a role",
        correlation_id="0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f",
    )

    def test_long_lines_are_wrapped(self, caplog):
        with pytest.raises(PermanentFailureError), permanent_errors_fail():
            raise self.ERROR
        lines = [record.getMessage() for record in caplog.records]
        assert max(map(len, lines)) <= 100
        assert [line for line in lines if not line.startswith(" ")] == [
            "Customer 5f0c1d2e-3a4b-4c5d-8e6f-7a8b9c0d1e2f: submitting Education failed (HTTP 403, code 900308).",
            "What to do: an administrator must give the caller a role.",
            "[correlation id 0b9d1a1c-3f6e-4f2b-9f0a-7f3c1c2d4e5f]",
        ]
        assert {record.levelname for record in caplog.records} == {"ERROR"}

    @pytest.mark.parametrize("retryable", [False, True])
    def test_no_chained_traceback(self, retryable):
        def fail(depth):
            if depth:
                fail(depth - 1)
            try:
                raise OSError("refused")
            except OSError as problem:
                raise PartnerCenterServiceUnavailableError("no answer", retryable=retryable) from problem

        expected = (PartnerCenterServiceUnavailableError, PermanentFailureError)
        with pytest.raises(expected) as caught, permanent_errors_fail():
            fail(20)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        assert len(caught.traceback) < 5

    def test_the_exception_says_it_all(self):
        with pytest.raises(PermanentFailureError) as caught, permanent_errors_fail():
            raise self.ERROR
        assert str(caught.value) == str(self.ERROR)
