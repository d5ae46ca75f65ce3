"""Read the fields of a connection. An invalid one is refused by its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_provider_partnercenter.client.auth.flaws import flaw_of, flaw_of_pem
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.client.wire import UNWRITABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

# Hosts and paths that both HTTP libraries send unchanged. Each library corrects others in its own way.
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[\da-f:.]*:[\da-f:.]*", re.ASCII)
_FOLDER = re.compile(r"(/[\w~-][\w.~-]*)*/*", re.ASCII)
# Larger than any sensible value, and small enough for a socket's timeout.
_MOST = 1_000_000


class Fields:
    """
    Reads the fields of one connection, and refuses invalid ones by name.

    :param conn_id: the id of the connection, for messages.
    :param extra: its extra.
    """

    def __init__(self, conn_id: str, extra: Mapping[str, Any]) -> None:
        self._conn_id = conn_id
        self._extra = extra

    def refuse(self, field: str, problem: str, hint: str) -> PartnerCenterConfigurationError:
        return PartnerCenterConfigurationError(f"Connection {self._conn_id!r}: '{field}' {problem}", hint=hint)

    def text(self, field: str) -> str | None:
        """Return a string of the extra without surrounding whitespace, or ``None`` if it is missing or empty."""
        return self.string(field, self._extra.get(field))

    def string(self, field: str, value: object) -> str | None:
        """Return a string without surrounding whitespace, or ``None`` if it is missing or empty."""
        if value is not None and not isinstance(value, str):
            raise self.refuse(field, f"must be a string, not {type(value).__name__}", "give a string")
        text = (value or "").strip()
        if UNWRITABLE.search(text):
            raise self.refuse(field, "contains a control character or an unpaired surrogate", "copy the value again")
        return text or None

    def credential(self, field: str, value: object) -> str | None:
        """Return a string that can be a credential, or ``None`` if it is missing or empty."""
        text = self.string(field, value)
        if text and (flaw := flaw_of(text)):
            raise self.refuse(field, *flaw)
        return text

    def pem(self, field: str) -> str | None:
        """Return a string of the extra that can be a PEM text, or ``None`` if it is missing or empty."""
        text = self.text(field)
        if text and (flaw := flaw_of_pem(text)):
            raise self.refuse(field, *flaw)
        return text

    def required(self, field: str, text: str | None, meaning: str, pattern: re.Pattern[str] | None = None) -> str:
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
        return default if value is None or value == "" else _as_number(value)

    def _refuse_number(self, field: str, hint: str) -> PartnerCenterConfigurationError:
        return self.refuse(field, f"has the invalid value {str(self._extra.get(field))[:40]!r}", hint)

    def address(self, field: str, value: object, port: object = None, scheme: object = None) -> str | None:
        """Return ``https://host[:port][/path]`` without a trailing slash, or ``None`` if the field is empty."""
        text, scheme, port = self.string(field, value), self.string("schema", scheme), self._port(port)
        if not text:
            return None
        if "://" not in text:
            if scheme and scheme.lower() != "https":
                problem = f"is {scheme[:40]!r}, but only https sends tokens encrypted"
                raise self.refuse("schema", problem, "give https, or leave the field empty")
            text = f"https://{text}"
        hint = "give an address such as https://localhost:8443"
        try:
            url = urlsplit(text)
            port = port if url.port is None else url.port
        except ValueError:
            raise self.refuse(field, "is not an address", hint) from None
        if url.scheme != "https":
            raise self.refuse(field, f"uses {url.scheme}://, which would send tokens unencrypted", "use https://")
        extras = "@" in url.netloc or url.query or url.fragment
        # urlsplit drops line breaks and tabs, so the original text is checked too.
        plain = text.isprintable() and _FOLDER.fullmatch(url.path)
        if extras or not plain or not url.hostname or not _HOST.fullmatch(url.hostname) or port == 0:
            raise self.refuse(field, "is not an address", hint)
        if url.path.rstrip("/").endswith("/v1"):
            raise self.refuse(field, "ends in /v1", "remove /v1; every call adds it")
        host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        return f"https://{host}{f':{port}' if port else ''}{url.path.rstrip('/')}"

    def _port(self, value: object) -> int | None:
        """Return the port. Airflow does not check its range."""
        if value is None or value == "":
            return None
        number = _as_number(value)
        if not 1 <= number <= 65535 or number != int(number):
            raise self.refuse("port", f"has the invalid value {str(value)[:40]!r}", "give a number from 1 to 65535")
        return int(number)


def _as_number(value: Any) -> float:
    """Return a number, or NaN for anything else. Numbers may be written as strings."""
    try:
        return float(value) if not isinstance(value, bool) else float("nan")
    except (TypeError, ValueError, OverflowError):
        return float("nan")
