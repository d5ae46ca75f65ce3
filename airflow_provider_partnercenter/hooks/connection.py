"""From an Airflow connection to client settings; whatever cannot work is refused with the name of the field."""

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
# What both HTTP libraries send as it is, each in its own way of correcting the rest.
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[\da-f:.]*:[\da-f:.]*", re.ASCII)
_FOLDER = re.compile(r"(/[\w~-][\w.~-]*)*/*", re.ASCII)
# Others are taken for part of an address on the way to Airflow's API.
_VARIABLE = re.compile(r"[\w.-]{1,250}")
# Above what anybody means, and below what a socket's time-out takes.
_MOST = 1_000_000
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@functools.cache
def user_agent() -> str:
    """Return the ``User-Agent`` header, with the versions that really run."""
    return f"airflow-provider-partnercenter/{__version__} apache-airflow/{version('apache-airflow-core')}"


def client_settings(connection: Connection, extra: object) -> ClientSettings:
    """
    Read an Airflow connection.

    :param connection: login is the application id, password its secret, host an override of the API's address.
    :param extra: what Airflow made of the connection's extra, read by the caller because that is I/O in a trigger.
    :raises PartnerCenterConfigurationError: naming the field that is missing or wrong, without any secret.
    """
    # Airflow reads text that is not JSON as an empty dictionary, and JSON that is no object as what it is.
    if not isinstance(extra, Mapping) or (not extra and (connection.extra or "").strip(" \n{}")):
        raise _Fields(connection.conn_id, {}).refuse("extra", "is not a JSON object", "correct it")
    fields = _Fields(connection.conn_id, extra)
    cloud_name = fields.text("cloud") or DEFAULT_CLOUD
    if cloud_name not in CLOUDS:
        raise fields.refuse("cloud", f"is {cloud_name[:40]!r}, which is unknown", f"use one of {', '.join(CLOUDS)}")
    cloud = CLOUDS[cloud_name]

    private_key, certificate = fields.text(KEY_FIELD), fields.text(CERTIFICATE_FIELD)
    # One PEM text with both may stand in either field.
    for given, missing, name in (
        (private_key, certificate or has_certificate(private_key), CERTIFICATE_FIELD),
        (certificate, private_key or has_private_key(certificate), KEY_FIELD),
    ):
        if given and not missing:
            raise fields.refuse(name, "is missing", "a certificate needs both its PEM text and its private key")
    if has_private_key(certificate):
        # Airflow hides the other field by its name, but not this one.
        mask_secret(certificate)
    secret = fields.checked("password", connection.password)
    if not secret and not certificate and not private_key:
        hint = "give the client secret, or a certificate with its private key"
        raise fields.refuse("password", "is missing", hint)
    refresh_token, variable = fields.text("refresh_token"), fields.text("credential_variable")
    if variable and not _VARIABLE.fullmatch(variable):
        hint = "give a name of letters, digits, '_', '-' and '.', 250 at the most"
        raise fields.refuse("credential_variable", "is no name of an Airflow Variable that works", hint)
    if variable and not refresh_token:
        hint = "give the refresh token with which the Variable begins, or leave 'credential_variable' out"
        raise fields.refuse("refresh_token", "is missing, although 'credential_variable' is given", hint)

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
        ),
        base_url=fields.address("host", connection.host, connection.port, connection.schema) or cloud.api,
        ca_bundle=fields.text("ca_bundle"),
        # Rounded up, because 0 means no budget at all.
        requests_per_minute=math.ceil(fields.number("requests_per_minute", REQUESTS_PER_MINUTE, minimum=0)),
        poll_share=fields.share("poll_share", POLL_SHARE),
        timeout=fields.number("timeout", CALL_TIMEOUT, minimum=1),
        locale=fields.required("locale", fields.text("locale") or "en-US", "a language tag", _LOCALE),
        user_agent=user_agent(),
        credential_variable=variable,
        on_secret=mask_secret,
    )


class _Fields:
    """The fields of one connection, and how to refuse them."""

    def __init__(self, conn_id: str, extra: Mapping[str, Any]) -> None:
        self._conn_id = conn_id
        self._extra = extra

    def refuse(self, field: str, problem: str, hint: str) -> PartnerCenterConfigurationError:
        return PartnerCenterConfigurationError(f"Connection {self._conn_id!r}: '{field}' {problem}", hint=hint)

    def text(self, field: str) -> str | None:
        """Return a text of the extra without surrounding blanks, ``None`` if it is missing or empty."""
        value = self._extra.get(field)
        if value is not None and not isinstance(value, str):
            raise self.refuse(field, f"is of type {type(value).__name__}, not a text", "give a text")
        return self.checked(field, value)

    def checked(self, field: str, value: str | None) -> str | None:
        """Return a text without surrounding blanks, ``None`` if it is missing or empty."""
        text = (value or "").strip()
        if UNWRITABLE.search(text):
            raise self.refuse(field, "holds a control character, or half of a character", "copy it again")
        return text or None

    def required(self, field: str, value: str | None, meaning: str, pattern: re.Pattern[str] | None = None) -> str:
        text = self.checked(field, value)
        if not text:
            raise self.refuse(field, "is missing", f"give {meaning}")
        if pattern and not pattern.fullmatch(text):
            raise self.refuse(field, f"is not {meaning}", f"give {meaning}, without blanks or slashes")
        return text

    def number(self, field: str, default: float, *, minimum: float) -> float:
        """Return a number of the extra; connections given as a URI have texts there."""
        number = self._number(field, default)
        if not minimum <= number <= _MOST:
            raise self._refuse_number(field, f"give a number of at least {minimum:g}, and at most {_MOST}")
        return number

    def share(self, field: str, default: float) -> float:
        """Return a number of the extra that is a share of something, so large that something comes of it."""
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
        return self.refuse(field, f"is {str(self._extra.get(field))[:40]!r}", hint)

    def address(self, field: str, value: str | None, port: int | None = None, scheme: str | None = None) -> str | None:
        """Return ``https://host[:port][/path]`` without a trailing slash; ``None`` if there is nothing."""
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
            raise self.refuse(field, f"uses {url.scheme}://, which would send tokens in the clear", "use https://")
        extras = "@" in url.netloc or url.query or url.fragment
        # urlsplit leaves out line breaks and tabs, so what it makes of the text is not all there is to check.
        plain = text.isprintable() and _FOLDER.fullmatch(url.path)
        if extras or not plain or not url.hostname or not _HOST.fullmatch(url.hostname):
            raise self.refuse(field, "is not an address", hint)
        if url.path.rstrip("/").endswith("/v1"):
            raise self.refuse(field, "ends in /v1", "leave that out; every call adds it")
        host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        return f"https://{host}{f':{port}' if port else ''}{url.path.rstrip('/')}"
