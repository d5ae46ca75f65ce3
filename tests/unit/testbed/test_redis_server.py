"""Finding a Redis server on this machine."""

from __future__ import annotations

import pytest

from testbed import redis_server
from testbed.processes import MissingProgramError


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("serve", [redis_server.redis_server, redis_server.RedisServer])
def test_redis_is_not_installed(serve):
    with pytest.raises(MissingProgramError, match=r"apt-get install redis-server$"), serve():
        pass


def test_valkey_will_do(nothing_installed):
    (nothing_installed / "valkey-server").touch(mode=0o755)
    assert redis_server.find_program() == str(nothing_installed / "valkey-server")
