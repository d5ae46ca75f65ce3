"""The connections for Airflow that lead to an emulator: ours, and those of the stock operators, to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.settings import Settings

#: What the stock providers have to ask tokens for, as Microsoft's page ``partner-center-authentication`` says.
SCOPE = "https://api.partnercenter.microsoft.com/.default"


def partnercenter(settings: Settings, url: str, ca_file: Path) -> dict[str, Any]:
    """Return an App+User connection of this provider, in Airflow's JSON format for connections."""
    return {
        "conn_type": "partnercenter",
        "login": settings.client_id,
        "password": settings.client_secret,
        "host": url,
        "extra": {
            "tenant_id": settings.tenant_id,
            "refresh_token": settings.refresh_token,
            "authority": url,
            "ca_bundle": str(ca_file),
        },
    }


def http(url: str, ca_file: Path) -> dict[str, Any]:
    """Return a connection of the HTTP provider. Its operators do not sign in; they are given a token as a header."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition(":")[0]
    extra = {"verify": str(ca_file)}
    return {"conn_type": "http", "schema": parts.scheme, "host": host, "port": parts.port, "extra": extra}


def msgraph(settings: Settings, url: str, ca_file: Path) -> dict[str, Any]:
    """Return a connection of the Microsoft Azure provider. It signs in as App-only, which can read but not request."""
    parts = urlsplit(url)
    return {
        "conn_type": "msgraph",
        "login": settings.client_id,
        "password": settings.client_secret,
        "schema": parts.scheme,
        "host": parts.netloc,
        "extra": {
            "tenant_id": settings.tenant_id,
            "api_version": "v1",
            "authority": url,
            # Its client compares the name of the host alone.
            "allowed_hosts": parts.hostname,
            "scopes": SCOPE,
            "disable_instance_discovery": True,
            "verify": str(ca_file),
        },
    }
