"""Turn an Airflow connection into client settings. An invalid field is refused by its name."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk.log import mask_secret

from airflow_provider_partnercenter import __version__
from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.auth.certificates import (
    CERTIFICATE_FIELD,
    KEY_FIELD,
    has_certificate,
    has_private_key,
)
from airflow_provider_partnercenter.client.clouds import CLOUDS, DEFAULT_CLOUD
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.client.protocol.budget import POLL_SHARE, REQUESTS_PER_MINUTE
from airflow_provider_partnercenter.client.settings import CALL_TIMEOUT, ClientSettings
from airflow_provider_partnercenter.client.wire import UNWRITABLE

if TYPE_CHECKING:
    from airflow.sdk import Connection

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
# Hosts and paths that both HTTP libraries send unchanged. Each library corrects others in its own way.
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[\da-f:.]*:[\da-f:.]*", re.ASCII)
_FOLDER = re.compile(r"(/[\w~-][\w.~-]*)*/*", re.ASCII)
# Other characters would be read as part of the URL in a call of Airflow's API.
_VARIABLE = re.compile(r"[\w.-]{1,250}")
# Larger than any sensible value, and small enough for a socket's timeout.
_MOST = 1_000_000
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@functools.cache
def user_agent() -> str:
    """Return the ``User-Agent`` header, with the installed versions."""
    return f"airflow-provider-partnercenter/{__version__} apache-airflow/{version('apache-airflow-core')}"


def client_settings(connection: Connection, extra: object) -> ClientSettings:
    """
    Turn an Airflow connection into client settings.

    :param connection: its login is the application id, its password the client secret, and its host overrides the
        API's address.
    :param extra: the connection's extra as parsed by Airflow. The caller reads it, because in a trigger that may
        need I/O, which must not block the event loop.
    :raises PartnerCenterConfigurationError: if a field is missing or invalid. The message names the field and contains
        no secret.
    """
    # Airflow returns an empty dictionary for text that is not JSON, and other JSON than an object unchanged.
    if not isinstance(extra, Mapping) or (not extra and (connection.extra or "").strip(" \n{}")):
        raise _Fields(connection.conn_id, {}).refuse("extra", "is not a JSON object", "give a JSON object")
    fields = _Fields(connection.conn_id, extra)
    cloud_name = fields.text("cloud") or DEFAULT_CLOUD
    if cloud_name not in CLOUDS:
        raise fields.refuse("cloud", f"has the unknown value {cloud_name[:40]!r}", f"use one of {', '.join(CLOUDS)}")
    cloud = CLOUDS[cloud_name]

    private_key, certificate = fields.text(KEY_FIELD), fields.text(CERTIFICATE_FIELD)
    # Either field may contain both the certificate and the key.
    for given, missing, name in (
        (private_key, certificate or has_certificate(private_key), CERTIFICATE_FIELD),
        (certificate, private_key or has_private_key(certificate), KEY_FIELD),
    ):
        if given and not missing:
            raise fields.refuse(name, "is missing", "give both the certificate and its private key, as PEM text")
    if has_private_key(certificate):
        # Airflow masks the other field because of its name, but not this one.
        mask_secret(certificate)
    secret = fields.checked("password", connection.password)
    if not secret and not certificate and not private_key:
        hint = "give the client secret, or a certificate with its private key"
        raise fields.refuse("password", "is missing", hint)
    refresh_token, variable = fields.text("refresh_token"), fields.text("credential_variable")
    if variable and not _VARIABLE.fullmatch(variable):
        hint = "use at most 250 letters, digits, '_', '-' and '.'"
        raise fields.refuse("credential_variable", "is not a valid Airflow Variable name", hint)
    if variable and not refresh_token:
        hint = "add the initial refresh token, or remove 'credential_variable'"
        raise fields.refuse("refresh_token", "is missing, but 'credential_variable' requires it", hint)

    return ClientSettings(
        credentials=Credentials(
            client_id=fields.required("login", connection.login, "the application (client) id"),
            tenant_id=fields.required("tenant_id", fields.text("tenant_id"), "the partner's tenant id", _TENANT),
            authority=fields.address("authority", fields.text("authority")) or cloud.authority,
            scope=cloud.scope,
            client_secret=None if certificate or private_key else secret,
            private_key=private_key,
            certificate=certificate,
            refresh_token=refresh_token,
            connection=connection.conn_id,
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
    )


class _Fields:
    """Reads the fields of one connection, and refuses invalid ones by name."""

    def __init__(self, conn_id: str, extra: Mapping[str, Any]) -> None:
        self._conn_id = conn_id
        self._extra = extra

    def refuse(self, field: str, problem: str, hint: str) -> PartnerCenterConfigurationError:
        return PartnerCenterConfigurationError(f"Connection {self._conn_id!r}: '{field}' {problem}", hint=hint)

    def text(self, field: str) -> str | None:
        """Return a string of the extra without surrounding whitespace, or ``None`` if it is missing or empty."""
        value = self._extra.get(field)
        if value is not None and not isinstance(value, str):
            raise self.refuse(field, f"must be a string, not {type(value).__name__}", "give a string")
        return self.checked(field, value)

    def checked(self, field: str, value: str | None) -> str | None:
        """Return a string without surrounding whitespace, or ``None`` if it is missing or empty."""
        text = (value or "").strip()
        if UNWRITABLE.search(text):
            raise self.refuse(field, "contains a control character or an unpaired surrogate", "copy the value again")
        return text or None

    def required(self, field: str, value: str | None, meaning: str, pattern: re.Pattern[str] | None = None) -> str:
        text = self.checked(field, value)
        if not text:
            raise self.refuse(field, "is missing", f"give {meaning}")
        if pattern and not pattern.fullmatch(text):
            raise self.refuse(field, f"is not {meaning}", f"give {meaning}, without spaces or slashes")
        return text

    def number(self, field: str, default: float, *, minimum: float) -> float:
        """Return a number of the extra. In a connection given as a URI it is a string."""
        number = self._number(field, default)
        if not minimum <= number <= _MOST:
            raise self._refuse_number(field, f"give a number from {minimum:g} to {_MOST}")
        return number

    def share(self, field: str, default: float) -> float:
        """Return a share of the extra, from 0.01 to 1. A smaller one would leave next to nothing."""
        number = self._number(field, default)
        if not 0.01 <= number <= 1:
            raise self._refuse_number(field, "give a number from 0.01 to 1")
        return number

    def _number(self, field: str, default: float) -> float:
        value = self._extra.get(field)
        if value is None or value == "":
            return default
        try:
            return float(value) if not isinstance(value, bool) else float("nan")
        except (TypeError, ValueError, OverflowError):
            return float("nan")

    def _refuse_number(self, field: str, hint: str) -> PartnerCenterConfigurationError:
        return self.refuse(field, f"has the invalid value {str(self._extra.get(field))[:40]!r}", hint)

    def address(self, field: str, value: str | None, port: int | None = None, scheme: str | None = None) -> str | None:
        """Return ``https://host[:port][/path]`` without a trailing slash, or ``None`` if the field is empty."""
        text = (value or "").strip()
        if not text:
            return None
        if "://" not in text:
            text = f"{scheme or 'https'}://{text}"
        hint = "give an address such as https://localhost:8443"
        try:
            url = urlsplit(text)
            port = url.port or port
        except ValueError:
            raise self.refuse(field, "is not an address", hint) from None
        if url.scheme != "https":
            raise self.refuse(field, f"uses {url.scheme}://, which would send tokens unencrypted", "use https://")
        extras = "@" in url.netloc or url.query or url.fragment
        # urlsplit drops line breaks and tabs, so the original text is checked too.
        plain = text.isprintable() and _FOLDER.fullmatch(url.path)
        if extras or not plain or not url.hostname or not _HOST.fullmatch(url.hostname):
            raise self.refuse(field, "is not an address", hint)
        if url.path.rstrip("/").endswith("/v1"):
            raise self.refuse(field, "ends in /v1", "remove /v1; every call adds it")
        host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        return f"https://{host}{f':{port}' if port else ''}{url.path.rstrip('/')}"
