"""What is public is on a page of the built site: classes, arguments, commands, fields, options and metrics."""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from airflow.cli.cli_config import GroupCommand

from airflow_provider_partnercenter.client.operations import Operations
from airflow_provider_partnercenter.commands.definition import get_partnercenter_cli_commands
from airflow_provider_partnercenter.emulator.cli import make_parser
from airflow_provider_partnercenter.provider_info import get_provider_info
from airflow_provider_partnercenter.telemetry.metrics import ALL
from airflow_provider_partnercenter.testing import plugin
from tests.docs.built import Documented, documented, pages
from tests.unit.test_public_names import NAMES, PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow.cli.cli_config import ActionCommand

INFO: Any = get_provider_info()
# Airflow and a shell call these; nobody writes them into a program.
CALLED_BY_OTHERS = {
    "commands.definition.get_partnercenter_cli_commands",
    "emulator.__main__.main",
    "provider_info.get_provider_info",
}
PUBLIC = [f"{module}.{name}" for module, names in NAMES.items() for name in names]
MODULES = [
    module
    for kind in ("hooks", "operators", "sensors", "triggers")
    for row in INFO[kind]
    for module in row["python-modules"]
]
CLASSES = [
    value
    for module in MODULES
    for value in vars(import_module(module)).values()
    if inspect.isclass(value) and value.__module__ == module and not value.__name__.startswith("_")
]


def resolve(path: str) -> Any:
    """Return what a dotted path leads to; the first part that is no module is a member of the one before."""
    module, _, rest = path.rpartition(".")
    members = [rest]
    while True:
        try:
            found: Any = import_module(module)
        except ModuleNotFoundError:
            module, _, rest = module.rpartition(".")
            members.insert(0, rest)
        else:
            break
    for member in members:
        found = inspect.getattr_static(found, member)
    return found


@cache
def shown() -> list[object]:
    """Return all objects of ours that have a place on a page, by whatever path they are imported there."""
    kinds = ("py:class", "py:function", "py:exception", "py:data")
    return [resolve(name) for kind, name in documented() if kind in kinds and name.startswith(f"{PACKAGE}.")]


@pytest.mark.parametrize("path", [path for path in PUBLIC if path not in CALLED_BY_OTHERS])
def test_a_public_name_has_a_place(path: str) -> None:
    wanted = resolve(f"{PACKAGE}.{path}")
    assert any(each is wanted for each in shown())


@pytest.mark.parametrize("each", CLASSES, ids=lambda each: each.__name__)
def test_a_class_that_airflow_is_told_of_has_a_place_and_explains_each_argument(each: type) -> None:
    assert any(found is each for found in shown())
    arguments = [name for name in inspect.signature(each).parameters if name not in ("args", "kwargs")]
    assert [name for name in arguments if f":param {name}:" not in (each.__doc__ or "")] == []


@pytest.mark.parametrize("client", ["sync.PartnerCenterClient", "aio.AsyncPartnerCenterClient"])
def test_a_client_has_all_operations(client: str) -> None:
    names = [name for name in vars(Operations) if not name.startswith("_")]
    wanted = {Documented("py:method", f"{PACKAGE}.client.{client}.{name}") for name in names}
    assert wanted - documented() == set()


def test_the_hook_has_all_of_its_methods() -> None:
    hook = f"{PACKAGE}.hooks.partnercenter.PartnerCenterHook"
    found = resolve(hook)
    ours = [base for base in inspect.getmro(found) if base.__module__.startswith(PACKAGE)]
    names = {name for base in ours for name, value in vars(base).items() if inspect.isfunction(value)}
    wanted = {Documented("py:method", f"{hook}.{name}") for name in names if not name.startswith("_")}
    assert wanted - documented() == set()


def test_the_pytest_plugin_has_its_fixtures_and_its_marker() -> None:
    marked = [name for name, value in vars(plugin).items() if "Fixture" in type(value).__name__]
    wanted = {Documented("py:attribute", name) for name in marked if not name.startswith("_")}
    assert len(wanted) == 2
    assert wanted - documented() == set()
    assert any(word.startswith(f"@pytest.mark.{plugin.MARKER}(") for word in pages()["reference/testing.html"].words)


def test_the_connection_has_all_declared_fields() -> None:
    (connection,) = INFO["connection-types"]
    behaviour = connection["ui-field-behaviour"]
    wanted = {*connection["conn-fields"], *behaviour["placeholders"]} - set(behaviour["hidden-fields"])
    assert wanted - pages()["reference/connection.html"].words == set()


def test_the_configuration_has_all_declared_options() -> None:
    wanted = {option for section in INFO["config"].values() for option in section["options"]}
    assert wanted - pages()["guides/start-onboarding/webhooks.html"].words == set()


def test_the_metrics_have_all_that_are_sent() -> None:
    assert {metric.name for metric in ALL} - pages()["guides/metrics.html"].words == set()


def commands(groups: Iterable[ActionCommand | GroupCommand], before: str = "airflow") -> Iterator[Documented]:
    """Return the arguments of all commands, as the inventory names them."""
    for each in groups:
        program = f"{before}-{each.name}"
        if isinstance(each, GroupCommand):
            yield from commands(each.subcommands, program)
            continue
        for arg in each.args:
            named = [arg.kwargs.get("metavar", "")] if not arg.flags[0].startswith("-") else arg.flags
            yield from (Documented("std:cmdoption", f"{program}.{name}") for name in named)


def test_the_commands_have_all_arguments_and_no_other() -> None:
    wanted = set(commands(get_partnercenter_cli_commands()))
    found = {each for each in documented() if each.kind == "std:cmdoption" and each.name.startswith("airflow-")}
    assert wanted == found


def test_the_emulator_has_all_options_and_no_other() -> None:
    program = "partnercenter-emulator"
    options = {option for action in make_parser()._actions for option in action.option_strings} - {"-h", "--help"}
    found = {each for each in documented() if each.kind == "std:cmdoption" and each.name.startswith(program)}
    assert {Documented("std:cmdoption", f"{program}.{option}") for option in options} == found
