"""The magic customers whose requests meet a fault; they are rows of the table in :mod:`.magic`."""

from __future__ import annotations

from dataclasses import replace

from airflow_provider_partnercenter.emulator.scenario.behaviour import Behaviour, approved
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import KINDS, SERVER_ERRORS, answer, page
from airflow_provider_partnercenter.emulator.scenario.faults import Fault, FaultKind, throttled

WRITES = ("POST", "PUT")
ONCE = "the first request of each method"
Row = tuple[int, str, str, Behaviour]


def _row(number: int, name: str, summary: str, fault: Fault, propagation: float = 0) -> Row:
    return number, name, summary, Behaviour(approved(0), faults=(fault,), propagation=propagation)


def _once(number: int, name: str, summary: str, kind: str, seconds: float = 2) -> Row:
    return _row(number, name, f"{ONCE} {summary}", replace(KINDS[kind].fault, seconds=seconds))


def _always(number: int, name: str, summary: str, kind: str) -> Row:
    return _row(number, name, f"every request {summary}", replace(KINDS[kind].fault, times=None))


def _for_everybody(number: int, name: str, summary: str, fault: Fault) -> Row:
    """Return a customer whose answers are about the caller: a client waits or stops, whichever customer comes next."""
    behaviour = Behaviour(approved(0), faults=(replace(fault, times=None),), listed=False)
    return number, name, f"every request {summary} (not in GET /customers)", behaviour


def _write(number: int, name: str, summary: str, kind: str) -> Row:
    return _row(number, name, f"the first write {summary}", replace(KINDS[kind].fault, methods=WRITES))


def _tagging_denied(number: int, name: str, requests: str, *methods: str) -> Row:
    """Return the customer with the one refusal that a user of the API has recorded; its status was not told."""
    refused = replace(answer(400, '"Customer tagging denied."'), methods=methods, times=None, name="tagging-denied")
    return _row(
        number, name, f'{requests} is refused with a 400 and the bare string "Customer tagging denied."', refused
    )


_LOST = Fault(FaultKind.LOST_ANSWER, WRITES)

ROWS: tuple[Row, ...] = (
    _row(60, "lost-answer", "the first write is carried out, but its answer is lost", _LOST),
    _row(
        61,
        "lost-answer-slow-propagation",
        "the first write is carried out, but its answer is lost; reads show it 5 seconds later",
        _LOST,
        propagation=5,
    ),
    _row(
        62,
        "reset-before-write",
        "the first write is not carried out: the connection is closed",
        Fault(FaultKind.RESET, WRITES),
    ),
    _row(
        63,
        "reset-before-every-write",
        "no write is carried out: the connection is closed each time",
        Fault(FaultKind.RESET, WRITES, times=None),
    ),
    _row(64, "error-500-once", f"{ONCE} gets a 500", SERVER_ERRORS[500]),
    _row(65, "error-503-once", f"{ONCE} gets an empty 503", SERVER_ERRORS[503]),
    _row(66, "throttled-once", f"{ONCE} gets a 429, Retry-After 1", throttled(1)),
    _for_everybody(67, "throttled", "gets a 429, Retry-After 600", throttled(600)),
    _row(
        68,
        "error-bare-string",
        "every request gets a 400 with a bare string",
        replace(answer(400, '"The request could not be understood."'), times=None),
    ),
    _row(69, "error-html", "every request gets a 502 with an HTML page", replace(page(502, "Bad Gateway"), times=None)),
    _once(70, "slow-headers", "gets the headers of its answer in small pieces over 2 seconds", "slow-headers"),
    _once(71, "slow-body", "gets the body of its answer in small pieces over 2 seconds", "slow-body"),
    _once(72, "truncated", "is carried out, but its answer ends before its Content-Length", "truncated-after"),
    _once(73, "cut-off", "is carried out, but its answer contains only half of the JSON", "cut-off-after"),
    _once(74, "empty-once", "is carried out, but its answer has no body", "empty-after"),
    _once(75, "html-200-once", "gets a 200 with an HTML page", "html-200"),
    _always(76, "content-type-text", "is answered with the content type text/plain", "text"),
    _always(77, "content-type-binary", "is answered with the content type application/octet-stream", "binary"),
    _always(78, "redirect-302", "gets a 302 (redirect) to another host", "redirect-302"),
    _always(79, "redirect-307", "gets a 307 (redirect) to another host", "redirect-307"),
    _write(80, "tcp-reset-before-write", "is not carried out: the connection ends with a TCP reset", "reset-before"),
    _write(81, "tcp-reset-after-write", "is carried out, but the connection then ends with a TCP reset", "reset-after"),
    _write(82, "error-504-after-write", "is carried out, but is answered with a 504", "error-504-after"),
    _once(83, "error-502-once", "gets a 502", "error-502"),
    _once(84, "error-504-once", "gets a 504", "error-504"),
    _once(85, "throttled-until-date", "gets a 429, Retry-After with a date", "throttled-date"),
    _once(86, "access-denied-once", "gets a 401 with code 400", "access-denied"),
    _for_everybody(87, "mfa-required", "gets a 401 with code 900421: no MFA", KINDS["mfa-required"].fault),
    _for_everybody(88, "wrong-audience", "gets a 401 with code 900420: wrong audience", KINDS["wrong-audience"].fault),
    _tagging_denied(89, "tagging-denied", "every PUT to /qualification", "PUT"),
    _tagging_denied(90, "tagging-denied-everywhere", "every write", *WRITES),
)
