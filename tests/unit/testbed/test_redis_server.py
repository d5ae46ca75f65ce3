"""Finding a Redis server on this machine."""

from __future__ import annotations

import pytest

from testbed import postgres, redis_server
from testbed.processes import MissingProgramError


@pytest.fixture
def nothing_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres, "DIRECTORIES", (f"{tmp_path}/postgresql/*/bin",))
    return tmp_path


def install(directory, *programs):
    directory.mkdir(parents=True, exist_ok=True)
    for program in programs:
        (directory / program).touch(mode=0o755)
    return directory


def test_redis_is_not_installed(nothing_installed):
    with pytest.raises(MissingProgramError, match=r"apt-get install redis-server$"), redis_server.redis_server():
        pass
