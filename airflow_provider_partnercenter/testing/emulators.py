"""The emulators of a pytest session: one for all tests with the same settings."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_partnercenter.emulator.server import Emulator
from airflow_provider_partnercenter.emulator.settings import After, Limit, Mix, Settings, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# What a setting may be written as, as on the command line.
_PARSE: Mapping[str, Callable[[str], object]] = {"limit": Limit.parse, "vetting": After.parse, "verdict": Verdict.parse}


def read_settings(given: Mapping[str, Any]) -> Settings:
    """
    Return the settings of an emulator.

    :param given: members of :class:`.Settings`. ``vetting``, ``verdict`` and ``limit`` may be written as on the command
        line of ``partnercenter-emulator``, and ``faults`` as a dictionary with members of :class:`.Mix`.
    :raises TypeError: if a setting is unknown.
    :raises ValueError: if a value cannot be used.
    """
    known = {field.name for field in fields(Settings)}
    if unknown := sorted(given.keys() - known):
        raise TypeError(f"the emulator has no setting {unknown[0]!r}; there are {', '.join(sorted(known))}")
    values = dict(given)
    for name, parse in _PARSE.items():
        if isinstance(text := values.get(name), str):
            try:
                values[name] = parse(text)
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
    if isinstance(faults := values.get("faults"), dict):
        values["faults"] = Mix(**faults)
    return Settings(**values)


class Emulators:
    """Starts an emulator when its settings are wanted for the first time, and stops all of them at its end."""

    def __init__(self) -> None:
        self._running: dict[Settings, Emulator] = {}
        self._stack = ExitStack()

    def get(self, given: Mapping[str, Any]) -> Emulator:
        """Return the emulator with these settings; see :func:`read_settings`."""
        settings = read_settings(given)
        if settings not in self._running:
            self._running[settings] = self._stack.enter_context(Emulator(settings))
        return self._running[settings]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
