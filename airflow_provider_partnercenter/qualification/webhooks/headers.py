"""
What the headers of a webhook say: its signature, and where the certificate is.

Headers come from anybody. The address of the certificate is therefore checked before anything is fetched from it.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.protocol.arguments import for_message
from airflow_provider_partnercenter.qualification.webhooks.refusal import WebhookRefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

#: Where Microsoft keeps the certificate, by its page `partner-center-webhooks`. Anybody can have another account of
#: that storage service, so only the whole name counts.
CERTIFICATE_HOSTS = frozenset({"3psostorageacct.blob.core.windows.net"})
#: The only accepted algorithm. Microsoft's own example also accepts SHA-1, if only the header says so.
ALGORITHM = "rsa-sha256"

_BASE64 = r"([A-Za-z0-9+/]{1,2048}={0,2})"
_AUTHORIZATION = re.compile(rf"Signature +{_BASE64}", re.IGNORECASE)
_MS_SIGNATURE = re.compile(rf"(?:Signature +)?{_BASE64}", re.IGNORECASE)
# Everything that two programs might read in two ways is left out: user names, percent signs, backslashes, queries, dots
# as folders. The longest host name has 253 characters.
_CERTIFICATE_URL = re.compile(
    r"https://(?P<host>[a-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/(?!\.{1,2}(?:/|$))[a-z0-9._-]+){1,16})",
    re.IGNORECASE | re.ASCII,
)
_LONGEST_URL = 1024
_HTTPS = "443"


def collect(headers: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    """Return the values of each header by its name in lower case. A header may have been sent several times."""
    collected: dict[str, list[str]] = defaultdict(list)
    for name, value in headers:
        collected[name.lower()].append(value.strip())
    return collected


def read_signature(headers: Mapping[str, Sequence[str]]) -> bytes:
    """
    Read the signature of a webhook.

    It is in ``Authorization: Signature …``, or in ``x-ms-signature`` if the registration has
    ``SignatureTokenToMsSignatureHeader``; then a proxy may use ``Authorization`` for something else.

    :param headers: what :func:`collect` returned.
    :raises WebhookRefusedError: if there is no signature, more than one, or one of another algorithm.
    """
    algorithm = _only(headers, "x-ms-signature-algorithm")
    if (algorithm or "").lower() != ALGORITHM:
        raise WebhookRefusedError(f"X-MS-Signature-Algorithm is {for_message(algorithm)}, not {ALGORITHM!r}")
    # Others may use Authorization too: a proxy, and Airflow itself where everybody is an administrator.
    found = {match[1] for value in headers.get("authorization", ()) if (match := _AUTHORIZATION.fullmatch(value))}
    own = _only(headers, "x-ms-signature")
    if own is not None:
        if not (match := _MS_SIGNATURE.fullmatch(own)):
            raise WebhookRefusedError("x-ms-signature is not a signature in base64")
        found.add(match[1])
    if len(found) != 1:
        raise WebhookRefusedError(
            "There are different signatures in Authorization and x-ms-signature"
            if found
            else "There is no signature, neither in 'Authorization: Signature …' nor in x-ms-signature"
        )
    try:
        return base64.b64decode(found.pop(), validate=True)
    except ValueError:
        raise WebhookRefusedError("The signature is not base64") from None


def read_certificate_url(headers: Mapping[str, Sequence[str]], hosts: Collection[str] = CERTIFICATE_HOSTS) -> str:
    """
    Read the address of the certificate, and check it before anything is fetched.

    It must be ``https``, on an allowed host, and have nothing but a plain path behind it: no user name, query, fragment
    or escape.

    :param headers: what :func:`collect` returned.
    :param hosts: the allowed hosts, in lower case. The port is 443, unless an entry has one of its own
        (``localhost:8443``, for tests).
    :return: the address, spelled the same for all spellings of it, so that it can be the key of a cache.
    :raises WebhookRefusedError: if it is another address, or missing.
    """
    url = _only(headers, "x-ms-certificate-url")
    if not url:
        raise WebhookRefusedError("There is no X-MS-Certificate-Url")
    match = _CERTIFICATE_URL.fullmatch(url) if len(url) <= _LONGEST_URL else None
    if not match:
        raise WebhookRefusedError(
            "X-MS-Certificate-Url is not https:// with a host and a path of letters, digits, '.', '_' and '-'"
        )
    host, port = match["host"].lower(), match["port"] or _HTTPS
    authority = host if port == _HTTPS else f"{host}:{port}"
    if authority not in hosts:
        raise WebhookRefusedError(f"X-MS-Certificate-Url names {for_message(authority)}, which is not an allowed host")
    return f"https://{authority}{match['path']}"


def _only(headers: Mapping[str, Sequence[str]], name: str) -> str | None:
    values = headers.get(name, ())
    if len(values) > 1:
        raise WebhookRefusedError(f"The header {name} was sent {len(values)} times")
    return values[0] if values else None
