"""
Read the body of ``PUT /emulator/customers/{id}``: turn a JSON object of changes into a :class:`.behaviour.Behaviour`.

``vetting`` (``seconds:5``, ``reads:2``, ``at-once``, ``never``) and ``verdict`` (``approve``, ``deny:REASON``) apply to
later submissions; if only one of them is given, the other one is the server's default. ``qualifications`` replaces the
customer's qualifications, ``faults`` its faults, and ``company`` the given members of its company data. The other
members are those of :class:`.behaviour.Behaviour`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.models import CustomerQualification, Qualification
from airflow_provider_partnercenter.emulator.scenario.behaviour import (
    MAX_SECONDS,
    After,
    Behaviour,
    Company,
    Dates,
    Held,
    Shape,
    Verdict,
    WhenEmpty,
    check_members,
    course,
)
from airflow_provider_partnercenter.emulator.scenario.faults import Fault, FaultKind

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.settings import Settings


def _held(document: object) -> Held:
    entry = CustomerQualification.from_json(document)
    if not isinstance(entry.qualification, Qualification):
        raise ValueError(f"unknown qualification: {entry.qualification!r}")
    if isinstance(entry.vetting_created_date, str):
        raise ValueError(f"vettingCreatedDate must be a date, not {entry.vetting_created_date!r}")
    status = None if entry.vetting_status is None else str(entry.vetting_status)
    return Held(entry.qualification, status, entry.vetting_reason, entry.vetting_created_date)


def _fault(document: object) -> Fault:
    members = check_members(Fault, _mapping(document))
    readers: dict[str, Callable[[Any], Any]] = {
        "kind": FaultKind,
        "methods": tuple,
        "status": lambda value: HTTPStatus(value).value,
        "headers": lambda value: tuple(_mapping(value).items()),
        "seconds": _number,
        "pieces": lambda value: int(_number(value)),
        "retry_date": _flag,
        "elsewhere": _flag,
        "hard": _flag,
    }
    return Fault(**{"kind": FaultKind.ANSWER, **{name: readers.get(name, _same)(members[name]) for name in members}})


def _same(value: object) -> object:
    return value


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"expected a JSON object, not {value!r}")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"expected a list, not {value!r}")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_SECONDS:
        raise ValueError(f"expected a number from 0 to {MAX_SECONDS}, not {value!r}")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, not {value!r}")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "shape": Shape,
    "when_empty": WhenEmpty,
    "dates": Dates,
    "empty_reads": lambda value: tuple(int(_number(item)) for item in _list(value)),
    "propagation": _number,
    "keep_old_entries": _flag,
    "spent_attempts": lambda value: int(_number(value)),
    "account_status": lambda value: None if value is None else str(value),
    "has_relationship": _flag,
    "exists": _flag,
    "faults": lambda value: tuple(_fault(item) for item in _list(value)),
}
MEMBERS = ("vetting", "verdict", "qualifications", "company", *_READERS)


def new_behaviour(old: Behaviour, changes: Mapping[str, Any], settings: Settings) -> Behaviour:
    """
    Apply changes to a behaviour.

    :param settings: the settings with the server's defaults.
    :raises ValueError: if a member is unknown or invalid.
    """
    if unknown := sorted(set(changes) - set(MEMBERS)):
        raise ValueError(f"unknown members: {', '.join(unknown)}. Known members: {', '.join(MEMBERS)}")
    values = {name: read(changes[name]) for name, read in _READERS.items() if name in changes}
    if "vetting" in changes or "verdict" in changes:
        after = After.parse(str(changes["vetting"])) if "vetting" in changes else settings.vetting
        verdict = Verdict.parse(str(changes["verdict"])) if "verdict" in changes else settings.verdict
        values["course"] = course(after, verdict)
    if "qualifications" in changes:
        values["held"] = tuple(_held(item) for item in _list(changes["qualifications"]))
    if "company" in changes:
        company = check_members(Company, _mapping(changes["company"]))
        values["company"] = tuple({**dict(old.company), **company}.items())
    return replace(old, **values)
