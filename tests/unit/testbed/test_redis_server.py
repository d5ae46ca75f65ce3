"""Finding a Redis server on this machine."""

from __future__ import annotations

import pytest

from testbed import redis_server
from testbed.processes import MissingProgramError


@pytest.mark.usefixtures("nothing_installed")
def test_redis_is_not_installed():
    with pytest.raises(MissingProgramError, match=r"apt-get install redis-server$"), redis_server.redis_server():
        pass
