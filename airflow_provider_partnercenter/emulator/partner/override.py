"""
Read the body of ``PUT /emulator/customers/{id}``: turn a JSON object of changes into a :class:`.behaviour.Behaviour`.

``vetting`` (``seconds:5``, ``reads:2``, ``at-once``, ``never``) and ``verdict`` (``approve``, ``deny:REASON``) apply to
later submissions; if only one of them is given, the other one is the server's default. ``qualifications`` replaces the
customer's qualifications, ``faults`` its faults, and ``company`` the given members of its company data. The ``body`` of
a fault may be given as a JSON object or list. The other members are those of :class:`.behaviour.Behaviour`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification
from airflow_provider_partnercenter.client.wire import key_of, read_date
from airflow_provider_partnercenter.emulator.scenario.behaviour import (
    After,
    Behaviour,
    Company,
    Dates,
    Held,
    Shape,
    Verdict,
    WhenEmpty,
    course,
)
from airflow_provider_partnercenter.emulator.scenario.faults import Fault, FaultKind
from airflow_provider_partnercenter.emulator.scenario.reading import (
    Reader,
    at,
    flag,
    header_name,
    header_value,
    items,
    members,
    number,
    one_of,
    optional,
    printable_text,
    read_at,
    text,
    whole,
    wrong,
)

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.settings import Settings

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


def _date(value: object) -> str:
    if not isinstance(value, str) or isinstance(read_date(value), str):
        raise wrong("a date", value)
    return value


def _name_or_number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise wrong("the name of a qualification", value)
    return value


_HELD: dict[str, Reader] = {
    "qualification": _name_or_number,
    "vettingStatus": optional(text),
    "vettingReason": optional(text),
    "vettingCreatedDate": optional(_date),
    "vettingCreateDate": optional(_date),
}
_HELD_BY_KEY = {key_of(name): reader for name, reader in _HELD.items()}


def _held(value: object) -> Held:
    if isinstance(value, Mapping):
        # The names may be spelled in any way, as in the service's own answers.
        spelled = {name: _HELD_BY_KEY[key_of(name)] for name in value if key_of(name) in _HELD_BY_KEY}
        members(value, {**_HELD, **spelled})
    else:
        _name_or_number(value)
    entry = CustomerQualification.from_json(value)
    if not isinstance(entry.qualification, Qualification):
        raise ValueError(f"unknown qualification: {entry.qualification!r}")
    # The reader of the member has refused all other strings.
    created = None if isinstance(entry.vetting_created_date, str) else entry.vetting_created_date
    status = None if entry.vetting_status is None else str(entry.vetting_status)
    return Held(entry.qualification, status, entry.vetting_reason, created)


def _body(value: object) -> str:
    if isinstance(value, Mapping | list):
        return json.dumps(value, allow_nan=False)
    return text(value)


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise wrong("a JSON object", value)
    return tuple((header_name(name), read_at(name, header_value, content)) for name, content in value.items())


_FAULT: dict[str, Reader] = {
    # A token that expires early is a fault of the login service, which serves no single customer.
    "kind": one_of(kind for kind in FaultKind if kind is not FaultKind.EARLY_EXPIRY),
    "methods": items(one_of(_METHODS)),
    "times": optional(whole()),
    "status": whole(200, 599),
    "content_type": header_value,
    "body": _body,
    "retry_after": optional(number()),
    "retry_date": flag,
    "headers": _headers,
    "elsewhere": flag,
    "seconds": number(),
    "pieces": whole(1),
    "hard": flag,
    "name": printable_text,
}


def _fault(value: object) -> Fault:
    fault = Fault(**{"kind": FaultKind.ANSWER, **members(value, _FAULT)})
    if fault.kind.answers and fault.status in _BODILESS and fault.body:
        raise at("body", ValueError(f"must be empty, because an answer with the status {fault.status} has no body"))
    return fault


# The annotations of Company are strings.
_BY_TYPE: dict[str, Reader] = {"str": text, "str | None": optional(text), "bool": flag}
_COMPANY = {field.name: _BY_TYPE[str(field.type)] for field in fields(Company)}

_MEMBERS: dict[str, Reader] = {
    "vetting": lambda value: After.parse(text(value)),
    "verdict": lambda value: Verdict.parse(text(value)),
    "qualifications": items(_held),
    "company": lambda value: members(value, _COMPANY),
    "shape": one_of(Shape),
    "when_empty": one_of(WhenEmpty),
    "dates": one_of(Dates),
    "empty_reads": items(whole()),
    "propagation": number(),
    "keep_old_entries": flag,
    "spent_attempts": whole(),
    "account_status": optional(text),
    "has_relationship": flag,
    "exists": flag,
    "listed": flag,
    "faults": items(_fault),
}


def new_behaviour(old: Behaviour, changes: Mapping[str, Any], settings: Settings) -> Behaviour:
    """
    Apply changes to a behaviour.

    :param settings: the settings with the server's defaults.
    :raises ValueError: if a member is unknown or invalid.
    """
    values = members(changes, _MEMBERS)
    if "vetting" in values or "verdict" in values:
        after, verdict = values.pop("vetting", settings.vetting), values.pop("verdict", settings.verdict)
        values["course"] = course(after, verdict)
    if "qualifications" in values:
        values["held"] = values.pop("qualifications")
    if "company" in values:
        values["company"] = tuple({**dict(old.company), **values["company"]}.items())
    return replace(old, **values)
