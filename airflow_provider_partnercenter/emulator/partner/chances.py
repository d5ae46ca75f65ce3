"""The effect of a mix of faults on submissions: reads show some of them late, and some approvals are withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.emulator.mix import draw
from airflow_provider_partnercenter.emulator.scenario.behaviour import NO_LONGER_EDUCATION, After, Step, Verdict

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.mix import Mix


def delay(mix: Mix, customer_id: str, number: int) -> float:
    """
    Return the seconds after which reads show a submission.

    :param number: the number of the submission among those of this customer.
    """
    chance, how_late = draw(mix.seed, "late", customer_id, number)
    return how_late * mix.late.seconds if chance < mix.late.share else 0.0


def course(mix: Mix, steps: tuple[Step, ...], customer_id: str, number: int) -> tuple[Step, ...]:
    """
    Return the verdicts of a submission, in order. With the probability that the mix sets, an approval is withdrawn.

    :param steps: the verdicts without a withdrawal.
    :param number: which submission of this customer it is, from 1.
    """
    chance, _ = draw(mix.seed, "withdrawn", customer_id, number)
    if chance >= mix.withdrawn.share or not steps or steps[-1].verdict.status != "Approved":
        return steps
    withdrawal = Step(_later(steps[-1].after, mix.withdrawn.seconds), Verdict("Denied", NO_LONGER_EDUCATION))
    return (*steps, withdrawal)


def _later(after: After, seconds: float) -> After:
    if after.reads is not None:
        # One read shows the approval before it is withdrawn.
        return After(None, after.reads + 1)
    return After((after.seconds or 0) + seconds)
