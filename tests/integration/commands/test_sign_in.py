"""``airflow partnercenter sign-in``, through Airflow's parser, against the emulator."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from airflow_provider_partnercenter.client.models import VettingStatus
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from tests.support.login.person import CONN_ID, Person
from tests.support.plain_api import trusting_session

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_partnercenter.emulator.server import Emulator
    from tests.support.commands.in_process import Done

pytestmark = pytest.mark.since_airflow("3.2", "commands of providers")

NOTHING = "Nothing was stored.\n"


@pytest.fixture
def person(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Person:
    return Person(emulator, monkeypatch, capsys, tmp_path)


def submits() -> None:
    """Check that the stored connection can request a qualification."""
    entry = PartnerCenterHook(CONN_ID).create_qualification(
        ordinary_id(1), "Education", education_segment="K12", website="school.example"
    )
    assert entry.vetting_status is VettingStatus.IN_REVIEW


def failed(person: Person, done: Done, *said: str) -> None:
    """Check that the command has failed in a few lines, and stored nothing."""
    assert (done.status, done.out) == (1, "")
    assert done.err.endswith(NOTHING)
    assert "What to do: " in done.err
    assert [text for text in said if text not in done.err] == []
    assert person.stored() is None


# -- a new connection -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [[], ["--no-browser"], ["--paste"], ["--paste", "--port", "53127"]], ids=" ".join)
def test_a_connection_that_submits(person: Person, emulator: Emulator, way: list[str]) -> None:
    if "--no-browser" in way:
        person.reads = person.open
    done = person.new(*way)
    assert (done.status, done.row) == (
        0,
        {
            "conn_id": CONN_ID,
            "user": "agent@partner.example",
            "mode": "App+User",
            "mfa_compliant": True,
            "credential_variable": f"{CONN_ID}_credential",
            "stored": True,
        },
    )
    stored = person.stored()
    assert stored
    assert (stored["conn_type"], stored["login"], stored["password"]) == (
        "partnercenter",
        emulator.client_id,
        emulator.client_secret,
    )
    assert set(stored["extra"]) == {"tenant_id", "authority", "ca_bundle", "credential_variable", "refresh_token"}
    assert stored["extra"]["refresh_token"] in person.secrets - {emulator.refresh_token}
    assert "agent@partner.example has signed in with MFA." in done.err
    asked = parse_qs(urlsplit(person.asked[-1]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["prompt"] == ["login"]
    where = urlsplit(asked["redirect_uri"][0])
    assert (where.scheme, where.hostname, where.path) == ("http", "localhost", "")
    if "--paste" in way:
        assert where.port == (53127 if "--port" in way else None)
        assert person.pages == []
    else:
        [page] = person.pages
        assert "You can close this page." in page.text
        assert page.headers["Cache-Control"] == "no-store"
    submits()


def test_where_there_is_no_browser_the_address_is_pasted(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert person.new().status == 0
    assert person.opened == []
    submits()


def test_a_browser_that_does_not_open(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(address: str) -> bool:
        person.open(address)
        return False

    monkeypatch.setattr("webbrowser.open", broken)
    done = person.new()
    assert done.status == 0
    assert "No browser could be opened. Open the address in a browser on this machine.\n" in done.err


def test_a_browser_that_keeps_the_command_waiting(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_this_terminal(address: str) -> bool:
        person.visit(person.sent_to(address))
        return True

    monkeypatch.setattr("webbrowser.open", in_this_terminal)
    assert person.new().status == 0


@pytest.mark.parametrize("source", ["prompt", "-", "env:THE_SECRET", "file", None])
def test_where_the_secret_comes_from(
    person: Person, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str | None
) -> None:
    monkeypatch.setenv("THE_SECRET", emulator.client_secret)
    file = tmp_path / "secret"
    file.write_text(f"{emulator.client_secret}\n")
    named = f"file:{file}" if source == "file" else source
    arguments = ["--client-secret-from", named] if named else []
    done = person.new(*arguments, typed=f"{emulator.client_secret}\n" if source == "-" else None)
    assert done.status == 0
    submits()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("my-secret-value", "remove it from the history of your shell"),
        ("env:", "neither 'prompt' nor"),
        ("env:NOT_SET", "There is no client secret in env:NOT_SET."),
        ("file:/nowhere", "The file '/nowhere' cannot be read: No such file or directory."),
        ("-", "There is no client secret in the standard input."),
        ("prompt", "There is no client secret in the standard input"),
    ],
)
def test_a_secret_that_is_not_there(person: Person, source: str, said: str) -> None:
    if source == "prompt":
        said = "There is no client secret in what was typed."
    done = person.new("--client-secret-from", source, typed="")
    failed(person, done, said)
    assert "my-secret-value" not in done.err
    assert person.asked == []


def test_what_a_new_connection_needs(person: Person) -> None:
    failed(person, person(), "no connection 'of_the_partner', and a new one needs --client-id and --tenant-id")


def test_two_proofs(person: Person) -> None:
    done = person.new("--managed-identity", "system", "--certificate-file", "x.pem")
    failed(person, done, "--certificate-file and --managed-identity exclude each other.")


# -- what goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [[], ["--paste"]], ids=["loopback", "pasted"])
@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("declines", ["AADSTS65004", "start the sign-in again and accept"]),
        (
            "without-mfa",
            ["HTTP 401, code 900421", "repeat this command, and let the integration user sign in with MFA"],
        ),
        ("without-role", ["HTTP 403, code 900308"]),
        ("aadsts53003", ["AADSTS53003", "Conditional Access policy blocked the sign-in"]),
        ("aadsts50105", ["AADSTS50105", "assign the integration user to the application"]),
    ],
)
def test_a_user_who_is_refused(person: Person, emulator: Emulator, way: list[str], user: str, said: list[str]) -> None:
    emulator.user(f"{user}@partner.example")
    failed(person, person.new(*way), *said)
    if not way:
        [page] = person.pages
        refused = user == "declines" or user.startswith("aadsts")
        assert ("Microsoft has refused the sign-in" in page.text) is refused
        assert "AADSTS" not in page.text


@pytest.mark.parametrize("compliant", [None, False])
def test_mfa_that_is_not_required_yet(
    person: Person, monkeypatch: pytest.MonkeyPatch, emulator: Emulator, compliant: bool | None
) -> None:
    emulator.user("without-mfa@partner.example")
    monkeypatch.setattr(
        "airflow_provider_partnercenter.client.sync.PartnerCenterClient.is_mfa_compliant", lambda _: compliant
    )
    failed(person, person.new(), "user signed in without MFA", "repeat this command")


def test_an_application_whose_secret_is_wrong(person: Person) -> None:
    person.types = lambda: "wrong"
    person.secrets.add("wrong-secret")
    failed(person, person.new(), "AADSTS7000215")


def test_a_tenant_that_is_not_there(person: Person) -> None:
    failed(person, person.new("--tenant-id", "elsewhere.example"), "does not know the tenant 'elsewhere.example'")
    assert person.opened == []


def test_a_login_service_that_does_not_answer(person: Person) -> None:
    failed(person, person.new("--authority", "https://localhost:1"), "Signing in got no answer")


def test_a_browser_that_is_closed(person: Person) -> None:
    person.comes_back = lambda address: None
    done = person.new("--timeout", "1")
    failed(person, done, "No browser came back from the sign-in within 1 s.", "AADSTS50011", "--paste")


def changed(address: str, **changes: str) -> str:
    """Return an address with other members."""
    return f"{address.partition('?')[0]}?{urlencode({**dict(parse_qsl(urlsplit(address).query)), **changes})}"


def test_a_browser_that_brings_another_sign_in(person: Person) -> None:
    person.comes_back = lambda address: person.visit(changed(address, state="another"))
    # As long as it takes until the page is there.
    done = person.new("--timeout", "3")
    failed(person, done, "No browser came back from the sign-in within 3 s. 1 came back from another sign-in.")
    [page] = person.pages
    assert (page.status_code, "another sign-in" in page.text) == (400, True)


def test_the_right_answer_after_a_wrong_one(person: Person) -> None:
    def twice(address: str) -> None:
        base = address.partition("?")[0]
        for each in (f"{base}/favicon.ico", base, changed(address, state="another"), address):
            person.visit(each)

    person.comes_back = twice
    assert person.new().status == 0
    assert [page.status_code for page in person.pages] == [404, 404, 400, 200]
    submits()


def test_a_code_is_of_no_use_to_somebody_else(person: Person) -> None:
    def taken(address: str) -> None:
        code = parse_qs(urlsplit(address).query)["code"][0]
        form = {
            "client_id": person.emulator.client_id,
            "client_secret": person.emulator.client_secret,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": address.partition("?")[0].rstrip("/"),
        }
        with trusting_session(person.emulator) as session:
            url = f"{person.emulator.url}/{person.emulator.tenant_id}/oauth2/v2.0/token"
            # Even with the client secret: the verifier of PKCE is missing.
            assert session.post(url, data=form).status_code == 400
        person.visit(address)

    person.comes_back = taken
    assert person.new().status == 0


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        (lambda _: "", "That is not the address"),
        (lambda _: "https://login.example/authorize?client_id=x", "That is not the address"),
        (lambda address: changed(address, state="another"), "belongs to another sign-in"),
        (lambda address: address.partition("&state=")[0], "was not copied to its end"),
        (lambda address: f"{address}&code=x", "contains a member twice"),
        (lambda address: changed(address, code="wrong"), "AADSTS70000"),
    ],
)
def test_an_address_that_is_not_it(person: Person, pasted: Any, said: str) -> None:
    person.pastes = pasted
    failed(person, person.new("--paste"), said)


def test_a_port_that_is_taken(person: Person) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        failed(person, person.new("--port", str(port)), f"cannot listen on port {port} of 127.0.0.1", "--port")
    assert person.new("--port", str(port)).status == 0
    assert urlsplit(person.pages[0].url).port == port


@pytest.mark.parametrize("port", ["65536", "99999999999"])
def test_a_port_that_is_none(person: Person, port: str) -> None:
    failed(person, person.new("--port", port), f"cannot listen on port {port}")


def test_an_interruption(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(address: str) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("webbrowser.open", interrupt)
    done = person.new()
    assert (done.status, done.out) == (130, "")
    assert done.err.endswith("Nothing was stored.\nInterrupted.\n")
    assert person.stored() is None
