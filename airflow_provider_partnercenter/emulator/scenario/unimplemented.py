"""
What Microsoft documents and the emulator does not implement.

Such a request must not get an answer that the service could give: a 404 of ``HEAD /v1/domains/{domain}`` says that the
domain is free. So it gets a 501 that names the emulator, and the journal says ``not-implemented``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from airflow_provider_partnercenter.emulator.errors import not_implemented
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import refusal

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.scenario.faults import Fault

METHODS = {
    "/v1/customers": ("POST",),
    "/v1/customers/{customer}": ("PATCH", "DELETE"),
    "/v1/customers/{customer}/profiles/billing": ("PUT",),
}
"""Paths with further methods that the emulator implements."""

PATHS = (
    "/v1/customers/relationshiprequests",
    "/v1/customers/{customer}/agreements",
    "/v1/customers/{customer}/directSignedMicrosoftCustomerAgreementStatus",
    "/v1/customers/{customer}/relationships",
    "/v1/customers/{customer}/subscribedskus",
    "/v1/profiles/organization",
    "/v1/domains/{domain}",
    "/v1/validations/address",
    "/v1/countryvalidationrules/{country}",
    "/v1/agreements",
    "/v1/relationships",
    "/v1/compliance/csp/agreementstatus",
    "/v1/auditrecords",
    "/v1/partnerRequests",
    "/v1/nonMfaCompliantPartnerPrincipals",
    "/v1/applicationmfaadoptionstatus",
    "/webhooks/v1/registration",
    "/webhooks/v1/registration/events",
    "/webhooks/v1/registration/validationEvents",
    "/webhooks/v1/registration/validationEvents/{correlation}",
    "/{tenant}/oauth2/v2.0/authorize",
    "/{tenant}/oauth2/v2.0/devicecode",
    "/{tenant}/discovery/v2.0/keys",
)
"""Paths with no method that the emulator implements."""

SEEK_OPERATIONS = ("Previous", "First", "Last", "PageIndex")
"""The values of ``seekOperation`` besides ``Next``."""

_PATTERNS = [
    (path, re.compile(re.sub(r"{\w+}", "[^/]+", path) + "/?", re.IGNORECASE), METHODS.get(path))
    for path in (*METHODS, *PATHS)
]


def unimplemented(method: str, path: str, query: str) -> Fault | None:
    """
    Return the fault of a request that the emulator does not implement; ``None`` for any other request.

    :param method: the HTTP method.
    :param path: the path.
    :param query: the query string.
    """
    for documented, pattern, methods in _PATTERNS:
        if pattern.fullmatch(path) and (methods is None or method in methods):
            return _fault(f"{method} {documented}")
    if path == "/v1/customers":
        wanted = parse_qs(query).get("seekOperation", [""])[-1].lower()
        if seek := next((each for each in SEEK_OPERATIONS if each.lower() == wanted), None):
            return _fault(f"seekOperation={seek}")
    return None


def _fault(what: str) -> Fault:
    return replace(refusal(not_implemented(what)), name="not-implemented")


def describe(indent: str = "  ") -> str:
    """Return the list as text: one line for each path, and one for the seek operations."""
    lines = [f"{', '.join(METHODS[path])} {path}" if path in METHODS else path for path in (*METHODS, *PATHS)]
    lines.append(f"/v1/customers?seekOperation= with {', '.join(SEEK_OPERATIONS)}")
    return "\n".join(f"{indent}{line}" for line in lines)
