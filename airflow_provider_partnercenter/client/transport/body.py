"""Collect the body of an answer within the size limit, and decode it. No I/O."""

from __future__ import annotations

import gzip
import io
import zlib

from airflow_provider_partnercenter.client.protocol.commands import MAX_BODY, TransportError
from airflow_provider_partnercenter.client.transport.http_rules import UnreadableAnswerError


class Body:
    """
    The body of an answer, piece by piece.

    The libraries decode differently: with or without the packages that are installed for it, several encodings or only
    one, with an error or none if the end is missing. So the body is decoded here, for both.

    :param limit: the largest accepted size in bytes, as it arrives and decoded; 10 MiB by default.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._limit = MAX_BODY if limit is None else limit
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """
        Add what has arrived.

        :raises TransportError: if this is beyond the limit.
        """
        self._pieces.append(piece)
        self._size += len(piece)
        self._check(self._size)

    def decoded(self, encoding: str | None) -> bytes:
        """
        Return the complete body.

        :param encoding: the ``Content-Encoding``. An encoding that was not asked for is left as it is.
        :raises UnreadableAnswerError: if the body is not what its encoding says.
        :raises TransportError: if the decoded body is beyond the limit.
        """
        body = b"".join(self._pieces)
        if (encoding or "").strip().lower() not in ("gzip", "x-gzip"):
            return body
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
                decoded = stream.read(self._limit + 1)
        except (OSError, EOFError, zlib.error) as problem:
            raise UnreadableAnswerError("its body is not valid gzip") from problem
        self._check(len(decoded))
        return decoded

    def _check(self, size: int) -> None:
        if size > self._limit:
            shown = f"{self._limit // 2**20} MiB" if self._limit >= 2**20 else f"{self._limit // 2**10} KiB"
            raise TransportError(f"the answer is larger than {shown}", permanent=True)
