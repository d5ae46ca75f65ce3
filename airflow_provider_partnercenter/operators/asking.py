"""What operators share that ask a person: how Airflow shows the question and hands back the answer."""

from __future__ import annotations

import abc
import inspect
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterError, PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, for_message, to_qualification
from airflow_provider_partnercenter.compat import AIRFLOW_VERSION, TASKS_ASK_PEOPLE, HITLOperator, wait_for_answer
from airflow_provider_partnercenter.exceptions import GivenUpError, UnansweredError, permanent_errors_fail, tell
from airflow_provider_partnercenter.links.partnercenter import PartnerCenterCustomerLink
from airflow_provider_partnercenter.qualification.asking.answer import Answer, MeaninglessAnswerError, read_answer
from airflow_provider_partnercenter.qualification.asking.question import ABOUT, Option, whom_and_what
from airflow_provider_partnercenter.qualification.asking.steps import Memory
from airflow_provider_partnercenter.qualification.states.customer import State
from airflow_provider_partnercenter.storage.answers import answers_of
from airflow_provider_partnercenter.tasks.arguments import duration, one_of, tries_of
from airflow_provider_partnercenter.tasks.stopping import Stoppable, stoppable
from airflow_provider_partnercenter.tasks.telling.failures import failures_told
from airflow_provider_partnercenter.tasks.telling.pushing import source_of, tell_customer
from airflow_provider_partnercenter.tasks.telling.states import failed
from airflow_provider_partnercenter.tasks.verdicts import verdict_outlets

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import timedelta

    from airflow.sdk import BaseNotifier, Context, XComArg
    from airflow.sdk.execution_time.hitl import HITLUser

    from airflow_provider_partnercenter.qualification.asking.question import Field, Question
    from airflow_provider_partnercenter.qualification.states.customer import CustomerState

OnTimeout = Literal["ask_again", "give_up"]


class AskingOperator(Stoppable, HITLOperator):
    """
    The base class of operators that ask a person; its arguments are described there.

    A subclass looks (:meth:`begin`), asks (:meth:`ask`), and goes on with the answer (:meth:`answered`) in another
    process.

    :param options: what the person may choose.
    """

    operator_extra_links = (PartnerCenterCustomerLink(),)
    ui_color = "#f7e6c4"
    # The names of all fields that the form may have.
    fields: ClassVar[Collection[str]] = (ABOUT,)
    # How a customer stands about whom a person is asked.
    asks_because: ClassVar[State]

    def __init__(
        self,
        *,
        options: Sequence[Option],
        customer_id: str | XComArg,
        qualification: str | XComArg,
        company_name: str | XComArg | None = None,
        assigned_users: Mapping[str, str] | Sequence[Mapping[str, str]] = (),
        notifiers: BaseNotifier | Sequence[BaseNotifier] = (),
        response_timeout: timedelta | float | None = None,
        on_timeout: OnTimeout = "ask_again",
        **kwargs: Any,
    ) -> None:
        if not TASKS_ASK_PEOPLE:
            raise ValueError(
                f"{type(self).__name__} needs Airflow 3.1, with which a task can ask a person; this is "
                f"{AIRFLOW_VERSION}. Leave out this task, and resubmit in a run of its own (resubmit_denied_of)."
            )
        gives_up = one_of("on_timeout", on_timeout, ("ask_again", "give_up")) == "give_up"
        if gives_up and response_timeout is None:
            raise ValueError("on_timeout='give_up' needs response_timeout: without it there is no time-out.")
        at_most = None if response_timeout is None else duration("response_timeout", response_timeout, positive=True)
        super().__init__(
            subject="",
            options=[str(option) for option in options],
            defaults=str(Option.GIVE_UP) if gives_up else None,
            assigned_users=_users(assigned_users),
            notifiers=notifiers,
            **wait_for_answer(at_most),
            **kwargs,
        )
        if verdict_outlets(self):
            raise ValueError(
                "A task that asks a person has no verdict to emit. Give the outlet to the sensor that waits for the "
                "next verdict."
            )
        # What is templated may be another task's output until Airflow renders it, hence Any.
        self.customer_id: Any = customer_id
        self.qualification: Any = qualification
        self.company_name: Any = company_name
        self.on_timeout = on_timeout

    @abc.abstractmethod
    def begin(self, context: Context, before: Memory | None) -> Any:
        """
        Look, and ask if there is something to ask; else return the result of the task.

        :param before: what an earlier try of the task remembers.
        """

    @abc.abstractmethod
    def answered(self, context: Context, answer: Answer) -> Any:
        """
        Go on with an answer that is not to give up, and return the result of the task.

        :raises MeaninglessAnswerError: to ask again.
        """

    def validate_params(self) -> None:
        """Check nothing: the form is made when the task asks. Before 3.2, Airflow would check the params of the DAG."""

    @stoppable
    def execute(self, context: Context) -> Any:
        with failures_told(context, self, self.asks_because), permanent_errors_fail():
            before = self._recall(context)
            if before and before.answer and before.given_up(tries_of(context)):
                self.give_up(context, before.answer)
            return self.begin(context, before)

    @stoppable
    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """Go on with the answer in the event. One that makes no sense is asked for again."""
        with failures_told(context, self, self.asks_because), permanent_errors_fail():
            try:
                return self._go_on(context, event)
            except MeaninglessAnswerError as problem:
                tell(
                    f"Customer {self.customer_id}: the answer cannot be used: {problem}.",
                    "What to do: answer again. Nothing was requested.",
                    level=logging.WARNING,
                )
            return self.begin(context, self._recall(context))

    def ask(self, context: Context, question: Question, state: CustomerState) -> NoReturn:
        """
        Ask a person, and end this process. Airflow calls :meth:`execute_complete` when there is an answer.

        :param state: how the customer stands meanwhile.

        :raises PartnerCenterInvalidRequestError: if Airflow would still show a question about another customer.
        """
        before = answers_of(context).load()
        if before and before.about and before.about != question.about:
            raise _asked_about(before.about, question.about)
        from airflow.sdk.definitions.param import ParamsDict

        # Not before: when Airflow renders templates, the params of a task hide those of its DAG with the same name.
        self.params = ParamsDict({field.name: _param(field) for field in question.form})
        self.subject, self.body = question.subject, question.body
        tell(f"Customer {self.customer_id}: a person is asked: {question.subject}", level=logging.INFO)
        tell_customer(context, self, state)
        # Without Airflow's warning that its task runner did not call it: a task that is resumed may ask once more.
        inspect.unwrap(HITLOperator.execute)(self, context)
        raise AssertionError("Airflow's operator has returned instead of waiting.")

    def give_up(self, context: Context, answer: Answer) -> NoReturn:
        """Fail for good because a person gave up, or because nobody answered and that means the same."""
        if "ti" in context:
            about = {"customer_id": self.customer_id, "qualification": self.qualification, "by": answer.person}
            context["ti"].xcom_push(key="given_up", value=about)
        state = failed(
            source_of(context, self), *self._whom_and_what(), clock.now(), state=State.GIVEN_UP, answer=answer
        )
        tell_customer(context, self, state)
        who = f"{answer.by} gave up" if answer.by else "nobody answered in time, which means to give up"
        raise GivenUpError(
            tell(
                f"Customer {self.customer_id}: {self.qualification} was given up: {who}. Nothing more was requested.",
                "What to do: nothing, if that was meant. To be asked again, clear this task.",
            )
        )

    def remember(self, context: Context, answer: Answer | None, asked_about: str | None = None) -> None:
        """
        Let later tries of this task know the answer.

        :param answer: the answer; ``None`` if it is over, or there is none yet.
        :param asked_about: names the denial that was asked about, unless that is known already.
        :raises PartnerCenterServiceUnavailableError: if it cannot be stored at the moment.
        """
        answers = answers_of(context)
        before = answers.load()
        about = (before and before.about) or self._about()
        asked_about = (before and before.asked_about) or asked_about
        answers.save(Memory(tries_of(context), asked_about, answer, about))

    def forget(self, context: Context) -> None:
        """Let a person who clears the task be asked again: what was answered is of no use."""
        try:
            self.remember(context, None)
        except PartnerCenterError as problem:
            self.log.warning("%s", problem)

    def _about(self) -> str:
        return whom_and_what(*self._whom_and_what())

    def _whom_and_what(self) -> tuple[str, str]:
        return customer_guid(self.customer_id), str(to_qualification(self.qualification))

    def _recall(self, context: Context) -> Memory | None:
        """Return what an earlier try remembers, unless it was about another customer."""
        before = answers_of(context).load()
        return before if before and before.about in (None, self._about()) else None

    def _go_on(self, context: Context, event: object) -> Any:
        answer = read_answer(event, self.options, self.fields)
        if answer is None:
            if self.on_timeout == "ask_again":
                raise UnansweredError(
                    tell(
                        f"Customer {self.customer_id}: nobody answered in time.",
                        "What to do: answer when the next try asks, or clear the task if there is none left.",
                    )
                )
            answer = Answer(Option.GIVE_UP, "", "", "")
        if answer.option != Option.GIVE_UP:
            self.log.info("%s has answered: %s.", answer.by, answer.option)
            if answer.about is None:
                raise MeaninglessAnswerError(f"the field {ABOUT} is missing, which says whom the answer is about")
            if answer.about != self._about():
                raise _asked_about(answer.about, self._about())
            return self.answered(context, answer)
        try:
            self.remember(context, answer)
        except PartnerCenterError as problem:
            # It only matters if this process is killed within the next second.
            self.log.warning("%s", problem)
        return self.give_up(context, answer)


def _asked_about(other: str, this: str) -> PartnerCenterInvalidRequestError:
    # Airflow keeps the first question of a task, so that to ask again would show it again.
    return PartnerCenterInvalidRequestError(
        f"the task has asked about {for_message(other)} and not about {this!r}, and Airflow goes on to show its first "
        "question; nothing was requested",
        hint="onboard this customer in another run. A mapped task is about another customer if the list that it is "
        "mapped over has changed before it was cleared",
    )


def _param(field: Field) -> Any:
    """Return a field as Airflow's form knows it."""
    from airflow.sdk import Param

    allowed: dict[str, Any] = {"type": ["null", "string"]} if field.value is None else {"type": "string"}
    if field.choices:
        allowed["enum"] = [*([None] if field.value is None else []), *field.choices]
        # Airflow's form would show "null" for an empty field.
        allowed["values_display"] = {"null": "as before"}
    return Param(field.value, description=field.description, title=field.title, **allowed)


def _users(users: object) -> list[HITLUser] | None:
    """
    Read who may answer, one or several.

    :raises ValueError: if it is something else.
    """
    found = [users] if isinstance(users, Mapping) else users
    if not isinstance(found, list | tuple) or not all(
        isinstance(user, Mapping) and all(isinstance(user.get(name), str) for name in ("id", "name")) for user in found
    ):
        raise ValueError(
            "assigned_users must be dictionaries with the id and the name of users of Airflow, both strings, for "
            f"example [{{'id': '7', 'name': 'anna'}}], not {users!r}"
        )
    return [{"id": user["id"], "name": user["name"]} for user in found] or None
