"""The commands as Airflow's parser gets them; on an older Airflow nobody asks for them."""

from __future__ import annotations

import argparse
import importlib
import inspect

import pytest
from airflow.cli.cli_config import ActionCommand, GroupCommand

from airflow_provider_partnercenter.commands import definition
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.operators.qualification import PartnerCenterUpdateQualificationOperator

MODULES = {
    "partnercenter doctor": ("doctor.command", "doctor"),
    "partnercenter sign-in": ("sign_in.command", "sign_in"),
    "partnercenter customers": ("customers.search", "customers"),
    "partnercenter status": ("customers.status", "status"),
    "partnercenter qualify": ("customers.qualify", "qualify"),
    "partnercenter webhook register": ("webhook.register", "webhook_register"),
    "partnercenter webhook show": ("webhook.show", "webhook_show"),
    "partnercenter webhook test": ("webhook.test", "webhook_test"),
}

REQUIRED = {
    "partnercenter customers": ["--search", "contoso"],
    "partnercenter qualify": ["contoso.example", "--qualification", "Education"],
    "partnercenter webhook register": ["--url", "https://a.example"],
}


def actions(commands, path=()):
    for command in commands:
        if isinstance(command, GroupCommand):
            yield from actions(command.subcommands, (*path, command.name))
        else:
            assert isinstance(command, ActionCommand)
            yield " ".join([*path, command.name]), command


COMMANDS = dict(actions(definition.get_partnercenter_cli_commands()))


def test_which_commands_there_are():
    assert set(COMMANDS) == set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_each_is_found_when_it_is_run(name):
    module, function = MODULES[name]
    found = getattr(importlib.import_module(f"{definition.__package__}.{module}"), function)
    # These make a client themselves: one because that may fail, the other because there may be no connection yet.
    takes = ["arguments"] if name.endswith(("doctor", "sign-in")) else ["client", "arguments"]
    assert list(inspect.signature(found).parameters) == takes
    assert COMMANDS[name].func.__name__ == function


@pytest.mark.parametrize("name", MODULES)
def test_each_can_be_explained_and_takes_what_all_take(name):
    parser = argparse.ArgumentParser()
    for argument in COMMANDS[name].args:
        argument.add_to_parser(parser)
    assert "--conn-id" in parser.format_help()
    required = REQUIRED.get(name, [])
    arguments = parser.parse_args(required)
    assert arguments.conn_id == PartnerCenterHook.default_conn_name
    # With --print, 'sign-in' has to know whether it is given.
    output = None if name.endswith("sign-in") else "table"
    assert (arguments.output, arguments.verbose) == (output, False)
    assert parser.parse_args([*required, "--conn-id", "other", "-o", "json", "-v"]).conn_id == "other"


@pytest.mark.parametrize("name", MODULES)
def test_each_says_what_its_exit_status_means(name):
    said = COMMANDS[name].description
    assert "The exit status is 0 if " in said
    assert ", 1 if " in said
    assert "if a value is refused or if something failed" in said
    assert "2 if the command line cannot be parsed" in said
    assert ("3 if it is unknown" in said) is name.endswith("qualify")


@pytest.mark.parametrize(
    ("given", "read"),
    [([], None), (["--events", "a, b"], ["a", "b"]), (["--events", "test-created"], ["test-created"])],
)
def test_the_names_of_events_are_separated_by_commas(given, read):
    parser = argparse.ArgumentParser()
    for argument in COMMANDS["partnercenter webhook register"].args:
        argument.add_to_parser(parser)
    assert parser.parse_args(["--url", "x", *given]).events == read


def test_the_defaults_of_a_request_are_those_of_the_operator():
    parser = argparse.ArgumentParser()
    for argument in COMMANDS["partnercenter qualify"].args:
        argument.add_to_parser(parser)
    given = vars(parser.parse_args(REQUIRED["partnercenter qualify"]))
    operator = inspect.signature(PartnerCenterUpdateQualificationOperator).parameters
    shared = given.keys() & operator.keys()
    assert {"education_segment", "validation", "preflight", "propagation_grace", "resubmit_denied_of"} <= shared
    different = {name for name in shared if given[name] != operator[name].default}
    assert different == {"qualification"}, "which has no default"


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "1e3"])
def test_a_time_out_that_is_none(seconds, capsys):
    parser = argparse.ArgumentParser()
    for argument in COMMANDS["partnercenter webhook test"].args:
        argument.add_to_parser(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--timeout", seconds])
    assert "--timeout" in capsys.readouterr().err
