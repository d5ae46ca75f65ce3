"""
Tell what is odd about a connection, but does not make it unusable. No I/O.

An unknown extra is not refused: Airflow, secrets backends and other tools add extras of their own. Neither is another
type of connection: where this provider is not installed, for example in a secrets backend's own tools, its type cannot
be chosen.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.wire import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONN_TYPE = "partnercenter"
EXTRAS = (
    "tenant_id",
    "refresh_token",
    "credential_variable",
    "client_certificate_private_key",
    "client_certificate",
    "federated_identity_file",
    "managed_identity",
    "cloud",
    "authority",
    "ca_bundle",
    "requests_per_minute",
    "poll_share",
    "timeout",
    "locale",
)
"""The extras of a connection, as the form shows them."""
# What other libraries call these fields. The standard fields are not extras.
_OTHER_NAMES = {
    "clientid": "login",
    "applicationid": "login",
    "appid": "login",
    "clientsecret": "password",
    "secret": "password",
    "baseurl": "host",
    "directoryid": "tenant_id",
    "privatekey": "client_certificate_private_key",
    "tokenfile": "federated_identity_file",
    "federatedtokenfile": "federated_identity_file",
    "managedidentityclientid": "managed_identity",
    "environment": "cloud",
    "verify": "ca_bundle",
}


def oddities(conn_type: str | None, extra: Iterable[str]) -> Iterator[str]:
    """
    Yield sentences about what a person should check.

    :param conn_type: the type of the connection.
    :param extra: the names of its extras.
    """
    if conn_type and conn_type.lower() != CONN_TYPE:
        yield f"its type is {conn_type[:40]!r} instead of {CONN_TYPE!r}. Check that it is the right connection."
    for name in map(str, extra):
        if name not in EXTRAS:
            known = nearest(name)
            yield f"the extra {name[:60]!r} is unknown and not used.{f' Did you mean {known!r}?' if known else ''}"


def nearest(name: str) -> str | None:
    """Return the field that was probably meant by an unknown name, or ``None``."""
    # Older versions of Airflow put the type of the connection in front of the names in forms.
    key = key_of(name.lower().removeprefix(f"extra__{CONN_TYPE}__"))
    fields = {key_of(each): each for each in EXTRAS} | _OTHER_NAMES
    close = difflib.get_close_matches(key, fields, n=1, cutoff=0.75)
    return fields[close[0]] if close else None
