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
from airflow_provider_partnercenter.client.budget import REQUESTS_PER_MINUTE
from airflow_provider_partnercenter.client.clouds import CLOUDS, DEFAULT_CLOUD
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.client.settings import TIMEOUT, ClientSettings

if TYPE_CHECKING:
    from airflow.sdk import Connection

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
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
        raise fields.refuse("cloud", f"is {cloud_name!r}, which is unknown", f"use one of {', '.join(CLOUDS)}")
    cloud = CLOUDS[cloud_name]

    private_key, certificate = fields.text("client_certificate_private_key"), fields.text("client_certificate")
    for given, missing, name in (
        (private_key, certificate, "client_certificate"),
        (certificate, private_key, "client_certificate_private_key"),
    ):
        if given and not missing:
            raise fields.refuse(name, "is missing", "a certificate needs both its PEM text and its private key")
    secret = (connection.password or "").strip() or None
    if not secret and not certificate:
        hint = "give the client secret, or a certificate with its private key"
        raise fields.refuse("password", "is missing", hint)

    return ClientSettings(
        credentials=Credentials(
            client_id=fields.required("login", connection.login, "the application (client) id"),
            tenant_id=fields.required("tenant_id", fields.text("tenant_id"), "the partner's tenant id", _TENANT),
            authority=fields.address("authority", fields.text("authority")) or cloud.authority,
            scope=cloud.scope,
            client_secret=None if certificate else secret,
            private_key=private_key,
            certificate=certificate,
            refresh_token=fields.text("refresh_token"),
        ),
        base_url=fields.address("host", connection.host, connection.port, connection.schema) or cloud.api,
        ca_bundle=fields.text("ca_bundle"),
        # Rounded up, because 0 means no budget at all.
        requests_per_minute=math.ceil(fields.number("requests_per_minute", REQUESTS_PER_MINUTE, minimum=0)),
        timeout=fields.number("timeout", TIMEOUT, minimum=1),
        locale=fields.required("locale", fields.text("locale") or "en-US", "a language tag", _LOCALE),
        user_agent=user_agent(),
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
        return (value or "").strip() or None

    def required(self, field: str, value: str | None, meaning: str, pattern: re.Pattern[str] | None = None) -> str:
        text = (value or "").strip()
        if not text:
            raise self.refuse(field, "is missing", f"give {meaning}")
        if pattern and not pattern.fullmatch(text):
            raise self.refuse(field, f"is not {meaning}", f"give {meaning}, without blanks or slashes")
        return text

    def number(self, field: str, default: float, *, minimum: float) -> float:
        """Return a number of the extra; connections given as a URI have texts there."""
        value = self._extra.get(field)
        if value is None or value == "":
            return default
        try:
            number = float(value) if not isinstance(value, bool) else float("nan")
        except (TypeError, ValueError, OverflowError):
            number = float("nan")
        if not minimum <= number < float("inf"):
            raise self.refuse(field, f"is {str(value)[:40]!r}", f"give a number of at least {minimum:g}")
        return number

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
        if not url.hostname or extras or " " in text or not text.isprintable():
            raise self.refuse(field, "is not an address", hint)
        if url.path.rstrip("/").endswith("/v1"):
            raise self.refuse(field, "ends in /v1", "leave that out; every call adds it")
        host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        return f"https://{host}{f':{port}' if port else ''}{url.path.rstrip('/')}"
