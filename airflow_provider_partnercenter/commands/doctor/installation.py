"""Checks of what is installed on this machine: versions, and the plugin."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, entry_points, version
from typing import TYPE_CHECKING

from airflow_provider_partnercenter import __version__
from airflow_provider_partnercenter.commands.doctor.examination import failed, ok, warning
from airflow_provider_partnercenter.compat import AIRFLOW_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.commands.doctor.examination import Finding
    from airflow_provider_partnercenter.commands.doctor.patient import Patient

_DISTRIBUTION = "airflow-provider-partnercenter"
_PLUGIN, _MODULE = "partnercenter", "airflow_provider_partnercenter.plugins.partnercenter"
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Versions:
    """
    What is installed.

    :param code: the version of the code that runs.
    :param installed: the version of the package; ``None`` if it is not installed.
    :param airflow: the version of Airflow.
    :param python: the version of Python.
    """

    code: str
    installed: str | None
    airflow: str
    python: str


def look_at_versions(_: Patient) -> Versions:
    """Gather the versions."""
    try:
        installed = version(_DISTRIBUTION)
    except PackageNotFoundError:
        installed = None
    return Versions(__version__, installed, AIRFLOW_VERSION, platform.python_version())


def judge_versions(facts: Versions) -> Iterator[Finding]:
    """Judge whether the code is that of the package which Airflow knows."""
    running = f"Provider {facts.code} on Airflow {facts.airflow} and Python {facts.python}, on this machine."
    if facts.installed == facts.code:
        yield ok(running)
    elif facts.installed is None:
        yield failed(
            f"{running} The package {_DISTRIBUTION} is not installed, so Airflow knows nothing of the provider.",
            "Install the package on every component of Airflow; a folder on PYTHONPATH is not enough.",
        )
    else:
        yield warning(
            f"{running} The package {_DISTRIBUTION} is installed as {facts.installed}, so this is another copy.",
            "Remove the copy (PYTHONPATH, the plugins folder), or install the package anew, and restart Airflow.",
        )


@dataclass(frozen=True, slots=True)
class Plugin:
    """
    What became of the plugin.

    :param registered: whether the package announces it.
    :param loaded: whether Airflow has it.
    :param problem: why Airflow could not import it; ``None`` if it could.
    """

    registered: bool
    loaded: bool
    problem: str | None = None


def look_at_plugin(_: Patient) -> Plugin:
    """Let Airflow load the plugins, as each of its processes does."""
    from airflow import plugins_manager

    names = {info["name"] for info in plugins_manager.get_plugin_info(["name"])}
    registered = any(entry.value.partition(":")[0] == _MODULE for entry in entry_points(group="airflow.plugins"))
    problems = plugins_manager.get_import_errors()
    about_it = (text for source, text in problems.items() if _MODULE in source or repr(_PLUGIN) in text)
    return Plugin(registered, _PLUGIN in names, next(about_it, None))


def judge_plugin(facts: Plugin) -> Iterator[Finding]:
    """Judge whether the plugin does its work: webhooks, and the note in a run that was given up."""
    if facts.problem:
        yield failed(
            f"Airflow could not load the plugin: {' '.join(facts.problem.split())[:_LONGEST]}",
            "Install what the message says is missing, or remove the other plugin of this name; then restart the API "
            "server and the scheduler ('airflow plugins' shows all of them).",
        )
    elif facts.loaded:
        yield ok("Airflow has loaded the plugin.")
    else:
        known = "announces the plugin, but Airflow has not loaded it" if facts.registered else "announces no plugin"
        yield failed(
            f"The installed package {known}: webhooks are not received, and a run that was given up gets no note.",
            "Install the package again, and restart the API server and the scheduler.",
        )
