"""Events on their way from the emulator to a receiver: attempts, tests of the registration, TLS, the end."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import Settings
from airflow_provider_partnercenter.emulator.webhooks.events import ACCEPTED, EVENTS
from testbed.patience import PATIENCE, until
from tests.support.plain_api import Api
from tests.support.webhooks.recording import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CUSTOMER = ordinary_id(1)
TESTS = "/webhooks/v1/registration/validationEvents"


@pytest.fixture(scope="module")
def patient_emulator() -> Iterator[Emulator]:
    with Emulator(Settings(webhook_pause=0.0, webhook_timeout=PATIENCE)) as emulator:
        yield emulator


@pytest.fixture
def emulator(patient_emulator: Emulator) -> Emulator:
    patient_emulator.reset()
    return patient_emulator


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def attempts(deliveries: list[dict[str, Any]]) -> list[int | None]:
    (delivery,) = deliveries
    return [attempt["status"] for attempt in delivery["attempts"]]


def test_an_event_is_sent_until_the_receiver_takes_it(emulator: Emulator, receiver: Receiver) -> None:
    receiver.answers = [503, 302, 404]
    emulator.webhooks.register(receiver.url)
    event_id = emulator.webhooks.send(ACCEPTED, CUSTOMER)
    (delivery,) = emulator.webhooks.wait(event_id)
    assert delivery["fate"] == "accepted"
    assert [(each["number"], each["status"], each["text"]) for each in delivery["attempts"]] == [
        (1, 503, "answer 503"),
        (2, 302, "answer 302"),
        (3, 404, "answer 404"),
        (4, 200, "answer 200"),
    ]
    # Each attempt says the same, and the redirect was not followed.
    assert len(receiver.arrived) == 4
    assert {each.path for each in receiver.arrived} == {"/webhook"}
    assert len({(each.body, each.header("Authorization")) for each in receiver.arrived}) == 1


def test_an_event_is_dropped_after_ten_attempts(emulator: Emulator, receiver: Receiver) -> None:
    receiver.answers = [500] * 20
    emulator.webhooks.register(receiver.url)
    deliveries = emulator.webhooks.wait(emulator.webhooks.send(ACCEPTED, CUSTOMER))
    assert (attempts(deliveries), deliveries[0]["fate"]) == ([500] * 10, "dropped")
    assert len(receiver.arrived) == 10
    deliveries = emulator.webhooks.wait(emulator.webhooks.send(ACCEPTED, CUSTOMER, attempts=2))
    assert attempts(deliveries) == [500, 500]


def test_nobody_listens(emulator: Emulator) -> None:
    with Receiver() as gone:
        emulator.webhooks.register(gone.url)
    (delivery,) = emulator.webhooks.wait(emulator.webhooks.send(ACCEPTED, CUSTOMER))
    assert (delivery["fate"], {each["status"] for each in delivery["attempts"]}) == ("dropped", {None})
    assert delivery["attempts"][0]["text"].startswith("ConnectionRefusedError: ")


def test_a_receiver_that_does_not_answer_is_left_in_time() -> None:
    with Receiver(answers=[None]) as receiver, Emulator(Settings(webhook_pause=0.0, webhook_timeout=0.5)) as emulator:
        emulator.webhooks.register(receiver.url)
        (delivery,) = emulator.webhooks.wait(emulator.webhooks.send(ACCEPTED, CUSTOMER, attempts=1))
    assert [(each["status"], each["text"]) for each in delivery["attempts"]] == [(None, "no answer within 0.5 seconds")]


def test_a_test_of_the_registration_tells_of_each_attempt(emulator: Emulator, receiver: Receiver) -> None:
    api = Api(emulator)
    receiver.answers = [503]

    def call(method: str, path: str, **rest: Any) -> Any:
        headers = {"Authorization": f"Bearer {api.token}"}
        return api.session.request(method, f"{emulator.url}{path}", headers=headers, **rest).json()

    wanted = {"WebhookUrl": receiver.url, "WebhookEvents": ["test-created"]}
    call("POST", "/webhooks/v1/registration", json=wanted)
    correlation_id = call("POST", TESTS)["correlationId"]
    for _ in until("the test has not ended"):
        result = call("GET", f"{TESTS}/{correlation_id}")
        if result["status"] != "pending":
            break
    assert (result["status"], result["callbackUrl"]) == ("completed", receiver.url)
    assert [(each["responseCode"], each["responseMessage"]) for each in result["results"]] == [
        ("ServiceUnavailable", "answer 503"),
        ("OK", "answer 200"),
    ]
    assert f"validationEvents/{correlation_id}".encode() in receiver.arrived[0].body


def test_customers_who_join_are_told_of(emulator: Emulator, receiver: Receiver) -> None:
    emulator.webhooks.register(receiver.url, [ACCEPTED])
    new = [ordinary_id(number) for number in range(1000, 1030)]
    for customer in new:
        emulator.configure(customer)
    deliveries = emulator.webhooks.wait()
    assert [each["customer_id"] for each in deliveries] == new
    assert {each["fate"] for each in deliveries} == {"accepted"}
    assert emulator.webhooks.deliveries(customer_id=new[3]) == [deliveries[3]]
    assert all(any(customer.encode() in each.body for each in receiver.arrived) for customer in new)


def test_the_signature_can_be_in_a_header_of_its_own(emulator: Emulator, receiver: Receiver) -> None:
    emulator.webhooks.register(receiver.url, ms_signature=True)
    emulator.webhooks.wait(emulator.webhooks.send("invoice-ready"))
    assert receiver.arrived[0].header("Authorization") is None
    assert receiver.arrived[0].header("x-ms-signature")


def test_magic_customers_have_names(emulator: Emulator, receiver: Receiver) -> None:
    emulator.webhooks.register(receiver.url)
    emulator.webhooks.wait(emulator.webhooks.send(ACCEPTED, "approved-at-once"))
    (delivery,) = emulator.webhooks.deliveries(customer_id="approved-at-once")
    assert delivery["customer_id"] == "00000000-0000-4000-8000-000000000001"


def test_a_registration_can_be_looked_at(emulator: Emulator) -> None:
    assert emulator.webhooks.registration() is None
    emulator.webhooks.register("http://localhost:1/")
    assert emulator.webhooks.registration() == {
        "WebhookUrl": "http://localhost:1/",
        "WebhookEvents": list(EVENTS),
        "SignatureTokenToMsSignatureHeader": False,
    }


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [(("x", CUSTOMER), "^event: 'x' is not"), ((ACCEPTED,), "^customer_id: is required")],
)
def test_what_cannot_be_sent_is_an_error(emulator: Emulator, arguments: tuple[str, ...], problem: str) -> None:
    emulator.webhooks.register("http://localhost:1/")
    with pytest.raises(ValueError, match=problem):
        emulator.webhooks.send(*arguments)
    with pytest.raises(ValueError, match=r"^attempts: must be a number from 1 to 1000"):
        emulator.webhooks.send(ACCEPTED, CUSTOMER, attempts=0)


def test_a_wait_has_an_end(emulator: Emulator) -> None:
    with Receiver(answers=[None]) as receiver:
        emulator.webhooks.register(receiver.url)
        event_id = emulator.webhooks.send(ACCEPTED, CUSTOMER)
        receiver.wait()
        with pytest.raises(TimeoutError):
            emulator.webhooks.wait(event_id, timeout=0.1)
        assert emulator.webhooks.deliveries(event_id)[0]["fate"] == "pending"
        emulator.reset()
        assert emulator.webhooks.wait() == []


def test_what_is_pending_ends_with_the_emulator() -> None:
    with Receiver(answers=[None]) as receiver:
        with Emulator(Settings(webhook_timeout=PATIENCE)) as emulator:
            emulator.webhooks.register(receiver.url)
            event_id = emulator.webhooks.send(ACCEPTED, CUSTOMER)
            receiver.wait()
        (delivery,) = emulator.webhooks.deliveries(event_id)
        assert (delivery["fate"], delivery["attempts"]) == ("dropped", [])
        # What happens in a stopped emulator is not sent.
        emulator.configure(ordinary_id(1000))
        assert emulator.webhooks.deliveries()[-1]["fate"] == "dropped"
        # It can be started again, with another root.
        with emulator:
            assert attempts(emulator.webhooks.wait(emulator.webhooks.send(ACCEPTED, CUSTOMER))) == [200]


@pytest.mark.parametrize("trusted", [True, False])
def test_a_receiver_with_tls_has_to_be_trusted(trusted: bool) -> None:
    authority, other = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    settings = Settings(webhook_pause=0.0, webhook_ca=(authority if trusted else other).cert_pem.bytes())
    with Receiver(context=context) as receiver, Emulator(settings) as emulator:
        emulator.webhooks.register(receiver.url)
        (delivery,) = emulator.webhooks.wait(emulator.webhooks.send(ACCEPTED, CUSTOMER, attempts=1))
    (attempt,) = delivery["attempts"]
    assert attempt["status"] == (200 if trusted else None)
    assert ("CERTIFICATE_VERIFY_FAILED" in attempt["text"]) is not trusted


def test_the_root_outlives_the_emulator(tmp_path: Path) -> None:
    roots = []
    for _ in range(2):
        with Emulator(directory=tmp_path) as emulator:
            roots.append(emulator.webhooks.root_file.read_bytes())
            fetched = Api(emulator).session.get(f"{emulator.url}/emulator/webhooks/root")
            assert fetched.content == roots[-1]
    assert roots[0] == roots[1] != (tmp_path / "ca.pem").read_bytes()


def test_authorities_that_are_none_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"^webhook_ca: must be the certificates of authorities, as PEM"):
        Emulator(Settings(webhook_ca=b"x"))
