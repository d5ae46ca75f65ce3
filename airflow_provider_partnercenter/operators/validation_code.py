"""The operator that asks a person for the validation code that a request lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterInvalidRequestError
from airflow_provider_partnercenter.client.models import Qualification
from airflow_provider_partnercenter.client.protocol.arguments import customer_guid, optional_text, to_requestable
from airflow_provider_partnercenter.links.partnercenter import customer_page
from airflow_provider_partnercenter.operators.asking import AskingOperator, OnTimeout
from airflow_provider_partnercenter.qualification.asking.answer import MeaninglessAnswerError
from airflow_provider_partnercenter.qualification.asking.question import Option, about_code
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.states.customer import State
from airflow_provider_partnercenter.tasks.arguments import tries_of
from airflow_provider_partnercenter.tasks.telling.pushing import source_of, tell_customer
from airflow_provider_partnercenter.tasks.telling.states import asking, failed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import timedelta

    from airflow.sdk import BaseNotifier, Context, XComArg

    from airflow_provider_partnercenter.qualification.asking.answer import Answer
    from airflow_provider_partnercenter.qualification.asking.steps import Memory


class PartnerCenterValidationCodeOperator(AskingOperator):
    """
    Ask a person for the validation code of a GovernmentCommunityCloud request, if it is missing.

    The result is the code, a string, for ``validation_code`` of the update operator; ``None`` if the qualification
    needs no code. Nobody is asked then, nor if the code is given. The task makes no call to Partner Center.

    *Give up* fails the task without a retry; it has the XCom ``given_up`` then. An answer without a code, or with
    ``auto`` although there is no ``organization``, is asked for again. A retry goes on with the code that was given (on
    Airflow 3.3); a cleared task asks again. It needs Airflow 3.1, and before 3.3 a running triggerer (see
    ``docs/guides/denials.md``).

    :param customer_id: the customer's tenant id, a GUID. (templated)
    :param qualification: what will be requested. (templated)
    :param validation_code: the code, if it is known; nobody is asked then. (templated)
    :param organization: for the validation code ``"auto"``, as for the update operator. (templated)
    :param company_name: the customer's name, for people; optional. (templated)
    :param assigned_users: who may answer: a dictionary with ``id`` and ``name`` of a user of Airflow, or a list of
        them. By default everybody who may edit the DAG's required actions.
    :param notifiers: one or more of Airflow's notifiers, which are called whenever somebody is asked.
    :param response_timeout: how long one try waits for an answer, in seconds or as a ``timedelta``; without end by
        default.
    :param on_timeout: what it means if nobody answers in time. ``"ask_again"`` (default): the try fails, and the next
        one asks again, as long as there are ``retries``. ``"give_up"``: the same as *Give up*.
    :raises ValueError: when the DAG is parsed, if an argument that is not templated is invalid, or Airflow is too old.
    :raises GivenUpError: if a person gives up.
    :raises UnansweredError: if nobody answers in time and ``on_timeout`` is ``"ask_again"``.
    :raises PermanentFailureError: if an argument is invalid.
    """

    template_fields: Sequence[str] = (
        "customer_id",
        "qualification",
        "validation_code",
        "organization",
        "company_name",
    )
    asks_because = State.NEEDS_CODE
    fields: ClassVar[Collection[str]] = ("validation_code", *AskingOperator.fields)

    def __init__(
        self,
        *,
        customer_id: str | XComArg,
        qualification: str | XComArg,
        validation_code: str | XComArg | None = None,
        organization: str | XComArg | None = None,
        company_name: str | XComArg | None = None,
        assigned_users: Mapping[str, str] | Sequence[Mapping[str, str]] = (),
        notifiers: BaseNotifier | Sequence[BaseNotifier] = (),
        response_timeout: timedelta | float | None = None,
        on_timeout: OnTimeout = "ask_again",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            options=(Option.GO_ON, Option.GIVE_UP),
            customer_id=customer_id,
            qualification=qualification,
            company_name=company_name,
            assigned_users=assigned_users,
            notifiers=notifiers,
            response_timeout=response_timeout,
            on_timeout=on_timeout,
            **kwargs,
        )
        # What is templated may be another task's output until Airflow renders it, hence Any.
        self.validation_code: Any = validation_code
        self.organization: Any = organization

    def begin(self, context: Context, before: Memory | None) -> str | None:
        if to_requestable(self.qualification) is not Qualification.GOVERNMENT_COMMUNITY_CLOUD:
            return None
        if known := optional_text(self.validation_code, "validation_code"):
            return known
        if before and before.answer and before.max_tries == tries_of(context):
            return before.answer.validation_code
        customer = customer_guid(self.customer_id)
        self.remember(context, None)
        company = optional_text(self.company_name, "company_name")
        question = about_code(customer, company=company, page=customer_page(customer))
        about = {"customer_id": customer, "qualification": str(Qualification.GOVERNMENT_COMMUNITY_CLOUD)}
        source = source_of(context, self)
        return self.ask(context, question, asking(source, self.asks_because, about, clock.now(), question.subject))

    def answered(self, context: Context, answer: Answer) -> str | None:
        try:
            request = SubmissionRequest.validated(
                self.customer_id,
                self.qualification,
                validation_code=answer.validation_code,
                organization=self.organization,
            )
        except PartnerCenterInvalidRequestError as error:
            raise MeaninglessAnswerError(error.message) from None
        self.remember(context, answer)
        state = failed(
            source_of(context, self),
            request.customer_id,
            str(request.qualification),
            clock.now(),
            state=State.ABSENT,
            reason="the validation code was given; nothing was requested yet",
            answer=answer,
        )
        tell_customer(context, self, state)
        return request.validation_code
