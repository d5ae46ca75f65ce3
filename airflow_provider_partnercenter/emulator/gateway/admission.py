"""The answers that the gateway gives without the application: to unreadable requests, and if the application fails."""

from __future__ import annotations

import logging
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.wire import printable
from airflow_provider_partnercenter.emulator.errors import ApiError, refused, refused_by_gateway, refused_by_login
from airflow_provider_partnercenter.emulator.gateway.request import MAX_BODY
from airflow_provider_partnercenter.emulator.scenario.login_refusals import refusal as login_refusal

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_partnercenter.emulator.gateway.request import ReceivedRequest

MAX_DEPTH = 64
"""The deepest accepted JSON, which is the limit of .NET; Python cannot handle JSON of some hundred levels."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[{\]}]")

LOG = logging.getLogger(__name__)


def too_deep(body: bytes) -> bool:
    """Return whether JSON is nested deeper than :data:`MAX_DEPTH`, without parsing it."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", body)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def refusal(exchange: ReceivedRequest) -> ApiError | None:
    """Return the refusal of a request that the application should not get; ``None`` if it may get it."""
    if exchange.too_long:
        text = f"The request body is longer than {MAX_BODY} bytes."
        return ApiError(413, {"error": text}) if exchange.to_control else refused_by_gateway(413, text)
    if exchange.to_control or exchange.to_api:
        text = f"the JSON is nested deeper than {MAX_DEPTH} levels."
        if too_deep(exchange.body):
            return (
                ApiError(400, {"error": text})
                if exchange.to_control
                else refused(400, 800002, f"Invalid request input: {text}")
            )
    return None


def failure(exchange: ReceivedRequest, error: Exception, now: datetime) -> ApiError:
    """
    Log a failure of the emulator, and return the answer to the request that met it.

    The line names the class and the place of the error, not its message, which may contain a token.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{exchange.method} {exchange.path}: {type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
    LOG.error("%s", printable(f"The emulator failed to answer {where}"))
    LOG.debug("The failure in full:", exc_info=error)
    text = "The emulator failed to answer this request. Its log tells where; please report it."
    if exchange.to_control:
        return ApiError(500, {"error": text})
    if exchange.to_api:
        return refused(500, 800003, text)
    return refused_by_login(login_refusal(50000, text=text), now)
