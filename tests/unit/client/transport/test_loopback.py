"""A browser that comes back to this machine."""

from __future__ import annotations

import http.client
import socket
import threading

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.client.transport.loopback import Loopback
from testbed.patience import PATIENCE

TAKEN = (409, "over", None)


def get(port, target, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, target)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())
    finally:
        connection.close()


def reply(target):
    return (200, "come", target) if target.startswith("/?") else (400 if target == "/other" else 404, "no", None)


def visited(listener, *targets):
    """Visit addresses one after the other, while the listener waits; return what it got, and what was shown."""
    shown: list[tuple[int, str, dict[str, str]]] = []
    thread = threading.Thread(target=lambda: shown.extend(get(listener.port, target) for target in targets))
    listener.serve()
    thread.start()
    found = listener.wait(PATIENCE)
    thread.join()
    return found, shown


def test_the_request_that_is_waited_for():
    with Loopback(0, reply, TAKEN) as listener:
        found, [(status, page, headers)] = visited(listener, "/?code=c")
    assert (found, status, page) == ("/?code=c", 200, "come")
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Server" not in headers


def test_other_requests_before_it():
    with Loopback(0, reply, TAKEN) as listener:
        found, shown = visited(listener, "/favicon.ico", "/other", "/?code=c")
    assert (found, [status for status, *_ in shown]) == ("/?code=c", [404, 400, 200])
    assert listener.others == 1


def test_a_connection_on_which_nothing_is_sent():
    with Loopback(0, reply, TAKEN) as listener, socket.create_connection(("127.0.0.1", listener.port)):
        found, _ = visited(listener, "/?code=c")
    assert found == "/?code=c"


def test_only_one_request_brings_something():
    shown = []

    def twice(target):
        if target == "/?first":
            shown.append(get(listener.port, "/?second"))
        return reply(target)

    with Loopback(0, twice, TAKEN) as listener:
        found, [first] = visited(listener, "/?first")
    # The second one was sooner.
    assert (found, shown[0][0], first[0], first[1]) == ("/?second", 200, 409, "over")


def test_after_the_end_nobody_listens():
    with Loopback(0, reply, TAKEN) as listener:
        visited(listener, "/?code=c")
    with pytest.raises(ConnectionRefusedError):
        get(listener.port, "/?code=d")


def test_only_this_machine_can_come():
    with Loopback(0, reply, TAKEN) as listener:
        assert listener._server.socket.getsockname()[0] == "127.0.0.1"


def test_nobody_comes():
    with Loopback(0, reply, TAKEN) as listener:
        listener.serve()
        assert listener.wait(0.01) is None
    with Loopback(0, reply, TAKEN) as listener:
        assert listener.port


def test_another_method(capfd):
    with Loopback(0, reply, TAKEN) as listener:
        listener.serve()
        shown = []

        def post():
            shown.append(get(listener.port, "/?code=c", "POST")[0])
            get(listener.port, "/?code=d")

        thread = threading.Thread(target=post)
        thread.start()
        assert listener.wait(PATIENCE) == "/?code=d"
        thread.join()
    assert shown == [501]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("port", [65536, 10**30])
def test_a_port_that_is_none(port):
    with pytest.raises(PartnerCenterConfigurationError, match="cannot listen on port"):
        Loopback(port, reply, TAKEN)


def test_a_port_that_is_taken():
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(
            PartnerCenterConfigurationError, match=r"cannot listen on port \d+ of 127.0.0.1: Address already"
        ),
    ):
        Loopback(other.getsockname()[1], reply, TAKEN)
