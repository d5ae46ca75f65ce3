"""What an answer of a person means, and whether it means anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import for_message, optional_text
from airflow_provider_partnercenter.client.wire import format_date, printable
from airflow_provider_partnercenter.qualification.asking.question import Option

if TYPE_CHECKING:
    from collections.abc import Collection

_LONGEST = 1000


class MeaninglessAnswerError(ValueError):
    """
    Airflow has accepted an answer that cannot be one, so the question is asked again.

    What to do: answer again under Required Actions in Airflow; the question says why the answer was not taken.
    """


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a person has answered.

    :param option: an :class:`.Option`.
    :param by: the person's name in Airflow.
    :param by_id: the person's id in Airflow.
    :param at: when, ISO 8601.
    :param about: whom the question was about, as :func:`.question.whom_and_what` says it.
    :param resubmit_denied_of: names the denial that the person saw.
    :param education_segment: a correction; ``None`` keeps what was requested before, here and below.
    :param website: a correction.
    :param validation_code: a correction, or what was missing.
    """

    option: str
    by: str
    by_id: str
    at: str
    about: str | None = None
    resubmit_denied_of: str | None = None
    education_segment: str | None = None
    website: str | None = None
    validation_code: str | None = None

    @property
    def person(self) -> dict[str, str]:
        """Who answered, and when, for XCom."""
        return {"id": self.by_id, "name": self.by, "at": self.at}


def read_answer(event: object, options: Collection[str], fields: Collection[str]) -> Answer | None:
    """
    Read an answer as Airflow hands it to the task.

    Airflow checks the option, and (before 3.3, and in its own form) the values. Its API accepts any form.

    :param event: what Airflow tells: ``chosen_options``, ``params_input``, ``responded_by_user`` and ``responded_at``.
    :param options: the options of the question.
    :param fields: the names of its fields.
    :return: the answer; ``None`` if nobody answered in time. An option that Airflow chose is not an answer.
    :raises MeaninglessAnswerError: if it is none of both. The message says why.
    """
    if not isinstance(event, Mapping):
        raise MeaninglessAnswerError("the answer is missing")
    if "error" in event:
        if event.get("error_type") == "timeout":
            return None
        raise MeaninglessAnswerError(printable(str(event["error"])[:_LONGEST]))
    match event.get("chosen_options"):
        case [str(option)] if option in options:
            pass
        case chosen:
            raise MeaninglessAnswerError(f"{for_message(chosen)} is not one of the options {', '.join(options)}")
    person = event.get("responded_by_user")
    if person is None:
        return None
    if not isinstance(person, Mapping) or not person.get("id"):
        raise MeaninglessAnswerError("it does not say who answered")
    form = {} if option == Option.GIVE_UP else _form(event.get("params_input"), fields)
    by_id = str(person["id"])
    return Answer(
        option, printable(str(person.get("name") or by_id)), by_id, _moment(event.get("responded_at")), **form
    )


def _form(given: object, fields: Collection[str]) -> dict[str, str | None]:
    form = given or {}
    if not isinstance(form, Mapping):
        raise MeaninglessAnswerError(f"the form must be an object, not {for_message(form)}")
    if unknown := [name for name in form if name not in fields]:
        raise MeaninglessAnswerError(f"the form has no field {for_message(unknown[0])}, only {', '.join(fields)}")
    try:
        return {name: optional_text(value, name) for name, value in form.items()}
    except PartnerCenterInvalidRequestError as error:
        raise MeaninglessAnswerError(error.message) from None


def _moment(at: object) -> str:
    return format_date(at) if isinstance(at, datetime) else str(at)
