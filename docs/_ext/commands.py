"""
The options of commands, as the parsers of the commands have them.

``{airflow-command} webhook register`` shows one command of ``airflow partnercenter``, ``{emulator-options}`` those of
``partnercenter-emulator``, and ``{emulator-help}`` what its ``--help`` says below the options.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from airflow.cli.cli_config import ActionCommand, GroupCommand
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from _ext.markup import indented, plain, shown
from airflow_provider_partnercenter.commands.definition import get_partnercenter_cli_commands
from airflow_provider_partnercenter.emulator.cli import make_parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx

_WIDTH = 88


def parsers_of_airflow() -> dict[str, argparse.ArgumentParser]:
    """Return a parser for each command of ``airflow``, by its words, for example ``partnercenter webhook show``."""
    return dict(_parsers(get_partnercenter_cli_commands()))


class AirflowCommand(SphinxDirective):
    """One command, with its usage, what it does and its arguments."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        parsers = parsers_of_airflow()
        words = f"partnercenter {self.arguments[0]}"
        if words not in parsers:
            raise self.error(f"There is no command 'airflow {words}', only: {', '.join(parsers)}")
        parser = parsers[words]
        arguments = [line for group in parser._action_groups for line in _arguments(parser, group)]
        return shown(self, [plain(parser.description or ""), "", *_usage(parser), *_program(parser), *arguments])


class EmulatorOptions(SphinxDirective):
    """The options of the emulator, by group."""

    def run(self) -> list[nodes.Node]:
        parser = make_parser()
        lines = _program(parser)
        for group in parser._action_groups:
            if arguments := _arguments(parser, group):
                lines += [f".. rubric:: {(group.title or '').capitalize()}", "", *arguments]
        return shown(self, lines)


class EmulatorHelp(SphinxDirective):
    """What the help of the emulator says below its options."""

    def run(self) -> list[nodes.Node]:
        text = make_parser().epilog or ""
        return [nodes.literal_block(text, text, language="text")]


def _parsers(
    commands: Iterable[ActionCommand | GroupCommand], before: str = ""
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for command in commands:
        words = f"{before} {command.name}".strip()
        if isinstance(command, GroupCommand):
            yield from _parsers(command.subcommands, words)
            continue
        parser = argparse.ArgumentParser(prog=f"airflow {words}", description=f"{command.help}. {command.description}")
        for arg in command.args:
            arg.add_to_parser(parser)
        yield words, parser


def _program(parser: argparse.ArgumentParser) -> list[str]:
    return [f".. program:: {parser.prog}", ""]


def _usage(parser: argparse.ArgumentParser) -> list[str]:
    formatter = argparse.HelpFormatter(parser.prog, width=_WIDTH)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups, prefix="")
    return [".. code-block:: text", "", *indented(formatter.format_help()), ""]


def _arguments(parser: argparse.ArgumentParser, group: argparse._ArgumentGroup) -> list[str]:
    formatter = argparse.HelpFormatter(parser.prog)
    lines = []
    for action in group._group_actions:
        if isinstance(action, argparse._HelpAction):
            continue
        names = ", ".join(_with_value(formatter, action, name) for name in action.option_strings)
        text = formatter._expand_help(action) if action.help else ""
        lines += [f".. option:: {names or action.metavar or action.dest}", "", *indented(plain(text)), ""]
    return lines


def _with_value(formatter: argparse.HelpFormatter, action: argparse.Action, name: str) -> str:
    if action.nargs == 0:
        return name
    value = formatter._format_args(action, formatter._get_default_metavar_for_optional(action))
    # Sphinx takes what follows a comma for another spelling of the option; Airflow writes "(table, json, yaml, plain)".
    return f"{name} {value.strip('()').replace(', ', '|')}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directives known to Sphinx."""
    app.add_directive("airflow-command", AirflowCommand)
    app.add_directive("emulator-options", EmulatorOptions)
    app.add_directive("emulator-help", EmulatorHelp)
    return {"parallel_read_safe": True}
