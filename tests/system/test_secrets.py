"""Whatever goes wrong, nothing that Airflow keeps or tells holds a secret."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import trustme
from cryptography.fernet import Fernet

from airflow_provider_partnercenter.compat import VARIABLES_ARE_LOGGED
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import KINDS
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Chance, Mix, Settings
from testbed.local_airflow import LocalAirflow
from testbed.patience import CALL_PATIENCE
from tests.support.login.azure_host import azure_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.login.azure_host import AzureEndpoint

DAGS = Path(__file__).parent / "secrets_dags"
DAG = "under_fire"
CLIENT_SECRET = "KnownClientSecret8Q~e2f6d1c0"
OTHER_SECRET = "AnotherClientSecret8Q~77aa01"
REFRESH_TOKEN = "1.KnownRefreshToken0b5f1c3e9d7a4862"
IDENTITY_HEADER = "KnownIdentityHeader8Q~c41b"
VARIABLE = "partner_credential"
# What proves, in the place of a secret, who the application is: the tokens of another issuer.
FEDERATED_TOKENS: list[str] = []


def make_certificate() -> tuple[str, str]:
    """A certificate and its private key, as PEM."""
    made = trustme.CA(key_type=trustme.KeyType.RSA).issue_cert("application.example", key_type=trustme.KeyType.RSA)
    return made.cert_chain_pems[0].bytes().decode(), made.private_key_pem.bytes().decode()


CERTIFICATE, PRIVATE_KEY = make_certificate()
API_KINDS = [name for name, kind in KINDS.items() if not kind.login]
LOGIN_KINDS = [name for name, kind in KINDS.items() if kind.login]

# What was found in the database, each time that a task had deferred itself and its trigger was stored.
DURING_WAITS: list[set[str]] = []
# The arguments of the triggers then, decrypted: Airflow encrypts them.
TRIGGERS: list[str] = []
# What a token looks like, whichever it is: an access token by its header, which has the id of a key. Those of Airflow
# have another algorithm.
TOKENS = {
    "access token": re.compile(rb"eyJhbGciOiJSUzI1NiIsImtpZCI6[A-Za-z0-9_-]{20,}"),
    "refresh token": re.compile(rb"\b1\.[A-Za-z0-9_-]{60,}"),
}


@pytest.fixture(scope="module")
def fire() -> Iterator[Emulator]:
    settings = Settings(client_secret=CLIENT_SECRET, refresh_token=REFRESH_TOKEN, customers=100, token_lifetime=30)
    with Emulator(settings) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def azure(fire: Emulator) -> Iterator[AzureEndpoint]:
    """The endpoint of a managed identity that the application trusts."""
    with azure_endpoint(lambda: noted(fire.federated_token())) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def connections(fire: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, Any]]:
    """The connections as Airflow's API takes them."""
    given = fire.connection()
    extra = {**given["extra"], "requests_per_minute": 0, "timeout": 8}
    certificate = {"client_certificate": CERTIFICATE, "client_certificate_private_key": PRIVATE_KEY}
    tokens = tmp_path_factory.mktemp("tokens")
    (trusted := tokens / "trusted").write_text(noted(fire.federated_token()))
    (untrusted := tokens / "untrusted").write_text(noted(fire.federated_token(sub="system:serviceaccount:a:b")))
    kinds: dict[str, dict[str, Any]] = {
        "secret": {"extra": {**extra, "credential_variable": VARIABLE}},
        "certificate": {"password": None, "extra": {**extra, **certificate}},
        "token_file": {"password": None, "extra": {**extra, "federated_identity_file": str(trusted)}},
        "managed_identity": {"password": None, "extra": {**extra, "managed_identity": "system"}},
        "wrong_secret": {"password": OTHER_SECRET, "extra": extra},
        "wrong_key": {"password": None, "extra": {**extra, **certificate, "client_certificate": make_certificate()[0]}},
        "wrong_token": {"password": None, "extra": {**extra, "federated_identity_file": str(untrusted)}},
        "wrong_authority": {"extra": {**extra, "authority": f"{fire.url}/elsewhere"}},
    }
    return {
        name: {
            "connection_id": name,
            "conn_type": "partnercenter",
            "host": given["host"],
            "login": given["login"],
            "password": given["password"],
            **changes,
            "extra": json.dumps(changes["extra"]),
        }
        for name, changes in kinds.items()
    }


def noted(token: str) -> str:
    """Remember a token of the other issuer, which is to be found nowhere."""
    FEDERATED_TOKENS.append(token)
    return token


@pytest.fixture(scope="module")
def airflow(connections: Mapping[str, dict[str, Any]], azure: AzureEndpoint) -> Iterator[LocalAirflow]:
    # All that our code causes to be logged. Airflow itself is left at its default: at DEBUG its supervisor logs the
    # value of every Variable that a task sets, whoever does it (README, Tokens).
    loggers = ("airflow_provider_partnercenter", "msal", "requests", "urllib3", "aiohttp", "asyncio")
    environment = {
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "IDENTITY_ENDPOINT": f"{azure.address}/msi/token",
        "IDENTITY_HEADER": IDENTITY_HEADER,
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": " ".join(f"{logger}=DEBUG" for logger in loggers),
    }
    with LocalAirflow(DAGS, environment=environment) as airflow:
        for connection in connections.values():
            airflow.rest("POST", "/connections", json=connection)
        airflow.wait_for_dag(DAG)
        yield airflow


@pytest.fixture(scope="module")
def burnt(airflow: LocalAirflow, fire: Emulator, connections: Mapping[str, dict[str, Any]]) -> list[str]:
    """The runs, over: each customer of the first meets one fault of the API, those of the second meet the login's."""
    for number, name in enumerate(API_KINDS, 1):
        fire.configure(ordinary_id(number), vetting="seconds:2", faults=[_as_json(name)])
    rows = [{"customer_id": ordinary_id(n), "partnercenter_conn_id": "secret"} for n in range(1, len(API_KINDS) + 1)]
    first = 1 + len(API_KINDS)
    for number, name in enumerate(connections, first):
        fire.configure(ordinary_id(number), vetting="seconds:2")
        rows.append({"customer_id": ordinary_id(number), "partnercenter_conn_id": name})
    runs = [airflow.trigger(DAG, {"rows": rows})]

    def look(_task: str, state: str | None) -> None:
        if state == "deferred":
            DURING_WAITS.append(leaks(b"".join(read(path) for path in airflow.home.glob("airflow.db*"))))
            TRIGGERS.extend(trigger_arguments(airflow))

    airflow.wait_for_run(DAG, runs[0], on_change=look)
    withdrawn, late = Chance(0.3, 1), Chance(0.3, 4)
    fire.faults(Mix(rate=0.7, kinds=("token", "refused"), seed=3, late=late, withdrawn=withdrawn))
    fire.limit("sliding:20/2,decimals")
    rows = [{"customer_id": ordinary_id(n), "partnercenter_conn_id": "secret"} for n in range(60, 80)]
    for name, numbers in {
        "certificate": range(80, 84),
        "token_file": range(84, 88),
        "managed_identity": range(88, 92),
    }.items():
        rows += [{"customer_id": ordinary_id(n), "partnercenter_conn_id": name} for n in numbers]
    runs.append(airflow.trigger(DAG, {"rows": rows}))
    airflow.wait_for_run(DAG, runs[1])
    fire.faults(Mix())
    fire.limit(None)
    return runs


def trigger_arguments(airflow: LocalAirflow) -> list[str]:
    """Return the arguments of the triggers that are stored at this moment."""
    fernet = Fernet(airflow.environment["AIRFLOW__CORE__FERNET_KEY"])
    with contextlib.closing(sqlite3.connect(f"file:{airflow.home / 'airflow.db'}?mode=ro", uri=True)) as database:
        stored = [text for (text,) in database.execute('SELECT kwargs FROM "trigger"')]
    return [text if text.startswith("{") else fernet.decrypt(text.encode()).decode() for text in stored]


def _as_json(name: str) -> dict[str, Any]:
    fault = KINDS[name].fault
    members = ("kind", "name", "status", "content_type", "body", "retry_after", "retry_date", "elsewhere", "hard")
    return {member: getattr(fault, member) for member in members} | {"seconds": 3.0, "headers": dict(fault.headers)}


def read(path: Path) -> bytes:
    """Read a file, which the database may have removed in the meantime."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    return b""


def leaks(text: bytes) -> set[str]:
    """Tell which secrets a text holds."""
    key = [line for line in PRIVATE_KEY.splitlines() if len(line) > 40]
    known = {
        "client secret": [CLIENT_SECRET, OTHER_SECRET, IDENTITY_HEADER],
        "refresh token": [REFRESH_TOKEN],
        "private key": key,
        "federated token": FEDERATED_TOKENS,
    }
    found = {name for name, secrets in known.items() if any(secret.encode() in text for secret in secrets)}
    return found | {name for name, pattern in TOKENS.items() if pattern.search(text)}


def test_what_is_searched_for_would_be_found(fire: Emulator, connections: Mapping[str, dict[str, Any]]) -> None:
    """Real tokens of the emulator, and a log line as it would be written, are recognised."""
    form = {"client_id": fire.client_id, "client_secret": CLIENT_SECRET, "grant_type": "refresh_token",
            "refresh_token": REFRESH_TOKEN, "scope": "https://api.partnercenter.microsoft.com/.default"}  # fmt: skip
    url = f"{fire.url}/{fire.tenant_id}/oauth2/v2.0/token"
    tokens = requests.post(url, form, verify=str(fire.ca_file), timeout=CALL_PATIENCE).json()
    assert leaks(tokens["access_token"].encode()) == {"access token"}
    assert leaks(f'"Bearer {tokens["access_token"][:80]}…"'.encode()) == {"access token"}
    assert leaks(tokens["refresh_token"].encode()) == {"refresh token"}
    assert leaks(json.dumps(connections["certificate"]).encode()) >= {"private key", "refresh token"}
    assert leaks(repr(connections["wrong_secret"]).encode()) >= {"client secret"}
    assert leaks(FEDERATED_TOKENS[0].encode()) >= {"federated token"}
    assert leaks(base64.b64encode(b'{"alg":"HS256"}')) == set()


def test_every_failure_was_met(burnt: list[str], airflow: LocalAirflow, fire: Emulator) -> None:
    met = {record["fault"] for record in fire.journal()}
    assert met >= set(API_KINDS)
    assert met >= set(LOGIN_KINDS)
    states = airflow.task_states(DAG, burnt[0])
    assert {"success", "failed"} <= set(states.values())
    assert None not in states.values()


def test_the_files_that_airflow_keeps(burnt: list[str], airflow: LocalAirflow) -> None:
    """Task logs, triggerer logs and the whole database: XCom, trigger rows, rendered templates, event log."""
    files = [path for path in airflow.home.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    contents = {path: read(path) for path in files}
    kinds = {path.suffix for path in files}
    assert {".log", ".db"} <= kinds
    logs = b"".join(text for path, text in contents.items() if path.suffix == ".log")
    assert b"Trying again in" in logs, "the trouble was logged"
    assert b"HTTP 200" in logs, "and what our client says at DEBUG"
    assert ordinary_id(1).encode() in contents[airflow.home / "airflow.db"], "the database is not encrypted as a whole"
    assert len(DURING_WAITS) > 10
    assert set().union(*DURING_WAITS) == set()
    triggers = "".join(TRIGGERS)
    assert ordinary_id(1) in triggers
    assert leaks(triggers.encode()) == set()
    assert {str(path): found for path, text in contents.items() if (found := leaks(text))} == {}


def test_what_the_api_tells(
    burnt: list[str], airflow: LocalAirflow, fire: Emulator, connections: Mapping[str, dict[str, Any]]
) -> None:
    answers = {
        "variables": airflow.rest("GET", "/variables"),
        "connections": airflow.rest("GET", "/connections"),
        "events": airflow.rest("GET", "/eventLogs", limit=1000),
    }
    # Stored wherever that does not bring the token into a log.
    assert (VARIABLE in json.dumps(answers["variables"])) is not VARIABLES_ARE_LOGGED
    for run in burnt:
        instances = airflow.rest("GET", f"/dags/{DAG}/dagRuns/{run}/taskInstances", limit=1000)
        answers[f"task instances of {run}"] = instances
        pushed = [i for i in instances["task_instances"] if i["task_id"] == "onboard" and i["state"] == "success"]
        assert pushed or run != burnt[0]
        answers[f"XComs of {run}"] = [airflow.xcom(DAG, run, "onboard", map_index=i["map_index"]) for i in pushed]
    for name, connection in connections.items():
        answers[f"saved connection {name}"] = airflow.rest("GET", f"/connections/{name}")
        answers[f"test of {name}"] = airflow.rest("POST", "/connections/test", json=connection)
    for kind in KINDS:
        fire.faults(Mix(rate=1.0, kinds=(kind,), slow=1))
        answers[f"test during {kind}"] = airflow.rest("POST", "/connections/test", json=connections["secret"])
    fire.faults(Mix())
    for name in connections:
        assert answers[f"test of {name}"]["status"] is not name.startswith("wrong"), name
    assert {name: found for name, answer in answers.items() if (found := leaks(json.dumps(answer).encode()))} == {}
