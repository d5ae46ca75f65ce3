"""
One spelling for every path and every name of a query parameter.

Microsoft's API runs on ASP.NET, where the letter case of both does not matter and neither does a slash at the end of a
path. Neither is answered with a redirect. This layer is the outermost one, so that the limit, the faults and the
journal see the same request as the routes do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from airflow_provider_partnercenter.emulator.gateway.request import API_PATHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

PARAMETERS = ("code", "endDate", "filter", "seekOperation", "size", "startDate", "type")
"""The query parameters of the API, as the routes spell them."""

_PARAMETERS = {name.lower(): name for name in PARAMETERS}


def words_of(paths: Iterable[str]) -> dict[str, str]:
    """
    Return the fixed words of the paths of routes, by their spelling in lower case.

    :param paths: the paths, for example ``/v1/customers/{customer_id}/validationStatus``.
    """
    words = {word for path in paths for word in path.split("/") if not word.startswith("{")}
    return {word.lower(): word for word in words}


def canonical(path: str, words: Mapping[str, str]) -> str:
    """
    Return the path as the routes spell it; other segments, such as ids, stay as they are.

    :param words: the fixed words of the API's paths; see :func:`words_of`.
    """
    path = path.removesuffix("/") or path
    if not _of_api(path):
        return path
    return "/".join(words.get(segment.lower(), segment) for segment in path.split("/"))


def canonical_query(query: str) -> str:
    """Return a query string of the API with the names as the routes spell them; values and other names stay."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(_PARAMETERS.get(unquote_plus(name).lower(), name) + sign + value for name, sign, value in pairs)


def _of_api(path: str) -> bool:
    return path.lower().startswith(API_PATHS)


class Spelling:
    """
    An ASGI application that passes each request on with its path and its parameters in one spelling.

    :param app: the wrapped application.
    :param paths: the paths of the API's routes.
    """

    def __init__(self, app: ASGIApp, paths: Iterable[str]) -> None:
        self._app = app
        self._words = words_of(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = canonical(scope["path"], self._words)
            query = scope["query_string"]
            if _of_api(path):
                query = canonical_query(query.decode("latin-1")).encode("latin-1")
            scope = {**scope, "path": path, "query_string": query}
        await self._app(scope, receive, send)
