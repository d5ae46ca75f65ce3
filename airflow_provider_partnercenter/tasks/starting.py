"""
Start onboardings, and what follows an approval, from a task.

Airflow refuses a run id that exists already, so each event and each approval starts one run.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import ErrorType

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid
from airflow_provider_partnercenter.client.wire import printable
from airflow_provider_partnercenter.compat import ask_supervisor, new_run
from airflow_provider_partnercenter.exceptions import OnboardingNotStartedError, OnboardingRefusedError, tell
from airflow_provider_partnercenter.onboarding.events import read_event
from airflow_provider_partnercenter.onboarding.run_ids import follow_up_run_id
from airflow_provider_partnercenter.qualification.verdicts import verdict_of
from airflow_provider_partnercenter.qualification.vetting import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

log = logging.getLogger(__name__)

# The HTTP statuses with which Airflow's API refuses a run for good.
_REFUSED = (400, 403, 404, 422)
# What Airflow says with 400 while the file of the DAG cannot be imported, which a deployment may cause and mend.
_BROKEN_FILE = "has import errors"


@dataclass(frozen=True, slots=True)
class Start:
    """
    What came of an event or an approval.

    :param customer_id: the customer's tenant id, a GUID in lower case.
    :param run_id: the id of the run.
    :param new: whether this call started the run; ``False`` if it exists already.
    """

    customer_id: str
    run_id: str
    new: bool


def start_onboarding(
    body: object,
    customer_id: object = None,
    *,
    dag_id: str = "onboard_customer",
    params: Mapping[str, Any] | None = None,
) -> Start:
    """
    Start the run that an event asks for, unless it exists. Call this in a task.

    :param body: the event, a JSON object as bytes, as text or parsed. Its ``customer_id`` is the customer's tenant id,
        its ``event_id`` the sender's id of the event, and all other members are params of the DAG, for example
        ``qualification`` and ``education_segment``. A ``company_name`` is also the note of the run.
    :param customer_id: the customer, if it does not come with the body.
    :param dag_id: the DAG to start; ``onboard_customer`` by default.
    :param params: params of the DAG that the event itself does not give; none by default.
    :return: the run's id, and whether it is new.
    :raises OnboardingRefusedError: if the event is not valid, or if the DAG refuses its params or does not exist.
    :raises OnboardingNotStartedError: if Airflow's API cannot start the run at the moment. Call this again later. Below
        Airflow 3.3, its API says the same of params that the DAG refuses.
    """
    try:
        event = read_event(body, customer_id)
    except PartnerCenterInvalidRequestError as error:
        raise OnboardingRefusedError(str(error)) from None
    conf = {**(params or {}), **event.conf}
    return _start(event.customer_id, event.run_id, dag_id, conf, note=event.company_name)


def start_onboardings(
    events: Iterable[tuple[object, object]],
    *,
    dag_id: str = "onboard_customer",
    params: Mapping[str, Any] | None = None,
) -> list[Start]:
    """
    Start the runs that several events ask for, unless they exist. Call this in a task.

    One event that cannot start a run does not stop the others: all are tried before an exception is raised.

    :param events: pairs of a body and a customer, which are the first two arguments of :func:`start_onboarding`.
    :param dag_id: the DAG to start; ``onboard_customer`` by default.
    :param params: params of the DAG that the events themselves do not give; none by default.
    :return: the runs' ids, and which of them are new.
    :raises OnboardingNotStartedError: if Airflow's API cannot start some of the runs at the moment. A retry of the task
        finds those that exist, and starts the others.
    :raises OnboardingRefusedError: if some events are not valid, or the DAG refuses their params, or does not exist.
    """
    return _start_all(
        "onboardings",
        (partial(start_onboarding, body, customer, dag_id=dag_id, params=params) for body, customer in events),
    )


def start_follow_ups(verdicts: Iterable[Mapping[str, Any]], *, dag_id: str = "after_approval") -> list[Start]:
    """
    Start the run that follows each approval, unless it exists. Call this in a task.

    The id of the run is ``follow-up-<customer>-<qualification>``, so it exists once, however often an approval is told.
    Its configuration is the verdict. Denied qualifications start nothing.

    :param verdicts: the verdicts, as of :func:`.assets.verdicts_of`.
    :param dag_id: the DAG to start; ``after_approval`` by default.
    :return: the runs' ids, and which of them are new.
    :raises OnboardingNotStartedError: if Airflow's API cannot start some of the runs at the moment. A retry of the task
        finds those that exist, and starts the others.
    :raises OnboardingRefusedError: if some verdicts are not valid, or the DAG refuses them, or does not exist.
    """
    approved = [verdict for verdict in verdicts if verdict.get("outcome") == Outcome.APPROVED]
    return _start_all("follow-ups", (partial(_start_follow_up, verdict, dag_id) for verdict in approved))


def _start_follow_up(verdict: Mapping[str, Any], dag_id: str) -> Start:
    try:
        customer = customer_guid(verdict.get("customer_id"))
        run_id = follow_up_run_id(customer, verdict.get("qualification"))
    except PartnerCenterInvalidRequestError as error:
        raise OnboardingRefusedError(str(error)) from None
    # Whoever sent the event may have put anything else there.
    return _start(customer, run_id, dag_id, verdict_of(verdict) or {})


def _start_all(what: str, starters: Iterable[Callable[[], Start]]) -> list[Start]:
    """Start several runs. One that cannot be started does not stop the others."""
    starts: list[Start] = []
    refused, later = [], []
    for start in starters:
        try:
            starts.append(start())
        except OnboardingRefusedError as problem:
            refused.append(tell(str(problem)))
        except OnboardingNotStartedError as problem:
            later.append(tell(str(problem), level=logging.WARNING))
    if later:
        raise OnboardingNotStartedError(f"{len(later)} {what} could not be started now. First: {later[0]}")
    if refused:
        raise OnboardingRefusedError(f"{len(refused)} {what} were not started. First: {refused[0]}")
    return starts


def _start(customer: str, run_id: str, dag_id: str, conf: dict[str, Any], note: str | None = None) -> Start:
    from airflow.sdk.execution_time.comms import ErrorResponse

    run = f"run {run_id} of DAG {dag_id}"
    try:
        answer = ask_supervisor(new_run(dag_id, run_id, conf, note=note))
    except (OSError, EOFError) as problem:
        raise OnboardingNotStartedError(
            f"Customer {customer}: {run} could not be started now: the call to Airflow's API failed "
            f"({type(problem).__name__})"
        ) from None
    new = not isinstance(answer, ErrorResponse)
    if new or answer.error is ErrorType.DAGRUN_ALREADY_EXISTS:
        log.info("Customer %s: run %s %s.", customer, run_id, "started" if new else "exists already")
        return Start(customer, run_id, new)
    status, reason = _explained(answer)
    refused = status in _REFUSED and _BROKEN_FILE not in reason
    raise (OnboardingRefusedError if refused else OnboardingNotStartedError)(
        f"Customer {customer}: Airflow's API does not start {run}: {reason}"
    )


def _explained(answer: Any) -> tuple[object, str]:
    """Return the HTTP status of a refusal, and the first line of what Airflow says about it."""
    detail: Any = answer.detail or {}
    said: Any = detail.get("detail") or {}
    said = said.get("detail", said) if isinstance(said, dict) else said
    text = said.get("message") if isinstance(said, dict) else said
    return detail.get("status_code"), printable(str(text or answer.error.value).split("\n")[0])
