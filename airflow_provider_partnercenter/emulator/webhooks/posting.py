"""One POST to a receiver."""

from __future__ import annotations

import asyncio
import functools
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from airflow_provider_partnercenter.client.wire import printable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_LONGEST_TEXT = 1000


class CutOffError(Exception):
    """Ends a body before its announced length."""


@dataclass(frozen=True, slots=True)
class Message:
    """
    What is sent.

    :param headers: the headers that belong to the webhook.
    :param body: the body.
    :param cut_off: whether the connection ends in the middle of the body.
    :param pieces: the number of pieces in which the body is sent.
    :param seconds: how long sending takes altogether, if the body comes in pieces.
    """

    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut_off: bool = False
    pieces: int = 1
    seconds: float = 0.0

    async def sent(self) -> AsyncIterator[bytes]:
        """Yield the pieces of the body, with the pauses between them."""
        if self.cut_off:
            yield self.body[: len(self.body) // 2]
            raise CutOffError
        size = max(1, -(-len(self.body) // self.pieces))
        for start in range(0, len(self.body), size):
            if start:
                await asyncio.sleep(self.seconds / self.pieces)
            yield self.body[start : start + size]


class Poster:
    """
    Sends messages. Redirects are not followed, and no proxy is asked.

    :param authorities: by whom receivers with https are trusted, as PEM; ``None`` for the authorities of the system.
    :param timeout: the seconds that one attempt may take, apart from the time for a slow body.
    """

    def __init__(self, authorities: bytes | None, timeout: float) -> None:
        self._authorities = authorities
        self._timeout = timeout

    @functools.cached_property
    def _context(self) -> ssl.SSLContext:
        # Reading all authorities of a system takes a while, and most emulators send nothing.
        pem = self._authorities
        return ssl.create_default_context(cadata=None if pem is None else pem.decode("ascii"))

    async def post(self, url: str, message: Message) -> tuple[int | None, str]:
        """
        Send a message once.

        :return: the status and the beginning of the answer, or ``None`` and what failed.
        """
        try:
            async with asyncio.timeout(self._timeout + message.seconds):
                return await self._post(url, message)
        except TimeoutError:
            return None, f"no answer within {self._timeout:g} seconds"
        except aiohttp.ClientConnectorError as error:
            # What aiohttp says itself begins with TLS, which plain HTTP has not.
            return None, _failure(error.__cause__ or error)
        except (aiohttp.ClientError, CutOffError, OSError, ValueError) as error:
            return None, "cut off in the middle of the body" if message.cut_off else _failure(error)

    async def _post(self, url: str, message: Message) -> tuple[int, str]:
        # A session for each attempt, because the next one may run in another event loop.
        connector = aiohttp.TCPConnector(ssl=self._context, force_close=True)
        headers = {**dict(message.headers), "Content-Length": str(len(message.body))}
        async with (
            aiohttp.ClientSession(
                connector=connector,
                trust_env=False,
                skip_auto_headers=("User-Agent",),
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as session,
            session.post(
                url,
                data=message.sent(),
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None),
            ) as answer,
        ):
            text = await answer.content.read(_LONGEST_TEXT)
            return answer.status, printable(text.decode(errors="replace"))


def _failure(error: BaseException) -> str:
    return printable(f"{type(error).__name__}: {error}")[:_LONGEST_TEXT]
