"""
The declaration of all metrics. ``docs/guides/metrics.md`` has the same table; a test compares the two.

Plain StatsD drops tags, so each name has a meaning without them: what an alert needs has a name of its own. No tag and
no name contains a customer.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(enum.StrEnum):
    """The kinds of metrics that Airflow can send."""

    COUNTER = "counter"
    GAUGE = "gauge"
    TIMER = "timer"


@dataclass(frozen=True, slots=True)
class Metric:
    """
    A metric.

    :param name: its name, without the prefix of Airflow's configuration.
    :param kind: its kind.
    :param unit: what its value counts. A timer is sent in milliseconds.
    :param tags: the names of its tags.
    :param meaning: what it tells, in Markdown.
    :param sent: where and when it is sent.
    """

    name: str
    kind: Kind
    unit: str
    tags: tuple[str, ...]
    meaning: str
    sent: str


_EVERYWHERE = "worker, triggerer"
_SUBMITTING = "worker, when a submission ends"
_SIGN_IN = "worker, triggerer, at each sign-in"
_POLL = "worker, triggerer, at each look"
_WAITS = "triggerer, when a wait begins, looks or ends"

REQUESTS = Metric(
    "partnercenter.requests",
    Kind.COUNTER,
    "requests",
    ("kind", "status"),
    "Requests to the API that were sent, each attempt of a call by itself. `kind` is the name of the client's method, "
    "`status` the HTTP status or `none`",
    _EVERYWHERE,
)
REQUESTS_FAILED = Metric(
    "partnercenter.requests_failed",
    Kind.COUNTER,
    "requests",
    ("kind", "status"),
    "Those without an answer, or with a status of 500 or more",
    _EVERYWHERE,
)
REQUEST_DURATION = Metric(
    "partnercenter.request_duration",
    Kind.TIMER,
    "ms",
    ("kind",),
    "The time from sending a request until its answer was read",
    _EVERYWHERE,
)
THROTTLED = Metric(
    "partnercenter.throttled",
    Kind.COUNTER,
    "requests",
    ("kind",),
    "Requests that were refused with 429",
    _EVERYWHERE,
)
PAUSED_SECONDS = Metric(
    "partnercenter.paused_seconds",
    Kind.COUNTER,
    "seconds",
    (),
    "For how long a process sends nothing because of a 429. Pauses that overlap are counted once",
    _EVERYWHERE,
)
BUDGET_WAIT = Metric(
    "partnercenter.budget_wait",
    Kind.TIMER,
    "ms",
    ("kind",),
    "How long a request waited for its turn in the request budget, pauses included. It grows when the budget is "
    "used up",
    _EVERYWHERE,
)
BUDGET_LIMIT = Metric(
    "partnercenter.budget_limit",
    Kind.GAUGE,
    "requests a minute",
    ("connection",),
    "The limit of the connection (`requests_per_minute`); 0 for none. The budget used is the rate of `requests` "
    "divided by it",
    _EVERYWHERE,
)
LOOKS = Metric(
    "partnercenter.looks",
    Kind.COUNTER,
    "looks",
    (),
    "Looks for a verdict that Microsoft answered",
    _POLL,
)
LOOKS_FAILED = Metric(
    "partnercenter.looks_failed",
    Kind.COUNTER,
    "looks",
    (),
    "Looks that failed. Most are repeated later",
    _POLL,
)
WAITING = Metric(
    "partnercenter.waiting",
    Kind.GAUGE,
    "customers",
    ("hostname",),
    "For how many verdicts the triggers of one triggerer wait",
    _WAITS,
)
OLDEST_WAIT = Metric(
    "partnercenter.oldest_wait",
    Kind.GAUGE,
    "seconds",
    ("hostname",),
    "How long ago the oldest of these waits began; 0 if none is left",
    _WAITS,
)
VERDICTS_APPROVED = Metric(
    "partnercenter.verdicts_approved",
    Kind.COUNTER,
    "verdicts",
    ("qualification",),
    "Approvals that ended a wait, or came at once after a request",
    _EVERYWHERE,
)
VERDICTS_DENIED = Metric(
    "partnercenter.verdicts_denied",
    Kind.COUNTER,
    "verdicts",
    ("qualification",),
    "Denials, likewise",
    _EVERYWHERE,
)
VERDICTS_ABSENT = Metric(
    "partnercenter.verdicts_absent",
    Kind.COUNTER,
    "verdicts",
    ("qualification",),
    "Waits that ended because Partner Center shows no request",
    _EVERYWHERE,
)
TIME_TO_VERDICT = Metric(
    "partnercenter.time_to_verdict",
    Kind.TIMER,
    "ms",
    ("outcome", "qualification"),
    "The time from the request until its verdict was seen, at most one interval between looks too long",
    _EVERYWHERE,
)
SUBMISSIONS = Metric(
    "partnercenter.submissions",
    Kind.COUNTER,
    "requests",
    ("qualification",),
    "Requests for a qualification that Microsoft carried out",
    _SUBMITTING,
)
ATTEMPTS_SPENT = Metric(
    "partnercenter.attempts_spent",
    Kind.COUNTER,
    "attempts",
    ("qualification",),
    "Those that spent one of a customer's three verification attempts",
    _SUBMITTING,
)
UNKNOWN_OUTCOMES = Metric(
    "partnercenter.unknown_outcomes",
    Kind.COUNTER,
    "requests",
    ("qualification",),
    "Requests of which nobody knows whether they were carried out. A person has to look into Partner Center",
    _SUBMITTING,
)
SIGN_INS = Metric(
    "partnercenter.sign_ins",
    Kind.COUNTER,
    "sign-ins",
    ("connection", "mode"),
    "Sign-ins that succeeded. `mode` is `App-only` or `App_User`",
    _SIGN_IN,
)
SIGN_INS_REFUSED = Metric(
    "partnercenter.sign_ins_refused",
    Kind.COUNTER,
    "sign-ins",
    ("connection", "mode", "error"),
    "Sign-ins that fail until a person changes something. `error` is the name of the error's class",
    _SIGN_IN,
)
SIGN_INS_FAILED = Metric(
    "partnercenter.sign_ins_failed",
    Kind.COUNTER,
    "sign-ins",
    ("connection", "mode", "error"),
    "Sign-ins that failed for a reason that passes, for example an outage",
    _SIGN_IN,
)
REFRESH_TOKEN_DAYS = Metric(
    "partnercenter.refresh_token_days",
    Kind.GAUGE,
    "days",
    ("connection",),
    "In how many days the refresh token in the `credential_variable` expires, as of the last sign-in",
    _SIGN_IN,
)
REFRESH_TOKEN_EXPIRES = Metric(
    "partnercenter.refresh_token_expires",
    Kind.GAUGE,
    "seconds since 1970",
    ("connection",),
    "When that will be. Alert on this one: it stays right if nobody signs in any more",
    _SIGN_IN,
)

ALL = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
"""All metrics, in the order of the table."""
