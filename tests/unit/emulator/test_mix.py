"""The mix of faults: which request meets which one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from airflow_provider_partnercenter.emulator.mix import draw
from airflow_provider_partnercenter.emulator.scenario import fault_kinds
from airflow_provider_partnercenter.emulator.scenario.fault_kinds import GROUPS, KINDS
from airflow_provider_partnercenter.emulator.settings import Chance, Mix


@pytest.mark.parametrize(
    "members",
    [{"rate": 1.1}, {"rate": -0.1}, {"rate": float("nan")}, {"rate": "much"}, {"kinds": ("flood",)},
     {"kinds": ("server=-1",)}, {"kinds": ("server=1e308",)}, {"kinds": ("server=nan",)}, {"kinds": ("server=x",)},
     {"kinds": ("",)}, {"slow": -1}, {"retry_after": 1e300}],
)  # fmt: skip
def test_mixes_that_cannot_be(members: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Mix(**members)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"rate": "0.2"}, "rate"), ({"rate": None}, "rate"), ({"rate": True}, "rate"), ({"colour": "blue"}, "colour"),
        ({"kinds": "server"}, "kinds"), ({"kinds": 5}, "kinds"), ({"kinds": {"server": 1}}, "kinds"),
        ({"kinds": [5]}, "kinds[0]"), ({"kinds": ["flood"]}, "kinds"), ({"slow": "long"}, "slow"),
        ({"seed": "x"}, "seed"), ({"seed": 1.5}, "seed"), ({"late": 5}, "late"), ({"late": "much"}, "late"),
        ({"withdrawn": "2:5"}, "withdrawn"), ({"withdrawn": "0.5:nan"}, "withdrawn"), ([], "JSON object"),
    ],
)  # fmt: skip
def test_documents_that_are_no_mix(document: Any, place: str) -> None:
    with pytest.raises(ValueError, match=re.escape(place)):
        Mix.from_json(document)


def test_a_mix_goes_through_json() -> None:
    mix = Mix(0.2, ("server", "reset-after=3"), 7, 0.5, 0.1, Chance(0.5, 60), Chance(0.1, 5))
    assert Mix.from_json(mix.to_json()) == mix
    assert Mix.from_json({}) == Mix()


def test_draws_look_random() -> None:
    pairs = [draw(0, number) for number in range(10_000)]
    for numbers in zip(*pairs, strict=True):
        assert all(0 <= number < 1 for number in numbers)
        assert sum(numbers) / len(numbers) == pytest.approx(0.5, abs=0.02)


def test_the_catalogue_is_told() -> None:
    text = fault_kinds.describe()
    assert all(f" {name} " in text for name in KINDS)
    assert {kind.group for kind in KINDS.values()} == set(GROUPS)
    for name, kind in KINDS.items():
        assert kind.fault.label == name
        assert name not in GROUPS
        # The name tells whether something was done that its sender is not told.
        assert not name.endswith("-after") or kind.fault.kind.acts


@pytest.mark.parametrize("group", ["refused", "format"])
def test_a_group_that_is_not_named_strikes_nobody(group: str) -> None:
    assert group in GROUPS
    assert not [name for name in Mix().weights() if KINDS[name].group == group]
    assert set(Mix(kinds=(group,)).weights()) == {name for name, kind in KINDS.items() if kind.group == group}
