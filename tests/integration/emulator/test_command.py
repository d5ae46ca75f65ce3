"""The command ``partnercenter-emulator``: starting, telling where it is, ending."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import trustme

from airflow_provider_partnercenter.emulator import __main__ as command
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.cli import parse
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import KINDS
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Chance, Limit, Mix, Settings
from airflow_provider_partnercenter.emulator.webhooks.kinds import KINDS as SENDING_KINDS
from testbed.patience import CALL_PATIENCE, PATIENCE

MODULE = [sys.executable, "-m", "airflow_provider_partnercenter.emulator"]
ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MODULE, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_tells_and_ends(number: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*MODULE, "--port", "0", "--directory", str(tmp_path / "ca"), "--customers", "3", "--vetting", "at-once"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(5)]
        assert lines[0].startswith("Listening on https://localhost:")
        url = lines[0].removeprefix("Listening on ")
        assert lines[1] == f"CA certificate: {tmp_path / 'ca' / 'ca.pem'}"
        name, _, value = lines[3].partition("=")
        connection = json.loads(value.strip("'"))
        assert name == "export AIRFLOW_CONN_PARTNERCENTER_DEFAULT"
        assert (connection["conn_type"], connection["host"]) == ("partnercenter", url)
        assert lines[4].endswith(f": {tmp_path / 'ca' / 'webhook-root.pem'}")
        assert {"tenant_id", "refresh_token", "authority", "ca_bundle"} == set(connection["extra"])
        with requests.Session() as session:
            session.trust_env = False
            health = session.get(
                f"{url}/emulator/health", verify=connection["extra"]["ca_bundle"], timeout=CALL_PATIENCE
            )
            assert health.json()["status"] == "ok"
            by_address = url.replace("localhost", "127.0.0.1")
            assert session.get(
                f"{by_address}/emulator/health", verify=connection["extra"]["ca_bundle"], timeout=CALL_PATIENCE
            ).ok
            process.send_signal(number)
            _, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, errors) == (0, "")
        assert stat.S_IMODE((tmp_path / "ca").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "ca" / "server.pem").stat().st_mode) == 0o600
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    with socket.socket() as once:
        once.bind(("127.0.0.1", 0))
        return int(once.getsockname()[1])


def test_it_prints_connections_to_an_emulator_that_starts_later(tmp_path: Path) -> None:
    directory, port = tmp_path / "the emulator's", free_port()
    printed = run("--directory", str(directory), "--port", str(port), "--print-env")
    assert (printed.returncode, printed.stderr) == (0, "")
    # As a shell reads them.
    script = f"{printed.stdout}env -0"
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=True)
    variables = dict(line.split("=", 1) for line in shell.stdout.split("\0") if line.startswith("AIRFLOW_CONN_"))
    found = {name: json.loads(value) for name, value in variables.items() if "_PARTNERCENTER_" in name}
    assert {name: each["conn_type"] for name, each in found.items()} == {
        "AIRFLOW_CONN_PARTNERCENTER_DEFAULT": "partnercenter",
        "AIRFLOW_CONN_PARTNERCENTER_HTTP": "http",
        "AIRFLOW_CONN_PARTNERCENTER_MSGRAPH": "msgraph",
    }
    with Emulator(directory=directory, port=port) as emulator, requests.Session() as session:
        session.trust_env = False
        assert emulator.connection() == found["AIRFLOW_CONN_PARTNERCENTER_DEFAULT"]
        http = found["AIRFLOW_CONN_PARTNERCENTER_HTTP"]
        url = f"{http['schema']}://{http['host']}:{http['port']}/emulator/health"
        assert session.get(url, verify=http["extra"]["verify"], timeout=CALL_PATIENCE).ok


@pytest.mark.parametrize("arguments", [(), ("--directory", "emulator", "--port", "0"), ("--port", "8443")])
def test_it_prints_no_connections_that_will_not_hold(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse([*arguments, "--print-env"])
    assert "needs the same --directory and --port, not 0" in capsys.readouterr().err


def test_a_directory_that_cannot_be_used_is_told_when_connections_are_printed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("--directory", str(tmp_path / "file" / "ca"), "--print-env")
    assert (result.returncode, result.stdout) == (1, "")
    assert "Traceback" not in result.stderr


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("--port", str(port))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{port}: " in result.stderr


def test_a_directory_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("--port", "0", "--directory", str(tmp_path / "file" / "ca"))
    assert result.returncode == 1
    assert result.stderr == f"partnercenter-emulator: {tmp_path / 'file' / 'ca'}: Not a directory\n"


def test_a_directory_whose_authority_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")
    result = run("--port", "0", "--directory", str(tmp_path))
    assert result.returncode == 1
    assert result.stderr.startswith(f"partnercenter-emulator: --directory: {tmp_path / 'ca.pem'}: not the certificate")
    assert result.stderr.count("\n") == 1


def test_a_root_of_webhooks_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "webhook-root-key.pem").write_text("nonsense")
    result = run("--port", "0", "--directory", str(tmp_path))
    assert result.returncode == 1
    assert result.stderr == (
        f"partnercenter-emulator: --directory: {tmp_path} has no webhook-root.pem for its webhook-root-key.pem. Use "
        "another directory, or remove webhook-root.pem and webhook-root-key.pem to get a new authority\n"
    )


def test_a_client_can_go_on_trusting_an_emulator_that_is_started_again(tmp_path: Path) -> None:
    with requests.Session() as session, Emulator(directory=tmp_path) as first:
        session.trust_env = False
        kept = tmp_path / "kept.pem"
        kept.write_bytes(first.ca_file.read_bytes())
        assert session.get(f"{first.url}/emulator/health", verify=str(kept), timeout=CALL_PATIENCE).ok
    with requests.Session() as session, Emulator(directory=tmp_path) as second:
        session.trust_env = False
        assert session.get(f"{second.url}/emulator/health", verify=str(kept), timeout=CALL_PATIENCE).ok


def test_the_emulator_can_have_further_names() -> None:
    with Emulator(names=("partnercenter", "10.1.2.3")) as emulator:
        assert emulator.url == emulator.connection()["host"] == f"https://partnercenter:{emulator.port}"
        context = ssl.create_default_context(cafile=str(emulator.ca_file))
        for name in ("partnercenter", "10.1.2.3", "localhost", "127.0.0.1", "::1"):
            with socket.create_connection(("127.0.0.1", emulator.port), timeout=CALL_PATIENCE) as plain:
                context.wrap_socket(plain, server_hostname=name).close()
        with (
            socket.create_connection(("127.0.0.1", emulator.port), timeout=CALL_PATIENCE) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            context.wrap_socket(plain, server_hostname="elsewhere")


def test_the_help_text_tells_everything() -> None:
    result = run("--help")
    assert result.returncode == 0
    for row in magic.TABLE:
        assert f"{row.name} " in result.stdout
        assert row.customer_id in result.stdout
    for name in KINDS:
        assert f"{name} " in result.stdout
    for text in ("--name", "--vetting", "--verdict", "--customers", "--idempotent-request-ids", "POST /emulator/clock",
                 "--limit", "--faults", "--fault-kinds", "--fault-seed", "--slow", "--retry-after", "--late",
                 "--withdrawn", "--token-usable", "PUT /emulator/faults", "GET /emulator/traffic",
                 "POST /emulator/consent", "--count-refused-attempts", "--list-all", "--webhook-pause",
                 "--webhook-timeout", "--webhook-ca", "POST /emulator/webhooks",
                 "--redirect-uri", "PUT /emulator/login", "without-mfa", "aadstsN", "declines"):  # fmt: skip
        assert text in result.stdout
    for name in SENDING_KINDS:
        assert f"  {name} " in result.stdout


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        ("", Settings()),
        ("--limit sliding:500/6,decimals", Settings(limit=Limit(window=6, decimals=True))),
        ("--token-usable 5", Settings(token_usable=5)),
        ("--mfa-not-enforced", Settings(mfa_enforced=False)),
        ("--list-all", Settings(list_all=True)),
        ("--webhook-pause 0 --webhook-timeout 0.5", Settings(webhook_pause=0, webhook_timeout=0.5)),
        ("--domain contoso.example --user me@x", Settings(domain="contoso.example", user="me@x")),
        (
            "--redirect-uri http://localhost/a --redirect-uri https://b.example/",
            Settings(redirect_uris=("http://localhost/a", "https://b.example/")),
        ),
        (
            "--federated-issuer https://i.example --federated-subject s",
            Settings(federated_issuer="https://i.example", federated_subject="s"),
        ),
        ("--count-refused-attempts", Settings(count_refused_attempts=True)),
        (
            "--faults 0.2 --fault-kinds server,reset-after=3 --fault-seed 7",
            Settings(faults=Mix(0.2, ("server", "reset-after=3"), 7)),
        ),
        (
            "--slow 0.1 --retry-after 0.5 --late 0.3:60 --withdrawn 0.1:5",
            Settings(faults=Mix(slow=0.1, retry_after=0.5, late=Chance(0.3, 60), withdrawn=Chance(0.1, 5))),
        ),
    ],
)
def test_options_become_settings(arguments: str, settings: Settings) -> None:
    assert parse(arguments.split()).settings == settings


def test_the_authorities_of_receivers_are_read_from_a_file(tmp_path: Path) -> None:
    pem = trustme.CA().cert_pem.bytes()
    (tmp_path / "ca.pem").write_bytes(pem)
    assert parse(["--webhook-ca", str(tmp_path / "ca.pem")]).settings == Settings(webhook_ca=pem)


def test_names_can_be_repeated() -> None:
    assert parse([]).names == ()
    assert parse(["--name", "a", "--name", "10.0.0.1"]).names == ("a", "10.0.0.1")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "70000"),
        ("--name", "partnercenter:8443"),
        ("--vetting", "soon"),
        ("--verdict", "perhaps"),
        ("--customers", "-1"),
        ("--client-certificate", "/does/not/exist"),
        ("--limit", "often"),
        ("--faults", "2"),
        ("--faults", "nan"),
        ("--fault-kinds", "flood"),
        ("--fault-seed", "-1"),
        ("--slow", "-1"),
        ("--retry-after", "long"),
        ("--late", "0.5"),
        ("--withdrawn", "2:5"),
        ("--token-usable", "-1"),
        ("--webhook-pause", "-1"),
        ("--webhook-timeout", "long"),
        ("--webhook-ca", "/does/not/exist"),
        ("--webhook-ca", __file__),
    ],
)
def test_arguments_that_cannot_be_understood(arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(arguments)
    assert end.value.code == 2
    assert f"argument {arguments[0]}: " in capsys.readouterr().err


def test_a_certificate_that_is_none_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.pem").write_text("nonsense")
    # A shell that starts the tests in the background lets them ignore it.
    before = signal.getsignal(signal.SIGINT)
    assert command.main(["--client-certificate", str(tmp_path / "x.pem")]) == 1
    assert capsys.readouterr().err.startswith("partnercenter-emulator: --client-certificate: ")
    assert signal.getsignal(signal.SIGINT) is before


def test_the_command_can_be_imported_without_its_extra() -> None:
    code = """
import sys

class Missing:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in ("fastapi", "jwt", "starlette", "trustme", "uvicorn"):
            raise ImportError(name)

sys.meta_path.insert(0, Missing())
from airflow_provider_partnercenter.emulator.__main__ import parse
parse([])
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "REQUIRED", ("fastapi", "surely_not_installed"))
    assert command.main([]) == 1
    error = capsys.readouterr().err
    assert "surely_not_installed" in error
    assert "with its extra 'emulator'" in error
