"""Turn an Airflow connection into client settings. An invalid field is refused by its name."""

from __future__ import annotations

import functools
import logging
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter import __version__
from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.auth.certificates import has_private_key
from airflow_provider_partnercenter.client.clouds import CLOUDS, DEFAULT_CLOUD
from airflow_provider_partnercenter.client.protocol.budget import POLL_SHARE, REQUESTS_PER_MINUTE
from airflow_provider_partnercenter.client.settings import CALL_TIMEOUT, ClientSettings
from airflow_provider_partnercenter.compat import AIRFLOW_VERSION, mask_secret
from airflow_provider_partnercenter.hooks.fields import Fields
from airflow_provider_partnercenter.hooks.oddities import oddities
from airflow_provider_partnercenter.hooks.proofs import read_proof
from airflow_provider_partnercenter.storage.credential_variable import NOT_STORED
from airflow_provider_partnercenter.storage.shown.sign_ins import note_sign_in
from airflow_provider_partnercenter.telemetry.observer import observer_of

if TYPE_CHECKING:
    from airflow.sdk import Connection

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
# Other characters would be read as part of the URL in a call of Airflow's API.
_VARIABLE = re.compile(r"[\w.-]{1,250}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")

log = logging.getLogger(__name__)


@functools.cache
def user_agent() -> str:
    """Return the ``User-Agent`` header, with the installed versions."""
    return f"airflow-provider-partnercenter/{__version__} apache-airflow/{AIRFLOW_VERSION}"


def client_settings(connection: Connection) -> ClientSettings:
    """
    Turn an Airflow connection into client settings.

    :param connection: its login is the application id, its password the client secret, and its host overrides the
        API's address.
    :raises PartnerCenterConfigurationError: if a field is missing or invalid. The message names the field and contains
        no secret.
    """
    extra = read_extra(connection)
    fields = Fields(connection.conn_id, extra)
    for oddity in oddities(connection.conn_type, extra):
        _warn(connection.conn_id, oddity)
    cloud_name = fields.text("cloud") or DEFAULT_CLOUD
    if cloud_name not in CLOUDS:
        raise fields.refuse("cloud", f"has the unknown value {cloud_name[:40]!r}", f"use one of {', '.join(CLOUDS)}")
    cloud = CLOUDS[cloud_name]

    proof = read_proof(fields, connection.password)
    if has_private_key(proof.get("certificate")):
        # Airflow masks the other field because of its name, but not this one.
        mask_secret(proof["certificate"])
    refresh_token = fields.credential("refresh_token", extra.get("refresh_token"))
    variable = fields.text("credential_variable")
    if variable and not _VARIABLE.fullmatch(variable):
        hint = "use at most 250 letters, digits, '_', '-' and '.'"
        raise fields.refuse("credential_variable", "is not a valid Airflow Variable name", hint)
    if variable and not refresh_token:
        hint = "add the initial refresh token, or remove 'credential_variable'"
        raise fields.refuse("refresh_token", "is missing, but 'credential_variable' requires it", hint)

    if variable and NOT_STORED:
        _warn(connection.conn_id, NOT_STORED)

    login = fields.credential("login", connection.login)
    tenant_id = fields.credential("tenant_id", extra.get("tenant_id"))
    return ClientSettings(
        credentials=Credentials(
            client_id=fields.required("login", login, "the application (client) id"),
            tenant_id=fields.required("tenant_id", tenant_id, "the partner's tenant id", _TENANT),
            authority=fields.address("authority", fields.text("authority")) or cloud.authority,
            scope=cloud.scope,
            token_exchange=cloud.token_exchange,
            refresh_token=refresh_token,
            connection=connection.conn_id,
            **proof,
        ),
        base_url=fields.address("host", connection.host, connection.port, connection.schema) or cloud.api,
        ca_bundle=fields.text("ca_bundle"),
        # Rounded up, because 0 switches the budget off.
        requests_per_minute=math.ceil(fields.number("requests_per_minute", REQUESTS_PER_MINUTE, minimum=0)),
        poll_share=fields.share("poll_share", POLL_SHARE),
        timeout=fields.number("timeout", CALL_TIMEOUT, minimum=1),
        locale=fields.required("locale", fields.text("locale") or "en-US", "a language tag", _LOCALE),
        user_agent=user_agent(),
        credential_variable=variable,
        on_secret=mask_secret,
        on_sign_in=note_sign_in,
        observer=observer_of(connection.conn_id),
    )


def read_extra(connection: Connection) -> Mapping[str, Any]:
    """
    Return the extra of a connection.

    :raises PartnerCenterConfigurationError: if it is not a JSON object.
    """
    extra: object = connection.extra_dejson
    # Airflow returns an empty dictionary for text that is not JSON, and other JSON than an object unchanged.
    if not isinstance(extra, Mapping) or (not extra and (connection.extra or "").strip(" \n{}")):
        raise Fields(connection.conn_id, {}).refuse("extra", "is not a JSON object", "give a JSON object")
    return extra


@functools.lru_cache(maxsize=1000)
def _warn(conn_id: str, oddity: str) -> None:
    """Warn once in this process. Every task and every trigger reads the connection again."""
    log.warning("Connection %r: %s", conn_id, oddity)
