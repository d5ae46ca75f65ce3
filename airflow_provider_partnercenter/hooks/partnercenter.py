"""The hook, which makes a client of Partner Center from an Airflow connection."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_partnercenter.client.errors import PartnerCenterAuthenticationError, PartnerCenterError
from airflow_provider_partnercenter.compat import BaseHook, field_behaviour, form_widgets, supervisor_turn
from airflow_provider_partnercenter.hooks.webhooks import WebhookMethods
from airflow_provider_partnercenter.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping
    from datetime import date

    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
    from airflow_provider_partnercenter.client.models import (
        AuditRecord,
        Customer,
        CustomerQualification,
        EducationSegment,
        Qualification,
        ValidationCode,
    )
    from airflow_provider_partnercenter.client.settings import ClientSettings
    from airflow_provider_partnercenter.client.sync import PartnerCenterClient
    from airflow_provider_partnercenter.hooks.sign_in import SignIn

T = TypeVar("T")

_TEST_TIMEOUT = 10.0


class PartnerCenterHook(WebhookMethods, BaseHook):
    """
    Interact with Microsoft Partner Center.

    The methods raise :class:`~airflow_provider_partnercenter.client.errors.PartnerCenterError`; its subclass says what
    to do, for example ``PartnerCenterInvalidRequestError`` for an invalid argument. A connection with a
    ``refresh_token`` works as App+User. A connection without one works as App-only, which can read but not submit (page
    ``partner-center-authentication``).

    :param partnercenter_conn_id: the connection id; ``partnercenter_default`` by default.
    :param logger_name: the name of the hook's logger, as for every Airflow hook.
    """

    conn_name_attr = "partnercenter_conn_id"
    default_conn_name = "partnercenter_default"
    conn_type = "partnercenter"
    hook_name = "Microsoft Partner Center"
    get_connection_form_widgets = staticmethod(form_widgets)
    get_ui_field_behaviour = staticmethod(field_behaviour)

    def __init__(self, partnercenter_conn_id: str = default_conn_name, logger_name: str | None = None) -> None:
        super().__init__(logger_name=logger_name)
        self.partnercenter_conn_id = partnercenter_conn_id

    def get_conn(self) -> PartnerCenterClient:
        """
        Return the client of this hook. Every call returns the same client.

        :raises PartnerCenterConfigurationError: if a field of the connection is invalid. The message names the field.
        """
        return self._client

    @cached_property
    def _client(self) -> PartnerCenterClient:
        return self._connect()

    def _settings(self) -> ClientSettings:
        from airflow_provider_partnercenter.hooks.connection import client_settings

        # Airflow asks the supervisor for the connection, and tells it what is secret in it.
        with supervisor_turn():
            return client_settings(self.get_connection(self.partnercenter_conn_id))

    def _connect(self, timeout: float = math.inf) -> PartnerCenterClient:
        from airflow_provider_partnercenter.client.sync import PartnerCenterClient
        from airflow_provider_partnercenter.storage.credential_variable import refresh_token_store

        settings = self._settings()
        settings = replace(settings, timeout=min(settings.timeout, timeout))
        return PartnerCenterClient(settings, refresh_token_store(settings))

    def with_conn(self, work: Callable[[PartnerCenterClient], T]) -> T:
        """
        Call a function that may use the client for days, during which a secret may be replaced.

        :param work: a function that takes the client. It is called again whenever the sign-in is refused and the
            connection has been edited since.
        :return: the result of ``work``.
        :raises PartnerCenterAuthenticationError: if the sign-in is refused and the connection is still the same.
        """
        while True:
            client = self._client
            try:
                return work(client)
            except PartnerCenterAuthenticationError:
                del self._client
                if self._client.settings == client.settings:
                    raise

    async def with_async_conn(self, work: Callable[[AsyncPartnerCenterClient], Awaitable[T]]) -> T:
        """
        Call an async function with the client of :meth:`get_async_conn`, as :meth:`with_conn` calls a function.

        :param work: an async function that takes the client.
        :return: the result of ``work``.
        :raises PartnerCenterAuthenticationError: if the sign-in is refused and the connection is still the same.
        """
        refused: tuple[AsyncPartnerCenterClient, PartnerCenterError] | None = None
        while True:
            async with await self.get_async_conn() as client:
                if refused and client is refused[0]:
                    raise refused[1]
                try:
                    return await work(client)
                except PartnerCenterAuthenticationError as error:
                    refused = (client, error)

    async def get_async_conn(self, *, max_connections: int = 0) -> AsyncPartnerCenterClient:
        """
        Return the client that all users of the connection in this event loop share.

        Use it in ``async with``, so that its HTTP connections are closed when the last user leaves.

        :param max_connections: how many calls the caller makes at the same time, if more than eight. If the client is
            in use already, it keeps its number of HTTP connections, and further calls wait for a free one.
        :raises PartnerCenterConfigurationError: if a field of the connection is invalid. The message names the field.
        """
        from airflow_provider_partnercenter.hooks.shared_clients import shared_client

        client = await shared_client(self.partnercenter_conn_id, await in_thread(self._settings))
        client.max_connections = max(client.max_connections, max_connections)
        return client

    def get_qualification(self, customer_id: str) -> Qualification | str:
        """
        Read the qualification with the legacy endpoint (GET ``/qualification``, synchronous validation).

        :param customer_id: the customer's tenant id, a GUID.
        :return: the ``Qualification``, which is ``NONE`` for an unqualified customer; Microsoft's string if this
            version of the provider does not know it.
        """
        return self.get_conn().get_qualification(customer_id)

    def update_qualification(
        self, customer_id: str, qualification: Qualification | str, *, validation_code: str | None = None
    ) -> Qualification | str:
        """
        Set the qualification with the legacy endpoint (PUT ``/qualification``, synchronous validation); needs App+User.

        :param customer_id: the customer's tenant id, a GUID.
        :param qualification: the qualification to set, as a member or its name. Its number is sent.
        :param validation_code: a validation id of the partner's, for ``GovernmentCommunityCloud``.
        :return: the ``Qualification`` that the service returned, or its string if this version of the provider does not
            know it.
        :raises PartnerCenterPermissionError: if the connection is App-only or lacks the permission.
        :raises PartnerCenterError: with ``outcome_unknown`` set if the answer was lost.
        """
        return self.get_conn().update_qualification(customer_id, qualification, validation_code=validation_code)

    def get_qualifications(self, customer_id: str) -> list[CustomerQualification]:
        """
        Read the customer's qualifications and their vetting (GET ``/qualifications``, asynchronous validation).

        :param customer_id: the customer's tenant id, a GUID.
        :return: the entries; an empty list for an unqualified customer.
        """
        return self.get_conn().get_qualifications(customer_id)

    def create_qualification(
        self,
        customer_id: str,
        qualification: Qualification | str,
        *,
        education_segment: EducationSegment | str | None = None,
        website: str | None = None,
        validation_code: str | None = None,
        request_id: str | None = None,
    ) -> CustomerQualification:
        """
        Submit a request (POST ``/qualifications``, asynchronous validation); needs App+User.

        Every call submits a request, and a customer has three verification attempts in its life. Use
        :class:`~airflow_provider_partnercenter.operators.qualification.PartnerCenterUpdateQualificationOperator` to
        read first and never submit twice.

        :param customer_id: the customer's tenant id, a GUID.
        :param qualification: ``Education``, ``GovernmentCommunityCloud`` or ``StateOwnedEntity``.
        :param education_segment: ``K12`` or ``HigherEducation``, for ``Education``.
        :param website: the school's host name; optional, for ``Education``.
        :param validation_code: a validation id of the partner's, for ``GovernmentCommunityCloud``.
        :param request_id: the ``MS-RequestId``, a GUID, which names the decision to submit; by default a new one. Give
            the same one if you repeat a call whose answer was lost.
        :return: the entry that the request created. Its ``vetting_status`` is ``None`` if the service does not show the
            entry yet.
        :raises PartnerCenterPermissionError: if the connection is App-only or lacks the permission.
        :raises PartnerCenterError: with ``outcome_unknown`` set if the answer was lost.
        """
        return self.get_conn().create_qualification(
            customer_id,
            qualification,
            education_segment=education_segment,
            website=website,
            validation_code=validation_code,
            request_id=request_id,
        )

    def get_validation_codes(self) -> list[ValidationCode]:
        """
        Read the partner's codes for the Government Community Cloud (GET ``/customers/all/validations``).

        :return: the codes; an empty list if there are none.
        """
        return self.get_conn().get_validation_codes()

    def get_customer(self, customer_id: str) -> Customer:
        """
        Read one customer (GET ``/customers/{id}``).

        :param customer_id: the customer's tenant id, a GUID.
        :raises PartnerCenterNotFoundError: if there is no such customer.
        """
        return self.get_conn().get_customer(customer_id)

    def get_customers(
        self, *, page_size: int = 500, starts_with: Mapping[str, str] | None = None
    ) -> Iterator[Customer]:
        """
        Iterate over the partner's customers (GET ``/customers``), page by page.

        :param page_size: how many customers to request per page; 500 by default. The service may return fewer.
        :param starts_with: a filter with one field and the text that it begins with, for example
            ``{"CompanyName": "Contoso"}`` or ``{"Domain": "contoso"}``; no filter by default.
        """
        return self.get_conn().get_customers(page_size=page_size, starts_with=starts_with)

    def get_audit_records(
        self,
        *,
        start_date: date,
        end_date: date | None = None,
        resource_type: str | None = None,
        customer_id: str | None = None,
        company_name: str | None = None,
    ) -> Iterator[AuditRecord]:
        """
        Iterate over what the partner's users and applications have done (GET ``/auditrecords``); use App+User.

        :param start_date: the first day (UTC), at most 90 days ago.
        :param end_date: the last day (UTC); today by default.
        :param resource_type: only what was done to this type of resource, for example ``customer``.
        :param customer_id: only what was done for this customer.
        :param company_name: only what was done for customers whose name contains this. Give at most one of these three.
        :raises PartnerCenterInvalidRequestError: if ``start_date`` is too long ago, or another argument is invalid.
        :raises PartnerCenterPermissionError: if the connection lacks the permission, which App-only may.
        """
        return self.get_conn().get_audit_records(
            start_date=start_date,
            end_date=end_date,
            resource_type=resource_type,
            customer_id=customer_id,
            company_name=company_name,
        )

    def is_mfa_compliant(self) -> bool | None:
        """
        Ask Microsoft whether the connection's user signed in with MFA (``ValidateMfa``).

        :return: whether the user signed in with MFA; ``None`` if Microsoft does not say, as for an App-only connection.
        :raises PartnerCenterMfaRequiredError: if Microsoft already refuses calls without MFA.
        """
        return self.get_conn().is_mfa_compliant()

    def check_sign_in(self) -> SignIn:
        """
        Sign in and return what a person should know about it. This renews a stored refresh token if that is due.

        :return: the mode, whether MFA was used, the dates of the stored refresh token, and notes for a person.
        :raises PartnerCenterMfaRequiredError: if the user signed in without MFA, even if Microsoft does not refuse it
            yet.
        :raises PartnerCenterServiceUnavailableError: if the new refresh token could not be stored.
        """
        from airflow_provider_partnercenter.hooks.sign_in import check_sign_in

        return check_sign_in(self.get_conn())

    def test_connection(self) -> tuple[bool, str]:
        """
        Sign in, list one customer, and check MFA and the stored refresh token, in at most ten seconds per request.

        :return: whether the connection works, and a message for a person, which contains no secret.
        """
        from airflow_provider_partnercenter.hooks.sign_in import try_sign_in

        return try_sign_in(lambda: self._connect(timeout=_TEST_TIMEOUT))
