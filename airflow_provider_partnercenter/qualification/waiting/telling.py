"""Tell the reader of a task's log what a wait sees, and that it still waits."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.wire import moment
from airflow_provider_partnercenter.qualification.waiting.sighting import NOTHING_YET

if TYPE_CHECKING:
    from airflow_provider_partnercenter.qualification.waiting.sighting import Change, Sighting
    from airflow_provider_partnercenter.qualification.waiting.wait import Wait

log = logging.getLogger(__name__)

MAX_CHANGES = 10
"""How many changes are remembered."""
TELL_EVERY = 1800.0
"""Minimum number of seconds between two lines that say that a wait goes on."""


class WaitLog:
    """
    Logs one line for each change that a wait sees, and a line now and then while nothing changes.

    :ivar changes: the changes, oldest first.

    :param wait: the wait.
    :param now: the present, in seconds since the epoch.
    """

    def __init__(self, wait: Wait, now: float) -> None:
        self._wait = wait
        self._last = NOTHING_YET
        self._polls = 0
        self._told_at = now
        self.changes: tuple[Change, ...] = ()

    def polled(self, sighting: Sighting, now: float) -> None:
        """
        Log what a poll found, if it is new.

        :param now: the present, in seconds since the epoch.
        """
        before, self._last = self._last, sighting
        self._polls += 1
        customer, correlation_id = self._wait.customer_id, sighting.correlation_id
        if sighting.trouble:
            log.warning("%s Polling again later.", sighting.trouble)
        elif sighting.absent_since is not None and before.absent_since is None and before.known:
            log.info(
                "Customer %s: this answer does not show %s. It may come from a server with outdated data, so this "
                "counts only if later answers agree. [correlation id %s]",
                customer,
                self._wait.qualification,
                correlation_id,
            )
        elif sighting.verdict != before.verdict or not before.known:
            log.info("Customer %s: %s. [correlation id %s]", customer, sighting.summary(), correlation_id)
            self._remember((moment(now), sighting.summary(), correlation_id))
            if sighting.verdict.remark:
                remark = sighting.verdict.remark
                log.warning("Customer %s: %s. [correlation id %s]", customer, remark, correlation_id)

    def _remember(self, change: Change) -> None:
        # A wait may take weeks, and an answer may change at every poll; the first and the last changes say most.
        kept = self.changes if len(self.changes) < MAX_CHANGES else (*self.changes[:2], *self.changes[3:])
        self.changes = (*kept, change)

    def waiting(self, now: float, pause: float) -> None:
        """
        Log that the wait goes on, if the last such line is at least ``TELL_EVERY`` seconds old.

        :param now: the present, in seconds since the epoch.
        :param pause: the seconds until the next poll.
        """
        if now - self._told_at < TELL_EVERY:
            return
        self._told_at = now
        log.info(
            "Customer %s: still waiting for a verdict on %s, since %s. Last seen: %s. Polls by this process so far: "
            "%d; the next one is at %s. The wait ends at %s at the latest.",
            self._wait.customer_id,
            self._wait.qualification,
            moment(self._wait.started_at),
            replace(self._last, trouble=None).summary(self._wait.seen),
            self._polls,
            moment(now + pause),
            moment(self._wait.deadline),
        )
