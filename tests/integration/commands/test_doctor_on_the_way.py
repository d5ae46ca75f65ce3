"""Faults of the connection, and of the way to the hosts: planted one by one."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import trustme
from airflow.sdk import Connection
from cryptography.fernet import InvalidToken

from tests.support.clients.both_clients import ConnectProxy, plain_server
from tests.support.doctor.faults import Case, Planting, at, examine_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.doctor.ward import Ward


pytestmark = pytest.mark.since_airflow("3.2", "commands of providers")

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)


def refused(code: int, description: str) -> Callable[[Planting], None]:
    return lambda it: it.api(at({"/v1/": (403, {"code": code, "description": description})}))


def in_database(it: Planting) -> None:
    it.ward.database.connections["partnercenter_default"] = Connection(
        conn_id="partnercenter_default", conn_type="partnercenter"
    )


def other_fernet_key(it: Planting) -> None:
    class Undecipherable:
        def get_uri(self) -> str:
            raise InvalidToken

    it.ward.connection = None
    it.ward.database.connections["partnercenter_default"] = Undecipherable()


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"https://localhost:{listener.getsockname()[1]}"


def answering(text: bytes) -> Callable[[Planting], None]:
    def plant(it: Planting) -> None:
        def behave(connection: socket.socket) -> None:
            connection.recv(4096)
            connection.sendall(text)

        it.proxy(f"http://somebody:proxy-word@{it.running.enter_context(plain_server(behave))}")

    return plant


def no_tls(it: Planting) -> None:
    address = it.running.enter_context(plain_server(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n")))
    it.ward.change(host=f"https://{address}")


def intercepted(it: Planting) -> None:
    # Where a proxy of the company answers with a certificate of its own.
    proxy = it.running.enter_context(ConnectProxy("proxy-word"))
    it.proxy(f"http://somebody:proxy-word@{proxy.address}")
    it.certificate(trusted=False)


CASES = {
    "no-connection": Case(
        lambda it: setattr(it.ward, "connection", None), "connection", "Airflow finds no connection", "--conn-id"
    ),
    "connection-no-json": Case(
        lambda it: setattr(it.ward, "connection", '{"conn_type": '),
        "connection",
        r"environment variable AIRFLOW_CONN_PARTNERCENTER_DEFAULT cannot be read \(\w+\)",
        "^Correct it: JSON as the page 'Go live' of the documentation shows it",
    ),
    "other-fernet-key": Case(
        other_fernet_key,
        "connection",
        r"Airflow finds no connection .* What is in Airflow's database \(InvalidToken\) cannot be read",
        "the Fernet key",
    ),
    "no-tenant": Case(
        lambda it: it.ward.change_extra(tenant_id=None), "connection", "'tenant_id' is missing", "partner's tenant id"
    ),
    "no-application": Case(lambda it: it.ward.change(login=None), "connection", "'login' is missing", "application"),
    "no-secret": Case(
        lambda it: it.ward.change(password=None), "connection", "'password' is missing", "or a certificate"
    ),
    "placeholder": Case(
        lambda it: it.ward.change(password="***"),
        "connection",
        "'password' contains asterisks, which Airflow shows in place of a secret",
        "Give the value itself",
    ),
    "unknown-cloud": Case(
        lambda it: it.ward.change_extra(cloud="moon"), "connection", "'cloud' has the unknown value 'moon'", "global"
    ),
    "no-https": Case(
        lambda it: it.ward.change(host="http://localhost:1"), "connection", "'host' uses http://", "Use https://"
    ),
    "variable-without-token": Case(
        lambda it: it.ward.change_extra(refresh_token=None),
        "connection",
        "'refresh_token' is missing, but 'credential_variable' requires it",
        "or remove 'credential_variable'",
    ),
    "half-a-certificate": Case(
        lambda it: it.ward.change_extra(client_certificate=str(trustme.CA().cert_pem.bytes().decode())),
        "connection",
        "'client_certificate_private_key' is missing",
        "both the certificate and its private key",
    ),
    "no-ca-file": Case(
        lambda it: it.ward.change_extra(ca_bundle="/nowhere/ca.pem"),
        "connection",
        "CA file '/nowhere/ca.pem' cannot be read",
        "'ca_bundle' of the connection must name a PEM file",
    ),
    "unknown-extra": Case(
        lambda it: it.ward.change_extra(client_secret="hidden"),
        "connection",
        "the extra 'client_secret' is unknown and not used. Did you mean 'password'",
        "owner of the connection",
        "warning",
    ),
    "other-type": Case(
        lambda it: it.ward.change(conn_type="http"), "connection", "its type is 'http'", "owner", "warning"
    ),
    "key-that-is-shown": Case(
        lambda it: it.ward.certify("client_certificate"),
        "connection",
        "The private key is in 'client_certificate', which Airflow shows",
        "owner of the connection",
        "warning",
    ),
    "two-connections": Case(
        in_database,
        "connection",
        "from the environment variable .*, so that in Airflow's database has no effect",
        "Remove one of them",
        "warning",
    ),
    "unknown-host": Case(
        lambda it: it.ward.change(host="https://nobody.invalid"),
        "names",
        "Nobody.invalid:443 cannot be reached: ",
        "Check 'host'",
    ),
    "unknown-login-host": Case(
        lambda it: it.ward.change_extra(authority="https://nobody.invalid"),
        "names",
        "Nobody.invalid:443 cannot be reached: ",
        "and 'authority' in the connection",
    ),
    "proxy-no-address": Case(
        lambda it: it.proxy("http://somebody:proxy-word#@localhost:1"),
        "proxy",
        "The URL of the proxy in HTTPS_PROXY is not valid",
        "Correct HTTPS_PROXY",
    ),
    "proxy-gone": Case(
        lambda it: it.proxy("http://somebody:proxy-word@localhost:1"),
        "proxy",
        "the proxy cannot be reached: Connection refused",
        "HTTPS_PROXY and NO_PROXY",
    ),
    "proxy-407": Case(
        answering(b"HTTP/1.1 407 X\r\n\r\n"), "proxy", "it answered HTTP 407", "Correct the user and the password"
    ),
    "proxy-403": Case(
        answering(b"HTTP/1.1 403 X\r\n\r\n"), "proxy", "it answered HTTP 403", "must allow connections to localhost"
    ),
    "closed-port": Case(
        lambda it: it.ward.change(host=closed_port()), "hosts", "cannot be reached: Connection refused", "Check 'host'"
    ),
    "no-tls": Case(no_tls, "TLS", "TLS handshake with localhost:.* failed: ", "Check 'host'"),
    "unknown-ca": Case(
        lambda it: it.certificate(trusted=False),
        "TLS",
        "is not trusted: unable to get local issuer certificate. It was issued by .*trustme",
        "Set 'ca_bundle' in the connection .* If the issuer belongs to a proxy of your company",
    ),
    "intercepted": Case(intercepted, "TLS", "It was issued by .*trustme", "whoever runs it except this host"),
    "expired-certificate": Case(
        lambda it: it.certificate(not_after=NOW - YEAR), "TLS", "certificate has expired", "must renew the certificate"
    ),
    "early-certificate": Case(
        lambda it: it.certificate(not_before=NOW + YEAR, not_after=NOW + 2 * YEAR),
        "TLS",
        "not yet valid",
        "clock of this machine",
    ),
    "other-name": Case(
        lambda it: it.certificate("api.example.test"), "TLS", "Hostname mismatch", "whether a proxy or another server"
    ),
    "clock-ahead": Case(
        lambda it: it.ward.shift_clock(1000), "clock", r"is \d+ s ahead of that of localhost", "synchronize its clock"
    ),
    "clock-behind": Case(
        lambda it: it.ward.shift_clock(-120), "clock", r"is 1\d\d s behind that of", r"\(NTP\)", "warning"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_named_with_its_remedy_and_nothing_else(ward: Ward, name: str) -> None:
    examine_with(ward, CASES[name])
