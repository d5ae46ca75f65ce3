from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from airflow_provider_partnercenter.client.plain import from_plain, to_plain


@dataclass(frozen=True, slots=True)
class Value:
    name: str
    number: int | None = None
    flag: bool = False
    texts: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] | None = None


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        pytest.param(Value("a"), {"name": "a"}, id="defaults-are-left-out"),
        pytest.param(Value("a", 0), {"name": "a", "number": 0}, id="nothing-is-not-zero"),
        pytest.param(Value("a", flag=True, texts=("b",)), {"name": "a", "flag": True, "texts": ["b"]}, id="tuples"),
        pytest.param(Value("a", rows=()), {"name": "a", "rows": []}, id="nothing-is-not-an-empty-list"),
        pytest.param(Value("a", rows=({"b": None},)), {"name": "a", "rows": [{"b": None}]}, id="dictionaries"),
    ],
)
def test_a_value_travels_as_json(value, plain):
    assert to_plain(value) == plain
    assert from_plain(Value, json.loads(json.dumps(to_plain(value)))) == value
    complete = to_plain(value, complete=True)
    assert list(complete) == ["name", "number", "flag", "texts", "rows"]
    assert from_plain(Value, json.loads(json.dumps(complete))) == value


@pytest.mark.parametrize("data", [{}, {"name": "a", "of_another_version": 1}])
def test_other_members_are_refused(data):
    with pytest.raises(TypeError):
        from_plain(Value, data)
