"""Texts of the services: make them fit for a message, and read those that are no complete JSON. No I/O."""

from __future__ import annotations

import html
import re

from airflow_provider_partnercenter.client.wire import key_of, loads, printable

_MAX_TEXT = 300
# Characters that are searched for secrets, many more than a message shows.
_MAX_SEARCHED = 20_000
# Characters of XML, HTML or truncated JSON that are read.
_MAX_READ = 64 * 1024

# Access tokens, refresh tokens and client secrets as Entra issues them, and whatever has the name of one.
_SECRETS = re.compile(
    r"""()eyJ[\w.=-]{10,}
    | ()\b[01]\.A[\w.-]{20,}
    | ()[\w~.-]{0,3}\dQ~[\w~.-]+
    | ((?:bearer|basic)\s)\S{20,}
    | ((?:secret|password|token|assertion)(?:=|["']\s*:\s*["']))[^\s&"',;<}]+""",
    re.IGNORECASE | re.VERBOSE,
)
_ELEMENT = re.compile(r"<(?:[\w-]+:)?([\w.-]+)[^<>]*>([^<]*)")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_HTML = re.compile(r"<(!doctype\s+html|html|head|body|h1|title)\b", re.IGNORECASE)
# Errors are not nested deeper than this.
_MAX_OPEN = 30


def one_line(text: str | None) -> str | None:
    """Return a string on one line, without secrets and cut to a readable length; ``None`` if nothing is left."""
    line = " ".join(_SECRETS.sub(_hidden, printable((text or "")[:_MAX_SEARCHED])).split())
    return (line[:_MAX_TEXT] + "…" if len(line) > _MAX_TEXT else line) or None


def _hidden(match: re.Match[str]) -> str:
    return f"{match[match.lastindex or 0]}***"


def is_page(text: str) -> bool:
    """Return whether a text is an HTML page, and not XML."""
    return _HTML.search(text[:_MAX_READ]) is not None


def elements(text: str) -> list[tuple[str, str]]:
    """
    Return the elements of XML or HTML with the text that each begins with.

    The nesting does not matter, and the end may be missing.

    :return: pairs of a name in the form of :func:`.wire.key_of`, without its namespace, and a text.
    """
    text = _CDATA.sub(lambda match: html.escape(match[1]), text[:_MAX_READ])
    return [(key_of(name), html.unescape(inner).strip()) for name, inner in _ELEMENT.findall(text)]


def completed(text: str) -> str:
    """Close the strings, lists and objects of a JSON text whose end is missing. What is incomplete is left out."""
    text = text[:_MAX_READ]
    closers: list[str] = []
    quoted = escaped = False
    # Where the text can be cut, and what is open there.
    end, open_there = 0, ""
    for position, character in enumerate(text):
        if quoted:
            quoted, escaped = escaped or character != '"', character == "\\" and not escaped
        elif character == '"':
            quoted = True
        elif character in "{[":
            closers.append("}" if character == "{" else "]")
            end, open_there = position + 1, "".join(reversed(closers))
            if len(closers) > _MAX_OPEN:
                return text
        elif character == ",":
            end, open_there = position, "".join(reversed(closers))
        elif character in "}]" and closers:
            closers.pop()
    whole = (text[:-1] if escaped else text) + quoted * '"' + "".join(reversed(closers))
    try:
        loads(whole.encode(errors="surrogatepass"))
    except ValueError:
        return text[:end] + open_there
    return whole
