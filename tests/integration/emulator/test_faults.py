"""What a client sees of the emulator's faults and limits, over TLS."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests
import urllib3

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import KINDS
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import (
    REFRESH_TOKEN_WITHOUT_MFA,
    Chance,
    Limit,
    LimitKind,
    Mix,
    Settings,
)
from testbed.patience import CALL_PATIENCE, wait_until
from tests.support.clients.busy import TooBusyError, at_its_pace
from tests.support.plain_api import BASE_SCOPE, Api

if TYPE_CHECKING:
    from collections.abc import Callable

CUSTOMER = ordinary_id(1)
ONCE = {"error-502", "error-504", "html-200", "empty-after", "cut-off-after", "access-denied", "throttled-date"}


def causes(error: BaseException) -> set[type]:
    """The classes of all exceptions that one was made of, and their bases."""
    inner = {id(each): each for each in (*error.args, error.__cause__, error.__context__)}.values()
    return set(type(error).__mro__).union(*(causes(each) for each in inner if isinstance(each, BaseException)))


def broken(ask: Callable[[], object]) -> set[type]:
    with pytest.raises(requests.RequestException) as caught:
        ask()
    return causes(caught.value)


def submissions(api: Api, customer: str = CUSTOMER) -> int:
    return int(api.emulator.customer(customer)["attempts"])


# -- kinds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if not kind.login])
def test_the_journal_tells_what_was_done(api: Api, kind: str) -> None:
    api.emulator.faults(rate=1, kinds=(kind,), slow=0.05)
    fault = KINDS[kind].fault
    try:
        seen = api.submit(CUSTOMER, allow_redirects=False).status_code
    except requests.RequestException:
        seen = None
    (record,) = api.emulator.journal(CUSTOMER)
    assert (record["fault"], record["carried_out"]) == (kind, fault.kind.acts)
    assert submissions(api) == int(fault.kind.acts)
    if kind == "truncated-after":
        assert (record["status"], seen) == (201, None)
    else:
        assert record["status"] == seen == (None if fault.kind.closes else fault.status if fault.kind.answers else 201)
    assert api.emulator.struck() == {kind: 1}
    api.emulator.faults()
    assert api.read(CUSTOMER).ok
    assert (api.emulator.journal(CUSTOMER)[-1]["fault"], api.emulator.struck()) == (None, {})


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("close-before", urllib3.exceptions.ProtocolError),
        ("close-after", urllib3.exceptions.ProtocolError),
        ("reset-before", urllib3.exceptions.ProtocolError),
        ("reset-after", urllib3.exceptions.ProtocolError),
        ("truncated-after", urllib3.exceptions.IncompleteRead),
    ],
)
def test_broken_connections(api: Api, kind: str, expected: type[BaseException]) -> None:
    api.emulator.faults(rate=1, kinds=(kind,))
    assert expected in broken(lambda: api.submit(CUSTOMER))


@pytest.mark.parametrize(
    ("kind", "reset"), [("close-before", False), ("close-after", False), ("reset-before", True), ("reset-after", True)]
)
def test_a_reset_is_one_of_tcp(api: Api, kind: str, reset: bool) -> None:
    """OpenSSL on a plain socket tells both ends alike; asyncio does its own reading."""
    context = ssl.create_default_context(cafile=str(api.emulator.ca_file))

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("localhost", api.emulator.port, ssl=context)
        try:
            writer.write(b"GET /v1/customers HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return await reader.read()
        finally:
            writer.transport.abort()

    api.emulator.faults(rate=1, kinds=(kind,))
    if reset:
        with pytest.raises(ConnectionResetError):
            asyncio.run(ask())
    else:
        assert asyncio.run(ask()) == b""


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "body"),
    [
        ("error-500", 500, "application/json", '{"code":800003,'),
        ("error-502-after", 502, "application/json", '{"statusCode":502,'),
        ("error-503", 503, None, ""),
        ("error-504-after", 504, "application/json", '{"statusCode":504,'),
        ("throttled", 429, "application/json", '{"statusCode":429,"message":"Rate limit is exceeded.'),
        ("html-200", 200, "text/html", "<!DOCTYPE html>"),
        ("html-502", 502, "text/html", "<!DOCTYPE html>"),
        ("empty-after", 201, "application/json", ""),
        ("text", 201, "text/plain", '{"qualification": "Education"'),
        ("binary", 201, "application/octet-stream", '{"qualification": "Education"'),
        ("redirect-302", 302, None, ""),
        ("redirect-307", 307, None, ""),
        ("access-denied", 401, "application/json", '{"code":400,'),
        ("mfa-required", 401, "application/json", '{"code":"900421",'),
        ("wrong-audience", 401, "application/json", '{"code":"900420",'),
        ("nested-503", 503, "application/json", '{"error":{"code":"ServiceUnavailable","message":'),
        (
            "xml-503",
            503,
            "application/xml",
            '<?xml version="1.0" encoding="utf-8"?><Error><Code>ServerBusy</Code><Message>',
        ),
        ("problem-500", 500, "application/problem+json", '{"type":'),
        ("model-state-400", 400, "application/json", '{"Message":"The request is invalid.","ModelState":{'),
        ("error-200", 200, "application/json", '{"code":1,"description":'),
    ],
)
def test_answers_that_are_not_what_they_should_be(
    api: Api, kind: str, status: int, content_type: str | None, body: str
) -> None:
    api.emulator.faults(rate=1, kinds=(kind,))
    answer = api.submit(CUSTOMER, allow_redirects=False)
    assert answer.status_code == status
    assert answer.headers.get("Content-Type", "").partition(";")[0] == (content_type or "")
    assert answer.text.startswith(body)
    assert len(answer.content) == int(answer.headers["Content-Length"])
    assert bool(answer.text) == bool(body)
    assert answer.headers["MS-RequestId"]
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_half_of_the_json(api: Api) -> None:
    whole = api.submit(CUSTOMER).content
    api.emulator.reset()
    api.emulator.faults(rate=1, kinds=("cut-off-after",))
    answer = api.submit(CUSTOMER)
    assert (answer.status_code, len(answer.content)) == (201, len(whole) // 2)
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_retry_after_as_a_date(api: Api) -> None:
    api.emulator.faults(rate=1, kinds=("throttled-date",), retry_after=5)
    before = time.time()
    answer = api.read(CUSTOMER)
    moment = parsedate_to_datetime(answer.headers["Retry-After"]).timestamp()
    # In whole seconds, and not too early.
    assert before + 5 <= moment <= time.time() + 6


@pytest.mark.parametrize("status", [302, 307])
def test_who_follows_a_redirect_is_seen(api: Api, status: int) -> None:
    api.emulator.faults(rate=1, kinds=(f"redirect-{status}",))
    answer = api.read(CUSTOMER)
    assert answer.status_code == 404
    assert answer.url.startswith(f"https://127.0.0.1:{api.emulator.port}/redirected/v1/")
    # requests does not send its credentials along.
    assert api.emulator.journal(path="/redirected/")[-1]["authorization"] is None
    api.session.get(answer.url, headers={"Authorization": f"Bearer {api.token}"})
    assert api.emulator.journal(path="/redirected/")[-1]["authorization"] == "app+user"


# -- slow answers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["slow-headers", "slow-body"])
def test_a_slow_answer_arrives(api: Api, kind: str) -> None:
    api.emulator.faults(rate=1, kinds=(kind,), slow=0.4)
    began = time.monotonic()
    with api.submit(CUSTOMER, stream=True) as answer:
        headers_after = time.monotonic() - began
        assert answer.json()["vettingStatus"] == "InReview"
    assert time.monotonic() - began >= 0.4
    assert headers_after >= 0.4 or kind == "slow-body"


def test_the_headers_of_a_slow_body_come_at_once(api: Api) -> None:
    api.emulator.faults(rate=1, kinds=("slow-body",), slow=100_000)
    with api.submit(CUSTOMER, stream=True, timeout=CALL_PATIENCE) as answer:
        assert answer.status_code == 201


@pytest.mark.parametrize("kind", ["slow-headers", "slow-body"])
def test_no_single_pause_is_long(api: Api, kind: str) -> None:
    """A time-out for each read does not notice; one for the whole answer has to."""

    def attempt(timeout: float) -> None:
        api.emulator.faults(rate=1, kinds=(kind,), slow=1.7 * timeout)
        try:
            assert api.read(CUSTOMER, timeout=timeout).ok
        except requests.RequestException as late:
            raise TooBusyError from late

    at_its_pace(attempt, 0.6)


@pytest.mark.parametrize("kind", ["slow-headers", "slow-body"])
def test_a_slow_answer_holds_nobody_up(api: Api, kind: str) -> None:
    api.emulator.faults(rate=1, kinds=(kind,), slow=3600)
    with pytest.raises(requests.RequestException):
        api.read(CUSTOMER, timeout=0.2)
    # The one who left is forgotten: nothing runs on in the emulator.
    wait_until(lambda: api.emulator._server.busy == 0)


@pytest.mark.usefixtures("long_goodbyes")
def test_a_slow_answer_does_not_hold_up_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    problems: list[BaseException] = []

    def ask() -> None:
        try:
            api.read(CUSTOMER)
        except requests.RequestException as error:
            problems.append(error)

    with Emulator(Settings(faults=Mix(1, ("slow-body",), slow=3600))) as emulator:
        api = Api(emulator)
        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: emulator.journal(CUSTOMER))
        began = time.monotonic()
    assert time.monotonic() - began < CALL_PATIENCE
    asking.join(CALL_PATIENCE)
    assert len(problems) == 1
    assert capfd.readouterr().err == ""


# -- login ------------------------------------------------------------------------------------------------------------


def sign_in(api: Api, refresh_token: str | None = None) -> requests.Response:
    return api.login(
        grant_type="refresh_token",
        scope=f"{BASE_SCOPE}/.default",
        refresh_token=refresh_token or api.emulator.refresh_token,
    )


@pytest.mark.parametrize(
    ("kind", "status", "error", "number"),
    [
        ("login-grant-expired", 400, "invalid_grant", 700082),
        ("login-grant-revoked", 400, "invalid_grant", 70000),
        ("login-invalid-client", 401, "invalid_client", 7000215),
        ("login-mfa", 400, "invalid_grant", 50076),
        ("login-throttled", 429, "temporarily_unavailable", 90055),
    ],
)
def test_the_login_service_refuses(api: Api, kind: str, status: int, error: str, number: int) -> None:
    api.emulator.faults(rate=1, kinds=(kind,), retry_after=7)
    answer = sign_in(api)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert api.emulator.journal(path="/token")[-1]["fault"] == kind
    # Only the token endpoint is struck.
    assert api.read(CUSTOMER).ok


@pytest.mark.parametrize(
    ("kind", "status", "text"), [("login-500", 500, ""), ("login-503", 503, ""), ("login-html", 502, "<!DOCTYPE")]
)
def test_the_login_service_is_out_of_order(api: Api, kind: str, status: int, text: str) -> None:
    api.emulator.faults(rate=1, kinds=(kind,))
    answer = sign_in(api)
    assert answer.status_code == status
    assert answer.text.startswith(text)


def test_the_login_service_breaks_off(api: Api) -> None:
    api.emulator.faults(rate=1, kinds=("login-reset",))
    assert urllib3.exceptions.ProtocolError in broken(lambda: sign_in(api))
    api.emulator.faults(rate=1, kinds=("login-cut-off",))
    with pytest.raises(requests.JSONDecodeError):
        sign_in(api).json()
    api.emulator.faults(rate=1, kinds=("login-slow",), slow=0.2)
    began = time.monotonic()
    assert sign_in(api).json()["access_token"]
    assert time.monotonic() - began >= 0.2


def test_a_token_that_expires_early(api: Api) -> None:
    api.emulator.faults(rate=1, kinds=("login-early-expiry",))
    answer = sign_in(api).json()
    token = answer["access_token"]
    assert answer["expires_in"] == 3600
    assert api.read(CUSTOMER, token=token).ok
    api.emulator.advance(6)
    refused = api.read(CUSTOMER, token=token)
    assert (refused.status_code, refused.json()["code"]) == (401, 400)


def test_all_tokens_expire_early() -> None:
    with Emulator(Settings(token_usable=10)) as emulator:
        api = Api(emulator)
        assert sign_in(api).json()["expires_in"] == 3600
        emulator.advance(9)
        assert api.read(CUSTOMER).ok
        emulator.advance(2)
        assert api.read(CUSTOMER).status_code == 401


@pytest.mark.parametrize("over_http", [False, True])
def test_consent_is_revoked_and_given_again(api: Api, over_http: bool) -> None:
    first = api.emulator.refresh_token
    rotated = sign_in(api).json()["refresh_token"]
    other = api.emulator.consent()
    if over_http:
        assert api.call("POST", "/emulator/revoke", json={"refresh_token": rotated}).status_code == 204
    else:
        api.emulator.revoke(rotated)
    for token in (first, rotated):
        body = sign_in(api, token).json()
        assert (body["error"], body["error_codes"]) == ("invalid_grant", [50173])
    # Neither another consent nor the tokens at hand are touched.
    assert sign_in(api, other).ok
    assert sign_in(api, REFRESH_TOKEN_WITHOUT_MFA).ok
    assert api.read(CUSTOMER).ok
    if over_http:
        assert api.call("POST", "/emulator/revoke", json={}).status_code == 204
        fresh = api.call("POST", "/emulator/consent", json={}).json()["refresh_token"]
    else:
        api.emulator.revoke_refresh_tokens()
        fresh = api.emulator.consent()
    assert sign_in(api, other).status_code == 400
    assert api.read(CUSTOMER, token=sign_in(api, fresh).json()["access_token"]).ok
    api.emulator.reset()
    assert sign_in(api, first).ok
    assert sign_in(api, fresh).json()["error_codes"] == [70000]


def test_consent_ages_from_its_own_day_and_may_lack_mfa(api: Api) -> None:
    api.emulator.advance(89 * 86400)
    fresh, without = api.emulator.consent(), api.emulator.consent(mfa=False)
    api.emulator.advance(2 * 86400)
    assert sign_in(api).json()["error_codes"] == [700082]
    assert api.read(CUSTOMER, token=sign_in(api, fresh).json()["access_token"]).ok
    answer = api.read(CUSTOMER, token=sign_in(api, without).json()["access_token"])
    assert (answer.status_code, answer.json()["code"]) == (401, "900421")


def test_a_refresh_token_that_is_none_cannot_be_revoked(api: Api) -> None:
    with pytest.raises(KeyError):
        api.emulator.revoke("nonsense")
    documents: list[dict[str, Any]] = [{"refresh_token": "nonsense"}, {"refresh_token": 5}, {"refresh_token": []}]
    for document in documents:
        assert api.call("POST", "/emulator/revoke", json=document).status_code == 400
    assert api.call("POST", "/emulator/consent", json={"mfa": "yes"}).status_code == 400


# -- by rate ----------------------------------------------------------------------------------------------------------


def outcomes(emulator: Emulator, threads: int) -> dict[tuple[str, str], list[str | None]]:
    """What befalls five reads and five submissions of each of ten customers, whoever comes first."""
    emulator.reset()
    emulator.faults(rate=0.3, seed=3, kinds=("server", "throttle", "close-after"), slow=0.01)
    api = Api(emulator)

    def ask(number: int) -> None:
        for _ in range(5):
            for call in (api.read, api.submit):
                try:
                    call(ordinary_id(number))
                except requests.ConnectionError:
                    continue

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(ask, range(1, 11)))
    found: dict[tuple[str, str], list[str | None]] = {}
    for record in emulator.journal(path="/v1/"):
        found.setdefault((record["customer_id"], record["method"]), []).append(record["fault"])
    return found


def test_the_same_seed_strikes_the_same_requests(emulator: Emulator) -> None:
    first = outcomes(emulator, 1)
    assert first == outcomes(emulator, 8)
    faults = Counter(fault for each in first.values() for fault in each)
    assert 10 < sum(faults.values()) - faults[None] < 50


def test_true_attempts_can_be_told_from_the_journal(emulator: Emulator) -> None:
    outcomes(emulator, 4)
    for number in range(1, 11):
        posts = emulator.journal(ordinary_id(number), method="POST")
        assert sum(record["carried_out"] for record in posts) == 1
        assert len(emulator.customer(ordinary_id(number))["qualifications"]) == 1


def test_late_and_withdrawn_submissions(api: Api) -> None:
    api.emulator.faults(late=Chance(1, 30), withdrawn=Chance(1, 60))
    api.submit("approved-at-once")
    (entry,) = api.emulator.customer("approved-at-once")["qualifications"]
    assert (entry["visible"], entry["vettingStatus"]) == (False, "Approved")
    assert api.read("approved-at-once").json() == []
    api.emulator.advance(30)
    assert api.read("approved-at-once").json()[0]["vettingStatus"] == "Approved"
    api.emulator.advance(30)
    (shown,) = api.read("approved-at-once").json()
    assert (shown["vettingStatus"], shown["vettingReason"]) == ("Denied", "No longer an Education Customer")


def test_faults_over_http(api: Api) -> None:
    mix = {"rate": 1, "kinds": ["error-503=2"], "seed": 4, "slow": 0.1, "late": "0.5:10"}
    answer = api.call("PUT", "/emulator/faults", json=mix).json()
    assert mix.items() <= answer.items()
    assert api.read(CUSTOMER).status_code == 503
    assert api.call("GET", "/emulator/faults").json()["struck"] == {"error-503": 1}
    refused: list[Any] = [{"rate": 2}, {"kinds": ["flood"]}, {"colour": "blue"}, {"late": 5}, []]
    for wrong in refused:
        assert api.call("PUT", "/emulator/faults", json=wrong).status_code == 400
    assert api.read(CUSTOMER).status_code == 503
    api.emulator.reset()
    assert api.read(CUSTOMER).ok


def test_a_reset_returns_to_the_faults_of_the_start() -> None:
    settings = Settings(faults=Mix(1, ("error-503",)), limit=Limit(requests=1))
    with Emulator(settings) as emulator:
        api = Api(emulator)
        assert [api.read(CUSTOMER).status_code for _ in range(2)] == [503, 429]
        emulator.faults()
        emulator.limit(None)
        assert [api.read(CUSTOMER).status_code for _ in range(2)] == [200, 200]
        emulator.reset()
        assert [api.read(CUSTOMER).status_code for _ in range(2)] == [503, 429]


# -- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LimitKind)
def test_too_many_requests(api: Api, kind: LimitKind) -> None:
    api.emulator.limit(Limit(kind, 5, 60))
    answers = [api.read(CUSTOMER) for _ in range(6)] + [api.submit(CUSTOMER)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    refused = answers[-1]
    seconds = int(refused.headers["Retry-After"])
    assert (1 if kind is LimitKind.BUCKET else 50) < seconds <= 60
    text = f"Rate limit is exceeded. Try again in {seconds} seconds."
    assert refused.json() == {"statusCode": 429, "message": text}
    record = api.emulator.journal(CUSTOMER)[-1]
    assert (record["fault"], record["status"], record["carried_out"]) == ("limit", 429, False)
    assert submissions(api) == 0
    # The login service has no part in it, and waiting helps.
    assert sign_in(api).ok
    api.emulator.advance(seconds)
    assert api.read(CUSTOMER).ok
    traffic = api.emulator.traffic()
    assert (traffic["arrived"], traffic["admitted"], traffic["refused"]) == (8, 6, 2)
    assert traffic["most_arrived_in_60_seconds"] >= 7


def test_a_limit_in_quick_motion_tells_decimals(api: Api) -> None:
    api.emulator.limit("sliding:5/0.5,decimals")
    answers = [api.read(CUSTOMER) for _ in range(6)]
    wait = answers[-1].headers["Retry-After"]
    assert 0 < float(wait) <= 0.5
    assert f"Try again in {wait} seconds." in answers[-1].text


def test_limits_over_http(api: Api) -> None:
    api.emulator.limit("fixed:1/60")
    assert [api.read(CUSTOMER).status_code for _ in range(2)] == [200, 429]
    assert api.call("GET", "/emulator/traffic").json() == api.emulator.traffic()
    assert api.call("PUT", "/emulator/limit", json={"limit": "bucket:2/60"}).json()["limit"] == "bucket:2/60"
    assert api.emulator.traffic()["arrived"] == 0
    refused: list[Any] = [{"limit": "often"}, {"limit": 5}, []]
    for wrong in refused:
        assert api.call("PUT", "/emulator/limit", json=wrong).status_code == 400
    assert api.call("PUT", "/emulator/limit", json={"limit": None}).json()["limit"] is None
    assert all(api.read(CUSTOMER).ok for _ in range(5))


def test_a_request_that_is_refused_for_its_rate_meets_no_other_fault(api: Api) -> None:
    """Else the faults of a seed would depend on the time."""
    api.emulator.faults(rate=1, kinds=("error-503",))
    api.emulator.limit("fixed:1/60")
    assert [api.read("throttled-once").status_code for _ in range(2)] == [429, 429]
    assert api.emulator.struck() == {}


# -- magic customers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customer", "status", "fault"),
    [
        ("error-502-once", 502, "error-502"),
        ("error-504-once", 504, "error-504"),
        ("html-200-once", 200, "html-200"),
        ("empty-once", 200, "empty-after"),
        ("cut-off", 200, "cut-off-after"),
        ("access-denied-once", 401, "access-denied"),
        ("throttled-until-date", 429, "throttled-date"),
        ("content-type-text", 200, "text"),
        ("content-type-binary", 200, "binary"),
        ("redirect-302", 302, "redirect-302"),
        ("redirect-307", 307, "redirect-307"),
        ("mfa-required", 401, "mfa-required"),
        ("wrong-audience", 401, "wrong-audience"),
        ("error-html", 502, "answer-502"),
    ],
)
def test_magic_answers(api: Api, customer: str, status: int, fault: str) -> None:
    answer = api.read(customer, allow_redirects=False)
    again = api.read(customer, allow_redirects=False)
    first, second = api.emulator.journal(customer)
    assert (answer.status_code, first["fault"]) == (status, fault)
    once = second["fault"] is None
    assert once == (fault in ONCE)
    assert (again.status_code == 200 and again.json() == []) == (once or fault in ("text", "binary"))


@pytest.mark.parametrize(
    ("customer", "attempts", "then"),
    [
        ("tcp-reset-before-write", 0, 201),
        ("tcp-reset-after-write", 1, 400),
        ("error-504-after-write", 1, 400),
        ("truncated", 1, 400),
    ],
)
def test_magic_writes(api: Api, customer: str, attempts: int, then: int) -> None:
    if customer == "error-504-after-write":
        assert api.submit(customer).status_code == 504
    else:
        assert urllib3.exceptions.ProtocolError in broken(lambda: api.submit(customer))
    assert submissions(api, customer) == attempts
    assert api.submit(customer).status_code == then


@pytest.mark.parametrize("customer", ["slow-headers", "slow-body"])
def test_magic_slowness(api: Api, customer: str) -> None:
    began = time.monotonic()
    assert api.read(customer).json() == []
    assert time.monotonic() - began >= 2
    assert api.read(customer).json() == []
    assert [record["fault"] for record in api.emulator.journal(customer)] == [customer, None]


def test_magic_numbers(api: Api) -> None:
    throttled, withdrawn = "00000000-0000-4000-8004-000000000002", "00000000-0000-4000-8005-000000000040"
    assert [api.read(throttled).status_code for _ in range(3)] == [429, 429, 200]
    assert [api.submit(throttled).status_code for _ in range(3)] == [429, 429, 201]
    for customer, seconds in ((withdrawn, 40), ("approval-withdrawn", 5)):
        api.submit(customer)
        assert api.read(customer).json()[0]["vettingStatus"] == "Approved"
        api.emulator.advance(seconds)
        assert api.read(customer).json()[0]["vettingStatus"] == "Denied"


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "slow-body", "seconds": 0.1, "pieces": 2},
        {"kind": "answer-after", "status": 504, "headers": {"X-Proxy": "squid"}, "methods": ["POST"]},
        {"kind": "reset", "hard": True},
        {"status": 429, "retry_after": 0.5, "retry_date": False, "name": "mine"},
        {"status": 400, "body": {"code": 3000, "description": "Not now."}, "name": "mine"},
    ],
)
def test_any_fault_can_be_given_to_a_customer(api: Api, fault: dict[str, Any]) -> None:
    api.call("PUT", f"/emulator/customers/{CUSTOMER}", json={"faults": [json.loads(json.dumps(fault))]})
    try:
        answer = api.submit(CUSTOMER)
        assert answer.status_code == fault.get("status", 201)
        assert not fault.get("body") or answer.json() == fault["body"]
        assert answer.headers.get("X-Proxy") == fault.get("headers", {}).get("X-Proxy")
    except requests.ConnectionError:
        assert fault["kind"] == "reset"
    kinds = {"answer-after": "answer-after-504"}
    expected = fault.get("name") or kinds.get(fault["kind"], fault["kind"])
    assert api.emulator.journal(CUSTOMER)[-1]["fault"] == expected


@pytest.mark.parametrize(
    "fault",
    [{"status": 999}, {"status": "much"}, {"seconds": -1}, {"pieces": "two"}, {"headers": ["x"]}, {"hard": "very"},
     {"kind": "flood"}, {"colour": "blue"}],
)  # fmt: skip
def test_faults_that_cannot_be(api: Api, fault: dict[str, Any]) -> None:
    answer = api.call("PUT", f"/emulator/customers/{CUSTOMER}", json={"faults": [fault]})
    assert answer.status_code == 400
    assert api.read(CUSTOMER).ok
