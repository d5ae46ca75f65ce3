"""The hook: an Airflow connection turned into a client of Partner Center."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from airflow.sdk import BaseHook

from airflow_provider_partnercenter.client.errors import PartnerCenterAuthenticationError, PartnerCenterError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from airflow.sdk import Connection

    from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
    from airflow_provider_partnercenter.client.models import (
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


def _read_settings(connection: Connection, extra: object) -> ClientSettings:
    from airflow_provider_partnercenter.hooks.connection import client_settings

    return client_settings(connection, extra)


class PartnerCenterHook(BaseHook):
    """
    Interact with Microsoft Partner Center.

    Every method raises :class:`~airflow_provider_partnercenter.client.errors.PartnerCenterError`, of the subclass that
    tells what to do. A connection with a ``refresh_token`` works as App+User, without one as App-only, which can read
    but not submit (page ``partner-center-authentication``).

    :param partnercenter_conn_id: the connection to use.
    """

    conn_name_attr = "partnercenter_conn_id"
    default_conn_name = "partnercenter_default"
    conn_type = "partnercenter"
    hook_name = "Microsoft Partner Center"

    def __init__(self, partnercenter_conn_id: str = default_conn_name, logger_name: str | None = None) -> None:
        super().__init__(logger_name=logger_name)
        self.partnercenter_conn_id = partnercenter_conn_id

    def get_conn(self) -> PartnerCenterClient:
        """
        Return the client of this hook, the same at every call.

        :raises PartnerCenterConfigurationError: if the connection cannot work; the message names the field.
        """
        return self._client

    @cached_property
    def _client(self) -> PartnerCenterClient:
        return self._connect()

    def _connect(self, timeout: float = math.inf) -> PartnerCenterClient:
        from airflow_provider_partnercenter.client.sync import PartnerCenterClient
        from airflow_provider_partnercenter.storage.credential_variable import refresh_token_store

        connection = self.get_connection(self.partnercenter_conn_id)
        settings = _read_settings(connection, connection.extra_dejson)
        settings = replace(settings, timeout=min(settings.timeout, timeout))
        return PartnerCenterClient(settings, refresh_token_store(settings))

    def with_conn(self, work: Callable[[PartnerCenterClient], T]) -> T:
        """
        Do something with the client that may take days, during which a secret may be replaced.

        :param work: is done once more, with the connection as it is now, if the sign-in is refused.
        :raises PartnerCenterAuthenticationError: if the sign-in is refused again.
        """
        try:
            return work(self._client)
        except PartnerCenterAuthenticationError:
            del self._client
        return work(self._client)

    async def with_async_conn(self, work: Callable[[AsyncPartnerCenterClient], Awaitable[T]]) -> T:
        """
        Do something with the client of :meth:`get_async_conn` that may take days, as :meth:`with_conn`.

        :param work: is done again whenever the sign-in is refused and the connection has been edited since.
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

        Use it in ``async with``, so that its connections are closed when the last user leaves.

        :param max_connections: how many calls its user makes at a time, if more than eight. Others who are using the
            client already go on with as many connections as it has, and more calls than that queue for one.
        :raises PartnerCenterConfigurationError: if the connection cannot work; the message names the field.
        """
        from airflow.providers.common.compat.connection import get_async_connection, get_async_extra_dejson

        from airflow_provider_partnercenter.hooks.shared_clients import shared_client

        connection = await get_async_connection(self.partnercenter_conn_id, hook=self)
        extra = await get_async_extra_dejson(connection)

        # In a thread, because of what it imports.
        settings = await asyncio.to_thread(_read_settings, connection, extra)
        client = await shared_client(self.partnercenter_conn_id, settings)
        client.max_connections = max(client.max_connections, max_connections)
        return client

    def get_qualification(self, customer_id: str) -> Qualification | str:
        """
        Read the qualification with the legacy endpoint (GET ``/qualification``, synchronous validation).

        :param customer_id: the customer's tenant id, a GUID.
        :return: the member, or Microsoft's text if this version does not know it.
        """
        return self.get_conn().get_qualification(customer_id)

    def update_qualification(
        self, customer_id: str, qualification: Qualification | str, *, validation_code: str | None = None
    ) -> Qualification | str:
        """
        Set the qualification with the legacy endpoint (PUT ``/qualification``, synchronous validation); needs App+User.

        :param customer_id: the customer's tenant id, a GUID.
        :param qualification: what to set; its number is sent.
        :param validation_code: goes with ``GovernmentCommunityCloud``.
        :return: what the service answered.
        """
        return self.get_conn().update_qualification(customer_id, qualification, validation_code=validation_code)

    def get_qualifications(self, customer_id: str) -> list[CustomerQualification]:
        """
        Read the customer's qualifications and their vetting (GET ``/qualifications``, asynchronous validation).

        :param customer_id: the customer's tenant id, a GUID.
        :return: the entries; none for an unqualified customer.
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
    ) -> CustomerQualification:
        """
        Submit a request (POST ``/qualifications``, asynchronous validation); needs App+User.

        It sends what it is told, each time it is called, and a customer has three attempts in its life:
        :class:`~airflow_provider_partnercenter.operators.qualification.PartnerCenterUpdateQualificationOperator` reads
        first and never submits twice.

        :param customer_id: the customer's tenant id, a GUID.
        :param qualification: ``Education``, ``GovernmentCommunityCloud`` or ``StateOwnedEntity``.
        :param education_segment: ``K12`` or ``HigherEducation``; goes with ``Education``.
        :param website: the school's host name; optional, with ``Education``.
        :param validation_code: goes with ``GovernmentCommunityCloud``.
        :return: the entry that the request made; without a status if the service does not show it yet.
        """
        return self.get_conn().create_qualification(
            customer_id,
            qualification,
            education_segment=education_segment,
            website=website,
            validation_code=validation_code,
        )

    def get_validation_codes(self) -> list[ValidationCode]:
        """Read the partner's codes for the Government Community Cloud (GET ``/customers/all/validations``)."""
        return self.get_conn().get_validation_codes()

    def get_customer(self, customer_id: str) -> Customer:
        """
        Read one customer (GET ``/customers/{id}``).

        :param customer_id: the customer's tenant id, a GUID.
        """
        return self.get_conn().get_customer(customer_id)

    def get_customers(
        self, *, page_size: int = 500, starts_with: Mapping[str, str] | None = None
    ) -> Iterator[Customer]:
        """
        List the customers (GET ``/customers``), following the pages.

        :param page_size: how many to ask for at a time.
        :param starts_with: at most one filter, for example ``{"CompanyName": "Contoso"}`` or ``{"Domain": "contoso"}``.
        """
        return self.get_conn().get_customers(page_size=page_size, starts_with=starts_with)

    def is_mfa_compliant(self) -> bool | None:
        """
        Ask Microsoft whether the connection's user has signed in with MFA (``ValidateMfa``).

        :return: ``None`` if Microsoft does not say, as of an App-only connection.
        :raises PartnerCenterMfaRequiredError: if Microsoft already refuses calls without it.
        """
        return self.get_conn().is_mfa_compliant()

    def check_sign_in(self) -> SignIn:
        """
        Sign in, which renews a stored refresh token when that is due, and tell what a person should know of it.

        :raises PartnerCenterMfaRequiredError: if the user signed in without MFA, even where that is not refused yet.
        """
        from airflow_provider_partnercenter.hooks.sign_in import check_sign_in

        return check_sign_in(self.get_conn())

    def test_connection(self) -> tuple[bool, str]:
        """
        Sign in, list one customer, and look at MFA and at the stored refresh token.

        Somebody waits for the answer, so no trouble is waited out, and no request takes longer than ten seconds.

        :return: whether it worked, and what a person should know; never a secret.
        """
        from airflow_provider_partnercenter.hooks.sign_in import check_sign_in

        client = None
        try:
            client = self._connect(timeout=_TEST_TIMEOUT)
            client.exchange.policy = replace(client.exchange.policy, attempts=1, max_retry_after=0.0)
            sign_in = check_sign_in(client)
        except PartnerCenterError as error:
            return False, _without_secrets(str(error), client)
        can = "read, but not submit" if client.settings.credentials.app_only else "read and submit"
        text = f"Signed in as {sign_in.mode} at {client.settings.base_url}: this connection can {can} qualifications."
        return True, _without_secrets(" ".join([text, *sign_in.notes]), client)


def _without_secrets(text: str, client: PartnerCenterClient | None) -> str:
    # The message goes to whoever may press the button, unredacted by Airflow; Microsoft's words are quoted in it.
    for secret in client.tokens.secrets if client else ():
        text = text.replace(secret, "***")
    return text
