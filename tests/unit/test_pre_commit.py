"""The hooks of pre-commit are the commands of ``make lint``."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def test_the_hooks_are_those_of_make_lint() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    _, _, recipe = (ROOT / "Makefile").read_text().partition("\nlint:")
    commands = [line.strip() for line in recipe.partition("\n\n")[0].splitlines()[1:]]
    assert [hook["entry"] for hook in repository["hooks"]] == commands
