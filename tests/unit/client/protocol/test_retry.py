from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from airflow_provider_partnercenter.client.errors import (
    PartnerCenterPermissionError,
    PartnerCenterServiceUnavailableError,
    PartnerCenterThrottledError,
)
from airflow_provider_partnercenter.client.protocol.retry import RetryPolicy, read_retry_after

POLICY = RetryPolicy(attempts=5, backoff=1, max_backoff=6, jitter=0.2, max_retry_after=300, total=100)


def unavailable(**options):
    return PartnerCenterServiceUnavailableError("x", **options)


def throttled(**options):
    return PartnerCenterThrottledError("x", **options)


@pytest.mark.parametrize(
    ("error", "attempt", "elapsed", "delay"),
    [
        pytest.param(unavailable(), 1, 0, 1.0, id="first-backoff"),
        pytest.param(unavailable(), 2, 0, 2.0, id="second-doubles"),
        pytest.param(unavailable(), 4, 0, 6.0, id="ceiling"),
        pytest.param(unavailable(), 5, 0, None, id="attempts-used-up"),
        pytest.param(unavailable(), 1, 98.9, 1.0, id="just-within-the-total"),
        pytest.param(unavailable(), 1, 99.0, None, id="total-used-up"),
        pytest.param(unavailable(retryable=False), 1, 0, None, id="permanent"),
        pytest.param(unavailable(outcome_unknown=True), 1, 0, None, id="a-write-that-may-be-out"),
        pytest.param(PartnerCenterPermissionError("x"), 1, 0, None, id="refused"),
        pytest.param(PartnerCenterPermissionError("x", retry_after=1), 1, 0, None, id="refused-with-retry-after"),
        pytest.param(unavailable(retry_after=20), 1, 0, 20.5, id="retry-after-of-a-503"),
        pytest.param(unavailable(retry_after=20), 1, 99, 20.5, id="retry-after-is-not-bound-by-the-total"),
        pytest.param(unavailable(retry_after=20), 1, 100, None, id="retry-after-but-total-used-up"),
        pytest.param(throttled(retry_after=20), 1, 0, 20.5, id="retry-after"),
        pytest.param(throttled(retry_after=20), 9, 0, 20.5, id="refusals-do-not-use-up-the-attempts"),
        pytest.param(unavailable(retry_after=20), 5, 0, None, id="other-failures-do"),
        pytest.param(throttled(retry_after=300), 1, 0, 300, id="retry-after-at-the-ceiling"),
        pytest.param(throttled(retry_after=300.1), 1, 0, None, id="retry-after-above-the-ceiling"),
        pytest.param(throttled(retry_after=0), 1, 0, 1.0, id="retry-after-zero-is-not-at-once"),
        pytest.param(throttled(retry_after=1), 3, 0, 4.0, id="backoff-grows-although-retry-after-does-not"),
        pytest.param(throttled(), 2, 0, 2.0, id="429-without-retry-after"),
        pytest.param(throttled(), 2, 99, 2.0, id="429-is-not-bound-by-the-total"),
        pytest.param(throttled(), 2, 100, None, id="429-but-total-used-up"),
    ],
)
def test_delay(error, attempt, elapsed, delay):
    assert POLICY.delay(error, attempt, elapsed, 0.5) == delay


@pytest.mark.parametrize(
    ("error", "told", "delay"),
    [
        pytest.param(throttled(retry_after=20), 279, 20.5, id="within"),
        pytest.param(throttled(retry_after=20), 280, 20, id="just-within"),
        pytest.param(throttled(retry_after=20), 281, None, id="above"),
        pytest.param(throttled(retry_after=0), 300, None, id="told-to-come-back-at-once-without-end"),
        pytest.param(throttled(), 294, 6.0, id="429-within"),
        pytest.param(throttled(), 295, None, id="429-above"),
        pytest.param(unavailable(), 300, 6.0, id="an-outage-after-refusals"),
    ],
)
def test_all_that_a_call_is_told_to_wait_is_bounded(error, told, delay):
    assert POLICY.delay(error, 4, 0, 0.5, waited_as_asked=told) == delay


def test_a_very_late_attempt_does_not_overflow():
    assert POLICY.delay(throttled(), 5000, 0, 0.5) == 6.0


@pytest.mark.parametrize(("chance", "delay"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_jitter_of_the_backoff_goes_both_ways(chance, delay):
    assert POLICY.delay(unavailable(), 1, 0, chance) == pytest.approx(delay)


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("seconds", [0, 2, 30, 299.5, 300])
def test_jitter_of_retry_after_never_comes_early_nor_above_the_ceiling(chance, seconds):
    delay = POLICY.delay(throttled(retry_after=seconds), 1, 0, chance)
    assert seconds <= delay <= max(1.2, min(300, seconds + 1))


NOW = datetime(2024, 3, 5, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("7", 7.0, id="seconds"),
        pytest.param(" 7 ", 7.0, id="blanks"),
        pytest.param("2.5", 2.5, id="fraction"),
        pytest.param("0", 0.0, id="zero"),
        pytest.param("-7", 0.0, id="negative"),
        pytest.param("3000", 3000.0, id="long"),
        pytest.param("100000", 3600.0, id="longer-than-an-hour"),
        pytest.param("1e308", 3600.0, id="longer-than-a-clock-counts"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0, id="the-last-date"),
        pytest.param("Tue, 05 Mar 2024 12:01:30 GMT", 90.0, id="http-date"),
        pytest.param("Tue, 05 Mar 2024 12:01:30", 90.0, id="date-without-zone"),
        pytest.param("Tue, 05 Mar 2024 14:01:30 +0200", 90.0, id="date-with-offset"),
        pytest.param("Tue, 05 Mar 2024 11:00:00 GMT", 0.0, id="past-date"),
        pytest.param(None, None, id="missing"),
        pytest.param("", None, id="empty"),
        pytest.param("soon", None, id="words"),
        pytest.param("nan", None, id="nan"),
        pytest.param("inf", None, id="inf"),
        pytest.param("-inf", None, id="minus-inf"),
        pytest.param("1e999", None, id="beyond-floats"),
        pytest.param("Tue, 45 Mar 2024 12:00:00 GMT", None, id="no-such-day"),
        pytest.param("Tue, 05 Mar 99999 12:00:00 GMT", None, id="no-such-year"),
        pytest.param("Tue, 05 Mar 2024 12:00:99999999999 GMT", None, id="no-such-second"),
        pytest.param("Tue, 05 Mar 2024 12:00:00 +9999999999999999", None, id="no-such-offset"),
        pytest.param("Mon, 01 Jan 0001 00:00:00 +2300", 0.0, id="before-the-calendar"),
    ],
)
def test_read_retry_after(value, seconds):
    assert read_retry_after(value, now=NOW) == seconds


@pytest.mark.parametrize("clock_is_wrong_by", [timedelta(days=-400), timedelta(0), timedelta(days=400)])
def test_a_date_is_compared_with_the_answer_s_own_date(clock_is_wrong_by):
    sent = datetime.now(UTC) + clock_is_wrong_by
    header, date = (format_datetime(moment, usegmt=True) for moment in (sent + timedelta(seconds=90), sent))
    assert read_retry_after(header, date) == 90


def test_the_present_is_the_default():
    later = datetime.now(UTC) + timedelta(seconds=3000)
    assert 2000 < read_retry_after(later.strftime("%a, %d %b %Y %H:%M:%S GMT")) <= 3000
