"""How errors of Partner Center become failures of a task."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError, PartnerCenterThrottledError
from airflow_provider_partnercenter.exceptions import PermanentFailureError, permanent_errors_fail


def test_permanent_errors_fail():
    with pytest.raises(PermanentFailureError, match="customer_id 'x' is not a GUID"), permanent_errors_fail():
        raise PartnerCenterInvalidRequestError("customer_id 'x' is not a GUID")
    with pytest.raises(PartnerCenterThrottledError), permanent_errors_fail():
        raise PartnerCenterThrottledError("Too many")
    with pytest.raises(KeyError), permanent_errors_fail():
        raise KeyError("not ours")
