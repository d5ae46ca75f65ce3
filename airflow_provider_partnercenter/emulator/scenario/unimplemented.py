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

from airflow_provider_partnercenter.client.wire import Members, loads
from airflow_provider_partnercenter.emulator.errors import not_implemented
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import refusal

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.scenario.faults import Fault

OPERATIONS = {
    # A word in the place of an id is no id, so its path comes before the one with the id.
    "/v1/customers/relationshiprequests": ("GET",),
    "/v1/customers": ("POST",),
    "/v1/customers/{customer}": ("PATCH", "DELETE"),
    "/v1/customers/{customer}/agreements": ("GET", "POST"),
    "/v1/customers/{customer}/directSignedMicrosoftCustomerAgreementStatus": ("GET",),
    "/v1/customers/{customer}/profiles/billing": ("PUT",),
    "/v1/customers/{customer}/relationships": ("GET",),
    "/v1/customers/{customer}/subscribedskus": ("GET",),
    "/v1/profiles/organization": ("GET", "PUT"),
    "/v1/domains/{domain}": ("HEAD",),
    "/v1/validations/address": ("POST",),
    "/v1/countryvalidationrules/{country}": ("GET",),
    "/v1/agreements": ("GET",),
    "/v1/relationships": ("GET",),
    "/v1/compliance/csp/agreementstatus": ("GET",),
    "/v1/partnerRequests": ("GET",),
    "/v1/nonMfaCompliantPartnerPrincipals": ("GET",),
    "/v1/applicationmfaadoptionstatus": ("GET",),
    # What the events of webhooks name as the record.
    "/auditactivity/v1/auditrecords/{record}": ("GET",),
    "/generatetoken": ("POST",),
    "/v3/generatetoken": ("POST",),
    "/{tenant}/oauth2/v2.0/devicecode": ("POST",),
}
"""The methods of each path that are documented but not implemented; the path may have others that are."""

LISTS = ("/v1/customers", "/v1/auditrecords")
"""The lists that come in pages."""

SEEK_OPERATIONS = ("Previous", "First", "Last", "PageIndex")
"""The values of ``seekOperation`` besides ``Next``."""

FILTER_FIELDS = ("IndirectReseller", "IndirectCloudSolutionProvider")
"""The fields of ``filter`` besides the name and the domain."""

_PATTERNS = {path: re.compile(re.sub(r"{\w+}", "[^/]+", path), re.IGNORECASE) for path in OPERATIONS}


def unimplemented(method: str, path: str, query: str) -> Fault | None:
    """
    Return the fault of a request that the emulator does not implement; ``None`` for any other request.

    :param method: the HTTP method.
    :param path: the path.
    :param query: the query string, with the names of parameters as documented.
    """
    documented = _documented(path)
    if documented and method in OPERATIONS[documented]:
        return _fault(f"{method} {documented}")
    if method == "GET" and path in LISTS:
        wanted = parse_qs(query)
        if seek := _among(SEEK_OPERATIONS, wanted.get("seekOperation", [""])[-1]):
            return _fault(f"seekOperation={seek}")
        field = _among(FILTER_FIELDS, _filter_field(wanted.get("filter", [""])[-1]))
        if field and path == "/v1/customers":
            return _fault(f"the filter field {field}")
    return None


def methods_of(path: str) -> tuple[str, ...]:
    """Return the documented methods of a path that the emulator does not implement."""
    documented = _documented(path)
    return OPERATIONS[documented] if documented else ()


def _documented(path: str) -> str | None:
    return next((documented for documented, pattern in _PATTERNS.items() if pattern.fullmatch(path)), None)


def _among(names: tuple[str, ...], wanted: str) -> str | None:
    return next((name for name in names if name.lower() == wanted.lower()), None)


def _filter_field(text: str) -> str:
    try:
        return Members(loads(text.encode())).text("Field") or ""
    except ValueError:
        # The route refuses it.
        return ""


def _fault(what: str) -> Fault:
    return replace(refusal(not_implemented(what)), name="not-implemented")


def describe(indent: str = "  ") -> str:
    """Return the list as text: a line for each path, for the seek operations of each list and for the filter fields."""
    lines = [f"{', '.join(methods)} {path}" for path, methods in OPERATIONS.items()]
    lines += [f"GET {path}?seekOperation= with {', '.join(SEEK_OPERATIONS)}" for path in LISTS]
    lines.append(f"GET /v1/customers?filter= with the field {' or '.join(FILTER_FIELDS)}")
    return "\n".join(f"{indent}{line}" for line in lines)
