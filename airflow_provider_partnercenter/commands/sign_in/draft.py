"""The connection that a sign-in makes or renews: what stays of it, what is replaced, what is shown. Pure functions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.auth.certificates import CERTIFICATE_FIELD, KEY_FIELD
from airflow_provider_partnercenter.client.auth.proofs.managed_identity import FIELD as IDENTITY_FIELD
from airflow_provider_partnercenter.client.auth.proofs.token_file import FIELD as FILE_FIELD
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.hooks.connection import read_extra
from airflow_provider_partnercenter.hooks.oddities import CONN_TYPE, EXTRAS
from airflow_provider_partnercenter.hooks.proofs import SECRET_FIELD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Connection

_STANDARD = ("conn_type", "host", "schema", "login", "password", "port")
_PROOFS = (KEY_FIELD, CERTIFICATE_FIELD, FILE_FIELD, IDENTITY_FIELD)
_SECRETS = ("refresh_token", KEY_FIELD, CERTIFICATE_FIELD)
# What others have put into the extra may be secret.
_SHOWN = frozenset(EXTRAS) - frozenset(_SECRETS)
_MASK = "***"
# As long as nobody has signed in.
_NONE_YET = "none-yet"


@dataclass(frozen=True, slots=True)
class Draft:
    """
    A connection that is not stored yet.

    :param conn_id: its id.
    :param standard: the standard fields of Airflow, by their names.
    :param extra: its extra.
    """

    conn_id: str
    standard: Mapping[str, Any] = field(repr=False)
    extra: Mapping[str, Any] = field(repr=False)

    def connection(self) -> Connection:
        """Return it as the hook gets it."""
        from airflow.sdk import Connection

        return Connection(conn_id=self.conn_id, **self.standard, extra=json.dumps(self.extra))

    def with_token(self, refresh_token: str) -> Draft:
        """Return the same with another refresh token."""
        return Draft(self.conn_id, self.standard, {**self.extra, "refresh_token": refresh_token})

    def to_json(self, *, secrets: bool) -> str:
        """
        Return it in Airflow's JSON format for connections.

        :param secrets: whether to show the secrets, and the extras that this provider does not know.
        """
        standard = {name: value for name, value in self.standard.items() if value is not None}
        extra = dict(self.extra)
        if not secrets:
            standard |= {SECRET_FIELD: _MASK} if standard.get(SECRET_FIELD) else {}
            extra = {name: value if name in _SHOWN else _MASK for name, value in extra.items()}
        return json.dumps({**standard, "extra": extra}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Given:
    """
    What the arguments of the command say about the connection.

    :param login: the application (client) id.
    :param host: the address of the API.
    :param extra: the extras; ``None`` for one that is not given.
    :param proof: how the application proves who it is: a field of the connection and its value; empty to leave it.
    """

    login: str | None = None
    host: str | None = None
    extra: Mapping[str, str | None] = field(default_factory=dict)
    proof: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_draft(connection: Connection) -> Draft:
    """
    Return an existing connection as a draft.

    :raises PartnerCenterConfigurationError: if it is not one to Partner Center, or its extra is not a JSON object.
    """
    if connection.conn_type != CONN_TYPE:
        raise PartnerCenterConfigurationError(
            f"Connection {connection.conn_id!r} is of the type {connection.conn_type!r}, not {CONN_TYPE!r}",
            hint="choose another id by --conn-id, or remove that connection first",
        )
    standard = {name: getattr(connection, name) for name in _STANDARD}
    return Draft(connection.conn_id, standard, dict(read_extra(connection)))


def new_draft(conn_id: str, given: Given) -> Draft:
    """
    Return a new connection.

    :raises PartnerCenterConfigurationError: if something is missing that a connection must have.
    """
    missing = [
        flag
        for flag, value in {"--client-id": given.login, "--tenant-id": given.extra.get("tenant_id")}.items()
        if not value
    ]
    if missing:
        raise PartnerCenterConfigurationError(
            f"Airflow finds no connection {conn_id!r}, and a new one needs {' and '.join(missing)}",
            hint="give them, or the id of a connection by --conn-id. If it is there, check whether this machine has "
            "the configuration of the Airflow to which it belongs: database, Fernet key and secrets backend",
        )
    return Draft(conn_id, {"conn_type": CONN_TYPE}, {"credential_variable": f"{conn_id}_credential"})


def completed(draft: Draft, given: Given) -> Draft:
    """
    Return a draft with what the arguments say. Everything else stays, unknown extras too.

    A proof replaces all others, because a connection has one.
    """
    standard, extra = dict(draft.standard), dict(draft.extra)
    if given.proof:
        standard[SECRET_FIELD] = None
        extra = {name: value for name, value in extra.items() if name not in _PROOFS}
    for name, value in given.proof.items():
        (standard if name == SECRET_FIELD else extra)[name] = value
    standard |= {name: value for name, value in {"login": given.login, "host": given.host}.items() if value}
    extra |= {name: value for name, value in given.extra.items() if value is not None}
    if not extra.get("credential_variable"):
        extra.pop("credential_variable", None)
    if not extra.get("refresh_token"):
        extra["refresh_token"] = _NONE_YET
    return Draft(draft.conn_id, standard, extra)


def has_proof(draft: Draft) -> bool:
    """Return whether something in a draft proves who the application is."""
    return bool(draft.standard.get(SECRET_FIELD) or any(draft.extra.get(name) for name in _PROOFS))
