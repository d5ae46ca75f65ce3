"""The base class of this provider's sensors."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, BaseSensorOperator

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.compat import AirflowFailException, AirflowSensorTimeout, AirflowSkipException
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.tasks.deferral import MIN_DEFERRAL, ends_as_sensor_timeout
from airflow_provider_partnercenter.tasks.stopping import Stoppable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from airflow.sdk import Context


class WaitingSensor(Stoppable, BaseSensorOperator):
    """A sensor that ends alike in poke, reschedule and deferrable mode, with every flag of Airflow's base sensor."""

    partnercenter_conn_id: Any
    # The lines of the message if Airflow's own timeout ends a deferral.
    no_last_word: tuple[str, ...]

    @cached_property
    def _hook(self) -> PartnerCenterHook:
        # Kept for all polls of this process, so that they share one token.
        return PartnerCenterHook(self.partnercenter_conn_id)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        with self._endings(), ends_as_sensor_timeout(*self.no_last_word):
            # With soft_fail, the base sensor's method would skip the task after a crash of the trigger, not retry it.
            return BaseOperator.resume_execution(self, next_method, next_kwargs, context)

    @abstractmethod
    def _pause(self) -> float:
        """Return the seconds until the next poll."""

    @contextlib.contextmanager
    def _endings(self) -> Iterator[None]:
        """Apply the flags alike before and after a deferral, which Airflow's base sensor does not do."""
        try:
            yield
        except AirflowSkipException:
            raise
        except Exception as error:
            final = isinstance(error, AirflowFailException | AirflowSensorTimeout)
            if self.never_fail or (self.soft_fail and final):
                raise AirflowSkipException(str(error)) from None
            raise

    def _get_next_poke_interval(
        self, started_at: datetime | float, run_duration: Callable[[], float], poke_count: int
    ) -> float:
        # Airflow's base sensor calls this in poke and reschedule mode.
        pause = self._pause()
        if self.reschedule:
            return max(pause, MIN_DEFERRAL)
        # Airflow's loop would sleep on when the task is stopped, so the wait is made here.
        clock.sleep(pause)
        return 0.0
