"""What is done right before a request is sent: the preflight, and the choice of a validation code. No I/O."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal

from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.qualification.checks.preflight import preflight, unseen
from airflow_provider_partnercenter.qualification.checks.validation_codes import choose_code

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.models import Customer
    from airflow_provider_partnercenter.client.protocol.commands import Procedure
    from airflow_provider_partnercenter.client.protocol.exchange import Exchange
    from airflow_provider_partnercenter.qualification.request import SubmissionRequest

log = logging.getLogger(__name__)

Preflight = Literal["warn", "fail", "off"]


def check_first(
    exchange: Exchange, request: SubmissionRequest, mode: Preflight
) -> Procedure[tuple[list[str], Customer | None]]:
    """
    Return what the preflight found, and the customer if it was read.

    :param mode: ``"warn"`` logs it, ``"fail"`` also stops the submission, ``"off"`` does not check.
    :raises PartnerCenterInvalidRequestError: if ``mode`` is ``"fail"`` and something is sure to cause a denial.
    """
    if mode == "off" or request.qualification is not Qualification.EDUCATION:
        return [], None
    remarks, problems, customer = [], [], None
    try:
        customer = yield from exchange.send(endpoints.get_customer(request.customer_id))
        problems = preflight(customer)
        if unseen(customer):
            remarks = ["address and e-mail cannot be checked: the partner has no delegated access to the customer"]
    except PartnerCenterError as error:
        if mode == "fail":
            raise
        remarks = [f"the customer could not be checked: {error}"]
    for remark in problems + remarks:
        tell_about(exchange, logging.WARNING, f"Customer {request.customer_id}: preflight: {remark}.")
    if problems and mode == "fail":
        raise PartnerCenterInvalidRequestError(
            f"Customer {request.customer_id}: Microsoft would deny {request.qualification}: {'; '.join(problems)}",
            hint="nothing was submitted; correct the customer's account in Partner Center, or set preflight='warn' to "
            "submit anyway",
            correlation_id=exchange.correlation_id,
        )
    return problems + remarks, customer


def code_to_send(exchange: Exchange, request: SubmissionRequest) -> Procedure[str | None]:
    """
    Return the validation code to send. To choose one, read how many uses each code has left now.

    :raises PartnerCenterInvalidRequestError: if no code is left.
    """
    if request.organization is None:
        return request.validation_code
    codes = yield from exchange.send(endpoints.get_validation_codes())
    code = choose_code(codes, request.organization)
    tell_about(exchange, logging.INFO, f"Customer {request.customer_id}: using validation code {code.validation_id}.")
    return code.validation_id


def tell_about(exchange: Exchange, level: int, message: str) -> None:
    """Log a message with the correlation id of the calls."""
    log.log(level, "%s [correlation id %s]", message, exchange.correlation_id)
