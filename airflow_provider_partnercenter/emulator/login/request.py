"""A request to the login service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.emulator.scenario.login_refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARED_TENANTS = ("common", "organizations")
"""What may stand in the place of a tenant where a user signs in, who is of one."""


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """
    A request to the authorization or the token endpoint.

    :param base: the base URL that the client used.
    :param tenant: the tenant in the path.
    :param form: the parameters of the body, or of the query.
    :param v1: whether the endpoint is one of v1, which takes a ``resource`` in the place of scopes.
    :param authorization: the ``Authorization`` header; ``None`` if there is none.
    """

    base: str
    tenant: str
    form: Mapping[str, str]
    v1: bool = False
    authorization: str | None = None

    def get(self, name: str) -> str:
        """Return a parameter; empty if there is none."""
        return self.form.get(name, "")

    def required(self, name: str) -> str:
        """
        Return a parameter.

        :raises LoginRefusedError: if it is missing or empty.
        """
        if not (value := self.get(name)):
            raise refusal(900144, name)
        return value
