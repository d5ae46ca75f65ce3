"""
One spelling for every path.

Microsoft's API runs on ASP.NET, where the letter case of a path does not matter and neither does a slash at its end.
Neither is answered with a redirect. This layer is the outermost one, so that the limit, the faults and the journal see
the same path as the routes do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send


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
    if not path.lower().startswith("/v1/"):
        return path
    return "/".join(words.get(segment.lower(), segment) for segment in path.split("/"))


class Spelling:
    """
    An ASGI application that passes each request on with its path in one spelling.

    :param app: the wrapped application.
    :param paths: the paths of the API's routes.
    """

    def __init__(self, app: ASGIApp, paths: Iterable[str]) -> None:
        self._app = app
        self._words = words_of(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": canonical(scope["path"], self._words)}
        await self._app(scope, receive, send)
