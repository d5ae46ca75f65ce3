"""The files that a browser loads for the page: plain ES modules, and icons."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("static")
_TYPES = {".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """
    A file.

    :param content: its bytes.
    :param media_type: what it is. Python's own table depends on the machine, and browsers run no module that is
        something else.
    :param etag: changes with the content. The address has a version only, which stays the same during development.
    """

    content: bytes
    media_type: str
    etag: str


@cache
def static_files() -> dict[str, StaticFile]:
    """Return the files by their names; read once, so that no request names a path."""
    return {file.name: _read(file) for file in sorted(FOLDER.iterdir()) if file.suffix in _TYPES}


def _read(file: Path) -> StaticFile:
    content = file.read_bytes()
    return StaticFile(content, _TYPES[file.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
