from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.telemetry import sending, waits
from airflow_provider_partnercenter.telemetry.waits import REPORT_EVERY, counted
from tests.support.bench import EPOCH, Clock


class Board:
    """Shows the pairs of gauges that were sent."""

    def __init__(self, monkeypatch):
        self.clock = Clock()
        self.values: list[Any] = []
        monkeypatch.setattr(clock, "source", SimpleNamespace(now=self.clock.now, monotonic=self.clock.monotonic))
        monkeypatch.setattr(sending, "metrics_are_on", lambda: True)
        monkeypatch.setattr(sending, "send", self.values.append)
        monkeypatch.setattr(waits, "_reported_at", float("-inf"))

    def take(self):
        found = [(each.metric.name.removeprefix("partnercenter."), each.value) for each in self.values]
        self.values.clear()
        assert [name for name, _ in found] == ["waiting", "oldest_wait"] * (len(found) // 2)
        numbers = [value for _, value in found]
        return list(zip(numbers[::2], numbers[1::2], strict=True))


@pytest.fixture
def board(monkeypatch):
    return Board(monkeypatch)


def test_a_wait_is_counted_as_long_as_it_lasts(board):
    with counted(EPOCH - 60):
        assert board.take() == [(1, 60)]
        board.clock.advance(300)
        waits.report_if_any()
        assert board.take() == [(1, 360)]
    assert board.take() == [(0, 0)]
    waits.report_if_any()
    assert board.take() == []


def test_the_oldest_of_many(board):
    with counted(EPOCH - 10):
        with counted(EPOCH - 500):
            board.take()
            board.clock.advance(REPORT_EVERY)
            waits.report()
            assert board.take() == [(2, 500 + REPORT_EVERY)]
            board.clock.advance(REPORT_EVERY)
        assert board.take() == [(1, 10 + 2 * REPORT_EVERY)]


def test_many_that_begin_together_are_not_sent_each(board):
    with counted(EPOCH), counted(EPOCH), counted(EPOCH):
        assert board.take() == [(1, 0)]
    # Only the last end is sure to be told.
    assert board.take()[-1] == (0, 0)


def test_many_customers_of_one_task(board):
    left = [5]
    with counted(EPOCH - 60, lambda: left[0]):
        assert board.take() == [(5, 60)]
        left[0] = 0
        board.clock.advance(REPORT_EVERY)
        waits.report()
        assert board.take() == [(0, 0)]


def test_a_wait_that_fails_is_counted_no_more(board):
    with pytest.raises(ValueError, match="x"), counted(EPOCH):
        raise ValueError("x")
    assert board.take()[-1] == (0, 0)


def test_what_cannot_be_sent_changes_nothing(board, monkeypatch, caplog):
    def broken(measurement):
        raise OSError("the network is down")

    monkeypatch.setattr(sending, "send", broken)
    with counted(EPOCH):
        pass
    assert "could not be sent" in caplog.text


def test_without_metrics_nothing_is_counted(board, monkeypatch):
    monkeypatch.setattr(sending, "metrics_are_on", lambda: False)
    with counted(EPOCH):
        waits.report_if_any()
    assert board.take() == []
