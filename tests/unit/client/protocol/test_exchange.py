from __future__ import annotations

import heapq
import itertools
import logging
import uuid

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterAuthenticationError,
    PartnerCenterError,
    PartnerCenterInvalidRequestError,
    PartnerCenterMfaRequiredError,
    PartnerCenterPermissionError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterThrottledError,
    PartnerCenterUnexpectedResponseError,
)
from airflow_provider_partnercenter.client.protocol import endpoints
from airflow_provider_partnercenter.client.protocol.budget import RequestBudget, Slot
from airflow_provider_partnercenter.client.protocol.commands import (
    GetToken,
    Request,
    Response,
    Send,
    Sleep,
    TransportError,
)
from airflow_provider_partnercenter.client.protocol.exchange import Exchange
from airflow_provider_partnercenter.client.protocol.retry import RetryPolicy
from tests.support.bench import BASE_URL, CUSTOMER, Bench, answer

READ = endpoints.get_qualifications(CUSTOMER)
WRITE = endpoints.create_qualification(CUSTOMER, "Education", education_segment="K12")
POLL = endpoints.get_qualifications(CUSTOMER, waiting=True)
OK = answer(200, [])
# Somebody's request, sent before anything was refused.
NEW = Slot(0.0, 0)
REFUSED = TransportError("the host cannot be reached", sent=False)
CALL_TIMEOUT = TransportError("no answer in time")


class TestRequest:
    def test_headers_of_a_read(self):
        bench = Bench([OK], headers={"User-Agent": "tests", "X-Locale": "en-US"}, tokens=["t-1"])
        bench.send(READ)
        (request,) = bench.sent
        assert (request.method, request.url) == ("GET", f"{BASE_URL}/v1/customers/{CUSTOMER}/qualifications")
        assert request.body is None
        ids = {name: request.headers[name] for name in ("MS-RequestId", "MS-CorrelationId")}
        assert request.headers == {
            "User-Agent": "tests",
            "X-Locale": "en-US",
            "Accept": "application/json",
            "Authorization": "Bearer t-1",
            **ids,
        }
        assert all(str(uuid.UUID(value)) == value for value in ids.values())
        assert len(set(ids.values())) == 2

    def test_a_body_brings_its_content_type(self):
        bench = Bench([answer(201, [])])
        bench.send(WRITE)
        assert bench.sent[0].headers["Content-Type"] == "application/json"
        assert bench.sent[0].body == b'{"qualification": "Education", "educationSegment": "K12"}'

    def test_headers_of_an_endpoint_cannot_replace_the_token(self):
        bench = Bench([answer(200, {"items": []})])
        bench.send(endpoints.get_customers_page(continuation="next"))
        assert bench.sent[0].headers["MS-ContinuationToken"] == "next"
        assert bench.sent[0].headers["Authorization"] == "Bearer token"

    def test_ids_are_kept_over_attempts(self):
        bench = Bench([answer(503), REFUSED, answer(401), answer(429), OK], policy=RetryPolicy(attempts=9))
        bench.send(READ)
        assert len(bench.sent) == 5
        assert len(set(bench.request_ids())) == 1
        assert len({request.headers["MS-CorrelationId"] for request in bench.sent}) == 1

    def test_ids_are_fresh_for_every_call(self):
        bench = Bench([OK, OK])
        bench.send(READ)
        bench.send(READ)
        assert len(set(bench.request_ids())) == 2
        assert len({request.headers["MS-CorrelationId"] for request in bench.sent}) == 2

    def test_given_ids_are_used(self):
        bench = Bench([OK], correlation_id="corr")
        bench.send(endpoints.create_qualification(CUSTOMER, "StateOwnedEntity", request_id="req"))
        assert bench.request_ids() == ["req"]
        assert bench.sent[0].headers["MS-CorrelationId"] == "corr"

    def test_errors_carry_the_ids_that_were_sent(self):
        bench = Bench([answer(403)])
        with pytest.raises(PartnerCenterPermissionError) as caught:
            bench.send(READ)
        assert caught.value.request_id == bench.sent[0].headers["MS-RequestId"]
        assert caught.value.correlation_id == bench.sent[0].headers["MS-CorrelationId"]
        assert CUSTOMER in str(caught.value)


class TestToken:
    def test_401_gets_one_fresh_token(self):
        bench = Bench([answer(401, {"code": "400"}), OK], tokens=["old", "new"])
        assert bench.send(READ) == []
        assert bench.refused == [None, "old"]
        assert [request.headers["Authorization"] for request in bench.sent] == ["Bearer old", "Bearer new"]
        assert bench.slept == []

    def test_401_twice_fails(self):
        bench = Bench([answer(401), answer(401)], tokens=["old", "new"])
        with pytest.raises(PartnerCenterAuthenticationError):
            bench.send(READ)
        assert len(bench.sent) == 2

    def test_401_of_a_submission_gets_a_fresh_token_too(self):
        bench = Bench([answer(401), answer(201, [])])
        bench.send(WRITE)
        assert len(set(bench.request_ids())) == 1

    @pytest.mark.parametrize(
        ("response", "cls"),
        [
            pytest.param(answer(401, {"code": "900420"}), PartnerCenterAuthenticationError, id="wrong-audience"),
            pytest.param(answer(401, {"code": 900421}), PartnerCenterMfaRequiredError, id="no-mfa"),
            pytest.param(answer(401, reason="MFA required"), PartnerCenterMfaRequiredError, id="no-mfa-by-reason"),
            pytest.param(answer(403, {"code": "900329"}), PartnerCenterPermissionError, id="app-only"),
        ],
    )
    def test_what_no_fresh_token_cures_fails_at_once(self, response, cls):
        bench = Bench([response])
        with pytest.raises(cls):
            bench.send(READ)
        assert bench.refused == [None]

    def test_a_refused_sign_in_fails_the_call(self):
        bench = Bench([], tokens=[PartnerCenterAuthenticationError("Signing in failed")])
        with pytest.raises(PartnerCenterAuthenticationError, match="Signing in failed"):
            bench.send(READ)
        assert bench.sent == []

    def test_errors_of_the_sign_in_carry_the_ids_of_the_call(self):
        bench = Bench([], tokens=[PartnerCenterAuthenticationError("Signing in failed")], correlation_id="corr-7")
        with pytest.raises(PartnerCenterAuthenticationError) as caught:
            bench.send(endpoints.create_qualification(CUSTOMER, "StateOwnedEntity", request_id="req-7"))
        assert (caught.value.request_id, caught.value.correlation_id) == ("req-7", "corr-7")

    def test_the_correlation_id_of_the_login_service_stays(self):
        refusal = PartnerCenterAuthenticationError("Signing in failed", correlation_id="of-the-login")
        with pytest.raises(PartnerCenterAuthenticationError) as caught:
            Bench([], tokens=[refusal], correlation_id="corr-7").send(READ)
        assert caught.value.correlation_id == "of-the-login"
        assert caught.value.request_id

    def test_an_unreachable_login_service_is_tried_again(self):
        bench = Bench([OK], tokens=[PartnerCenterServiceUnavailableError("x"), "token"])
        assert bench.send(READ) == []
        assert bench.slept == [1.0]

    def test_a_renewal_that_is_tried_again_still_avoids_the_refused_token(self):
        bench = Bench([answer(401), OK], tokens=["old", PartnerCenterServiceUnavailableError("x"), "new"])
        bench.send(READ)
        assert bench.refused == [None, "old", "old"]

    def test_the_token_is_never_shown(self, caplog):
        caplog.set_level(logging.DEBUG)
        token = "eyJ-very-secret"
        bench = Bench(
            [answer(500), CALL_TIMEOUT, answer(401), answer(403, b"no")],
            tokens=[token, f"{token}-2"],
            headers={"X-Locale": "en"},
        )
        with pytest.raises(PartnerCenterPermissionError) as caught:
            bench.send(READ)
        shown = [caplog.text, str(caught.value), repr(caught.value), str(caught.value.to_dict())]
        shown += [repr(bench.sent), repr(Send(bench.sent[0], 1.0)), repr(GetToken(token)), repr(bench.exchange)]
        assert len(caplog.records) >= 5
        assert not [text for text in shown if token in text]


class TestRetries:
    @pytest.mark.parametrize("failure", [answer(408), answer(500), answer(502), answer(503), answer(504), CALL_TIMEOUT])
    def test_a_read_is_tried_again_with_backoff(self, failure):
        bench = Bench([failure, failure, failure, OK])
        assert bench.send(READ) == []
        assert bench.slept == [1.0, 2.0, 4.0]

    @pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 409, 410, 412, 417, 501, 302])
    def test_a_refusal_is_final(self, status):
        bench = Bench([answer(status)])
        with pytest.raises(PartnerCenterError) as caught:
            bench.send(READ)
        assert caught.value.status == status
        assert not caught.value.retryable

    def test_an_answer_that_cannot_be_read_is_tried_again(self):
        bench = Bench([answer(200, b"<html>"), OK])
        assert bench.send(READ) == []

    def test_the_last_failure_is_raised(self):
        bench = Bench([answer(500), answer(502), answer(503), answer(504)])
        with pytest.raises(PartnerCenterServiceUnavailableError) as caught:
            bench.send(READ)
        assert caught.value.status == 504

    def test_every_retry_is_logged_with_the_correlation_id(self, caplog):
        bench = Bench([answer(503), OK], correlation_id="corr-7")
        bench.send(READ)
        (record,) = [r for r in caplog.records if r.levelno == logging.WARNING]
        assert "corr-7" in record.getMessage()
        assert "Trying again in 1.0 s (attempt 2)" in record.getMessage()
        assert "\n" not in record.getMessage()

    @pytest.mark.parametrize(
        "failure",
        [answer(408), answer(500), answer(503, Retry_After="1"), answer(504), CALL_TIMEOUT, answer(200, b"<html>")],
        ids=["408", "500", "503", "504", "timeout", "unreadable"],
    )
    def test_a_write_that_may_be_out_is_not_repeated(self, failure):
        bench = Bench([failure])
        with pytest.raises(PartnerCenterError) as caught:
            bench.send(WRITE)
        assert caught.value.outcome_unknown
        assert len(bench.sent) == 1

    @pytest.mark.parametrize("failure", [answer(429, Retry_After="5"), REFUSED], ids=["429", "connection-refused"])
    def test_a_write_that_cannot_be_out_is_repeated_with_the_same_id(self, failure):
        bench = Bench([failure, answer(201, [])])
        bench.send(WRITE)
        assert len(set(bench.request_ids())) == 1
        assert len(bench.sent) == 2

    def test_a_refused_write_is_known_not_to_be_out(self):
        with pytest.raises(PartnerCenterInvalidRequestError) as caught:
            Bench([answer(400)]).send(WRITE)
        assert not caught.value.outcome_unknown

    def test_a_permanent_transport_error_is_not_repeated(self):
        untrusted = TransportError("the certificate is not trusted", sent=False, permanent=True, hint="set ca_bundle")
        bench = Bench([untrusted])
        with pytest.raises(PartnerCenterServiceUnavailableError, match="got no answer: the certificate") as caught:
            bench.send(WRITE)
        assert not caught.value.retryable
        assert not caught.value.outcome_unknown
        assert caught.value.hint == "set ca_bundle"

    @pytest.mark.parametrize("latency", [0, 9, 30, 60, 98, 100, 1000])
    def test_the_total_bounds_the_attempts_and_the_backoff_between_them(self, latency):
        bench = Bench(lambda _: CALL_TIMEOUT, latency=latency, policy=RetryPolicy(attempts=1000, total=100))
        with pytest.raises(PartnerCenterServiceUnavailableError):
            bench.send(READ)
        assert bench.clock.passed <= 100
        assert len(bench.sent) >= (2 if latency < 99 else 1)
        assert all(timeout > 0 for timeout in bench.timeouts)

    def test_an_attempt_gets_the_time_that_those_before_have_left(self):
        bench = Bench([CALL_TIMEOUT, answer(503, Retry_After="20"), answer(429, Retry_After="20"), OK], latency=30)
        assert bench.send(READ) == []
        assert bench.timeouts == [100, 69, 39, 9]

    def test_signing_in_takes_nothing_off_the_time_for_the_attempts(self):
        bench = Bench([answer(401), OK], latency=10, sign_in=150)
        assert bench.send(READ) == []
        assert bench.timeouts == [100, 90]

    def test_a_sign_in_that_fails_does(self):
        bench = Bench([OK], tokens=[PartnerCenterServiceUnavailableError("x"), "token"], sign_in=60)
        assert bench.send(READ) == []
        assert bench.timeouts == [39]

    def test_a_401_at_the_end_of_the_time_is_final(self):
        bench = Bench([answer(401)], latency=100)
        with pytest.raises(PartnerCenterAuthenticationError):
            bench.send(READ)

    def test_waits_for_the_budget_do_not_count_towards_the_total(self):
        budget = RequestBudget(1)
        bench = Bench([answer(500), answer(500), OK], budget=budget)
        budget.reserve(bench.clock.monotonic())
        assert bench.send(READ) == []
        assert bench.clock.passed > 150

    def test_waits_for_the_retry_after_of_an_outage_do_not_count_towards_the_total(self):
        bench = Bench([answer(503, Retry_After="200"), answer(503), OK])
        assert bench.send(READ) == []
        assert bench.slept[0] >= 200


class TestEmptyAnswers:
    @pytest.mark.parametrize("body", [b"", b"  ", b"\r\n", b"\xef\xbb\xbf", b"\x0b\x0c", b"\xc2\xa0"])
    def test_a_read_whose_body_got_lost_is_repeated(self, body):
        bench = Bench([Response(200, {}, body), answer(200, ["Education"])])
        assert len(bench.send(READ)) == 1

    @pytest.mark.parametrize("response", [Response(204, {}, b""), answer(200, None), OK])
    def test_what_says_that_there_is_nothing(self, response):
        assert Bench([response]).send(READ) == []

    def test_a_write_is_carried_out_whatever_its_body(self):
        assert Bench([Response(201, {}, b"")]).send(WRITE) == []


class TestThrottling:
    def test_retry_after_is_waited_for(self):
        bench = Bench([answer(429, Retry_After="40"), OK])
        assert bench.send(READ) == []
        assert bench.slept == [40.5]

    @pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
    def test_retry_after_at_the_ceiling_is_waited_for(self, chance):
        bench = Bench([answer(429, Retry_After="300"), OK], chance=chance)
        assert bench.send(READ) == []
        assert sum(bench.slept) == pytest.approx(300)

    def test_pauses_of_others_are_waited_for_within_the_same_limit(self):
        bench = Bench([OK])
        budget, sleeps = bench.exchange.budget, []

        def paused_again(seconds):
            sleeps.append(seconds)
            bench.clock.advance(seconds)
            budget.throttled(budget.reserve(bench.clock.monotonic()), bench.clock.monotonic(), 120)

        procedure = bench.exchange.send(READ)
        budget.throttled(budget.reserve(bench.clock.monotonic()), bench.clock.monotonic(), 120)
        for _ in range(2):
            pause = next(procedure)
            assert isinstance(pause, Sleep)
            paused_again(pause.seconds)
        with pytest.raises(PartnerCenterThrottledError, match="was not sent"):
            next(procedure)
        assert sum(sleeps) == 240

    def test_a_pause_that_outlasts_the_token_costs_no_refusal(self):
        bench = Bench([answer(429, Retry_After="250"), OK], tokens=["early", "late"])
        bench.send(READ)
        assert [request.headers["Authorization"] for request in bench.sent] == ["Bearer early", "Bearer late"]

    def test_without_retry_after_the_backoff_grows(self):
        bench = Bench([answer(429), answer(429), OK])
        bench.send(READ)
        assert bench.slept == [1.0, 2.0]

    def test_above_the_ceiling_it_fails_and_nobody_else_asks(self):
        bench = Bench([answer(429, Retry_After="301")])
        with pytest.raises(PartnerCenterThrottledError) as caught:
            bench.send(READ)
        assert caught.value.retry_after == 301
        assert caught.value.retryable
        bench.clock.advance(0.5)
        with pytest.raises(PartnerCenterThrottledError, match=r"was not sent.*lasts another 300 s") as caught:
            bench.send(WRITE)
        assert not caught.value.outcome_unknown
        assert caught.value.retry_after == pytest.approx(300.5)
        assert len(bench.sent) == 1

    def test_once_enough_of_a_long_pause_is_over_calls_wait_for_the_rest(self):
        bench = Bench([answer(429, Retry_After="400"), OK])
        with pytest.raises(PartnerCenterThrottledError):
            bench.send(READ)
        bench.clock.advance(150)
        assert bench.send(READ) == []
        assert bench.clock.passed == pytest.approx(400)

    def test_the_last_429_pauses_the_others_too(self):
        bench = Bench(lambda _: answer(429, Retry_After="100"), chance=0.0)
        with pytest.raises(PartnerCenterThrottledError):
            bench.send(READ)
        assert bench.slept == [100, 100, 100]
        assert bench.exchange.budget.paused(bench.clock.monotonic()) == 100

    @pytest.mark.parametrize("order", [(429, 429, 429, 503, 503, 503), (503, 503, 503, 429, 429, 429)])
    def test_refusals_do_not_use_up_the_attempts_of_other_failures(self, order):
        bench = Bench([*map(answer, order), OK])
        assert bench.send(READ) == []
        assert sorted(bench.slept) == [1, 1, 2, 2, 4, 4]

    def test_refusals_are_waited_out_longer_than_outages(self):
        bench = Bench([*[answer(429, Retry_After="1")] * 8, OK])
        assert bench.send(READ) == []
        assert len(bench.sent) == 9


class TestSlowSignIns:
    def test_a_pause_that_comes_during_the_sign_in_is_heeded(self):
        bench = Bench([OK], budget=RequestBudget(60))
        call = bench.exchange.send(READ)
        assert isinstance(next(call), GetToken)
        bench.exchange.budget.throttled(NEW, bench.clock.monotonic(), 30)
        assert call.send("token") == Sleep(30.0)

    def test_all_that_waited_for_one_sign_in_do_not_send_at_once(self):
        bench = Bench([OK], budget=RequestBudget(60))
        calls = [bench.exchange.send(READ) for _ in range(3)]
        for number, call in enumerate(calls):
            command = next(call)
            if number:
                assert command == Sleep(1.0)
                bench.clock.advance(1)
                command = call.send(None)
            assert isinstance(command, GetToken)
        bench.clock.advance(20)
        waits = [command.seconds if isinstance(command, Sleep) else 0.0 for command in (c.send("t") for c in calls)]
        assert waits == [0.0, 1.0, 2.0]


class TestPolls:
    """A wait has a deadline and polls again anyway, so its polls do not sit out what they are told to wait."""

    @pytest.mark.parametrize(
        ("response", "cls", "pause"),
        [
            (answer(429, Retry_After="20"), PartnerCenterThrottledError, 20.0),
            (answer(429, Retry_After="0"), PartnerCenterThrottledError, 1.0),
            (answer(429), PartnerCenterThrottledError, 1.0),
            (answer(503, Retry_After="20"), PartnerCenterServiceUnavailableError, 0.0),
        ],
        ids=["429", "429-at-once", "429-without-a-time", "503"],
    )
    def test_who_is_told_to_come_later_leaves_at_once(self, response, cls, pause):
        bench = Bench([response])
        with pytest.raises(cls) as caught:
            bench.send(POLL)
        assert caught.value.retryable
        assert bench.slept == []
        # The others are held back all the same.
        assert bench.exchange.budget.paused(bench.clock.monotonic()) == pytest.approx(pause, abs=0.5)

    def test_a_pause_of_somebody_else_ends_a_poll_before_it_is_sent(self):
        bench = Bench([])
        bench.exchange.budget.throttled(NEW, bench.clock.monotonic(), 3)
        with pytest.raises(PartnerCenterThrottledError, match="was not sent") as caught:
            bench.send(POLL)
        assert caught.value.retry_after == 3
        assert bench.slept == []

    def test_a_pause_that_comes_while_it_queues_ends_a_poll_too(self):
        budget = RequestBudget(60)
        bench = Bench([OK], budget=budget)
        bench.send(POLL)
        poll = bench.exchange.send(POLL)
        assert next(poll) == Sleep(5.0)
        budget.throttled(NEW, bench.clock.monotonic(), 60)
        bench.clock.advance(5)
        with pytest.raises(PartnerCenterThrottledError, match="another 55 s"):
            poll.send(None)

    def test_short_trouble_is_tried_again_within_the_poll(self):
        bench = Bench([answer(500), CALL_TIMEOUT, OK])
        assert bench.send(POLL) == []
        assert bench.slept == [1.0, 2.0]


class Crowd:
    """Runs many procedures at once on one clock and keeps when each request was sent."""

    def __init__(self, limit, answers):
        self.now = 0.0
        self.exchange = Exchange(BASE_URL, budget=RequestBudget(limit), monotonic=lambda: self.now, chance=lambda: 0.5)
        self.sent: list[tuple[float, str]] = []
        self._answers = answers
        self._numbers = itertools.count()
        self._queue = []

    def start(self, moment, endpoint):
        heapq.heappush(self._queue, (moment, next(self._numbers), self._persist(endpoint), None))

    def _persist(self, endpoint):
        """Send an endpoint, again after a while if it was refused, as waits do."""
        while True:
            try:
                return (yield from self.exchange.send(endpoint))
            except PartnerCenterThrottledError:
                yield Sleep(77.7)

    def run(self, until=float("inf")):
        while self._queue and self._queue[0][0] <= until:
            self.now, _, procedure, value = heapq.heappop(self._queue)
            try:
                command = procedure.send(value)
                while not isinstance(command, Sleep):
                    command = procedure.send(self._obey(command))
            except StopIteration:
                continue
            heapq.heappush(self._queue, (self.now + command.seconds, next(self._numbers), procedure, None))

    def _obey(self, command):
        if isinstance(command, GetToken):
            return "token"
        assert isinstance(command.request, Request)
        self.sent.append((self.now, command.request.method))
        return self._answers(self.now)

    def most_in_a_minute(self):
        moments = [moment for moment, _ in self.sent]
        return max(sum(1 for m in moments if begin <= m < begin + 60 - 1e-6) for begin in moments)


class TestCrowd:
    def test_two_calls_share_a_pause(self):
        crowd = Crowd(0, lambda now: answer(429, Retry_After="30") if now == 0 else OK)
        crowd.start(0, READ)
        crowd.start(1, READ)
        crowd.run()
        assert [moment for moment, _ in crowd.sent] == pytest.approx([0, 30.5, 30.5])

    def test_who_waits_for_its_turn_heeds_a_pause_that_comes_meanwhile(self):
        crowd = Crowd(60, lambda now: answer(429, Retry_After="30") if now == 0 else OK)
        for _ in range(3):
            crowd.start(0, READ)
        crowd.run()
        moments = [moment for moment, _ in crowd.sent]
        assert moments[0] == 0
        assert all(moment >= 30.5 for moment in moments[1:])
        assert all(b - a >= 1 - 1e-6 for a, b in itertools.pairwise(moments))

    def test_work_passes_polls(self):
        crowd = Crowd(60, lambda now: OK)
        for _ in range(40):
            crowd.start(0, POLL)
        crowd.start(0.5, WRITE)
        crowd.run()
        assert next(moment for moment, method in crowd.sent if method == "POST") <= 2

    def test_polls_keep_to_their_share_before_and_after_a_pause(self):
        crowd = Crowd(300, lambda now: answer(429, Retry_After="120") if 10 <= now < 11 else OK)
        for _ in range(400):
            crowd.start(0, POLL)
        crowd.run()
        assert len(crowd.sent) >= 400
        assert crowd.most_in_a_minute() <= 60

    def test_a_minute_never_sees_more_than_the_limit(self):
        crowd = Crowd(120, lambda now: answer(429, Retry_After="7") if now % 50 < 0.6 else OK)
        for number in range(300):
            crowd.start(number * 0.1, READ if number % 3 else POLL)
        crowd.run()
        assert len(crowd.sent) >= 300
        assert crowd.most_in_a_minute() <= 120


def test_an_unreadable_answer_quotes_only_a_little_of_the_problem():
    long = {"qualifications": [{"qualification": "Education"}, {"x" * 5000: 1}]}
    bench = Bench([answer(200, long)], policy=RetryPolicy(attempts=1))
    with pytest.raises(PartnerCenterUnexpectedResponseError) as caught:
        bench.send(READ)
    assert len(str(caught.value)) < 600


class TestErrorsOfTheService:
    REFUSAL = answer(200, {"code": 1, "description": "x"})

    def test_an_error_under_http_200_is_told_and_not_repeated(self):
        for call in (READ, WRITE, POLL):
            bench = Bench([self.REFUSAL])
            with pytest.raises(PartnerCenterInvalidRequestError, match="Microsoft says: x") as caught:
                bench.send(call)
            assert caught.value.status == 200
            assert not caught.value.outcome_unknown
            assert len(bench.sent) == 1

    @pytest.mark.parametrize(
        "body",
        [
            {"error": {"code": 900308, "message": "x"}},
            {"Message": "x"},
            {"qualifications": [], "error": {"code": 1, "message": "x"}},
            b"<Error><Code>1</Code><Message>x</Message></Error>",
            "x is denied.",
        ],
        ids=["nested", "message", "beside-a-list", "xml", "sentence"],
    )
    def test_in_any_shape(self, body):
        bench = Bench([answer(200, body)])
        with pytest.raises(PartnerCenterError, match="Microsoft says: x") as caught:
            bench.send(READ)
        assert not caught.value.retryable
        assert len(bench.sent) == 1

    def test_a_refused_token_under_http_200_is_not_renewed_for_a_write(self):
        bench = Bench([answer(200, {"code": 800001, "description": "x"})])
        with pytest.raises(PartnerCenterAuthenticationError):
            bench.send(WRITE)
        assert len(bench.sent) == 1

    def test_a_page_of_a_gateway_is_still_an_unexpected_answer(self):
        bench = Bench([answer(200, b"<html><title>x</title></html>"), OK])
        assert bench.send(READ) == []

    def test_the_ids_of_the_service_are_told_if_they_are_not_ours(self):
        bench = Bench([answer(403, {"code": 20002}, MS_RequestId="theirs-1", MS_CorrelationId="theirs-2\r\nX")])
        with pytest.raises(PartnerCenterPermissionError) as caught:
            bench.send(READ)
        error = caught.value
        assert (error.service_request_id, error.service_correlation_id) == ("theirs-1", "theirs-2 X")
        assert error.correlation_id == bench.sent[0].headers["MS-CorrelationId"]
        assert "theirs-2" in str(error)

    def test_ids_that_are_ours_are_told_once(self):
        def echo(request):
            ids = {name: request.headers[name].upper() for name in ("MS-RequestId", "MS-CorrelationId")}
            return Response(403, ids, b"{}")

        bench = Bench(echo)
        with pytest.raises(PartnerCenterPermissionError) as caught:
            bench.send(READ)
        assert caught.value.service_request_id is None
        assert str(caught.value).count("orrelation id") == 1

    def test_an_answer_that_quotes_the_token_does_not_reveal_it(self):
        token = "opaque-access-token"
        bench = Bench([answer(400, {"description": f"Bad header {token}."})], tokens=[token])
        with pytest.raises(PartnerCenterInvalidRequestError) as caught:
            bench.send(READ)
        assert token not in str(caught.value)
