"""
The commands of ``airflow partnercenter``, as Airflow's parser takes them.

Airflow (3.2) calls :func:`get_partnercenter_cli_commands` whenever its command line starts, for whatever command. So
this module imports nothing that is not there already, and each command is imported when it is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.cli.cli_config import (
    ARG_OUTPUT,
    ARG_VERBOSE,
    ActionCommand,
    Arg,
    GroupCommand,
    lazy_load_command,
    positive_int,
    string_list_type,
)

if TYPE_CHECKING:
    from airflow.cli.cli_config import CLICommand

_COMMANDS = "airflow_provider_partnercenter.commands"


def _arg(flag: str, **options: Any) -> Arg:
    return Arg((flag,), **options)  # type: ignore[no-untyped-call]  # Airflow's method is untyped


# The hook's default, which is not imported for this.
_ARG_CONN_ID = _arg("--conn-id", help="The connection to Partner Center", default="partnercenter_default")
_COMMON = (_ARG_CONN_ID, ARG_OUTPUT, ARG_VERBOSE)

_ARG_URL = _arg(
    "--url",
    help="Where Partner Center is to send its events, for example https://airflow.example/partnercenter/webhook",
    required=True,
)
_ARG_EVENTS = _arg(
    "--events",
    help="The names of the events, separated by commas. By default those with which a customer becomes the partner's, "
    "as far as the tenant offers them. test-created is always among them, because 'test' needs it",
    type=string_list_type,
)
_ARG_SIGNATURE_HEADER = _arg(
    "--signature-header",
    help="Let Microsoft send the signature in the header x-ms-signature. By default it is in Authorization, which some "
    "reverse proxies use for themselves",
    action="store_true",
)
_ARG_REPLACE = _arg(
    "--replace",
    help="Replace the registration of the tenant if there is a different one. Whoever uses that one gets no events "
    "any more",
    action="store_true",
)
_ARG_SHOW_SECRETS = _arg(
    "--show-secrets",
    help="Show the address with its query, which is often a secret of the receiver",
    action="store_true",
)
_ARG_TIMEOUT = _arg(
    "--timeout",
    help="Wait so many seconds for a delivery (default: 300)",
    type=positive_int(allow_zero=False),  # type: ignore[no-untyped-call]  # Airflow's function is untyped
    default=300,
)


def get_partnercenter_cli_commands() -> list[CLICommand]:
    """Return the command group ``partnercenter``."""
    return [
        GroupCommand(
            name="partnercenter",
            help="Set up Microsoft Partner Center",
            subcommands=(
                GroupCommand(
                    name="webhook",
                    help="Where Partner Center sends its events",
                    description="A tenant has one registration of a webhook. These commands manage it.",
                    subcommands=(
                        ActionCommand(
                            name="register",
                            help="Let Partner Center send events to an address",
                            description="The exit status is 1 if there is a different registration and --replace is "
                            "missing, or if something failed.",
                            func=lazy_load_command(f"{_COMMANDS}.webhook.register.webhook_register"),
                            args=(*_COMMON, _ARG_URL, _ARG_EVENTS, _ARG_SIGNATURE_HEADER, _ARG_REPLACE),
                        ),
                        ActionCommand(
                            name="show",
                            help="Show the registration",
                            description="The exit status is 1 if there is none, or if something failed.",
                            func=lazy_load_command(f"{_COMMANDS}.webhook.show.webhook_show"),
                            args=(*_COMMON, _ARG_SHOW_SECRETS),
                        ),
                        ActionCommand(
                            name="test",
                            help="Let Microsoft send an event, and wait for its delivery",
                            description="The exit status is 1 if the event was not delivered, or if something failed. "
                            "Microsoft accepts two such tests a minute.",
                            func=lazy_load_command(f"{_COMMANDS}.webhook.test.webhook_test"),
                            args=(*_COMMON, _ARG_TIMEOUT),
                        ),
                    ),
                ),
                _doctor(),
            ),
        )
    ]


def _doctor() -> ActionCommand:
    return ActionCommand(
        name="doctor",
        help="Find out what is wrong with a set-up, and what to do about it",
        description="Checks in order all that must be right, and skips what cannot be right because of something "
        "else. Nothing is changed: tokens are read, never stored. The exit status is 1 if a check failed, and 0 if "
        "there are only warnings.",
        func=lazy_load_command(f"{_COMMANDS}.doctor.command.doctor"),
        args=(
            *_COMMON,
            _arg("--storage-path", help="A folder that tasks for many customers use; by default those of the DAGs"),
            _arg(
                "--write",
                help="Also try to write: make, read and remove a small file in each of these folders",
                action="store_true",
            ),
        ),
    )
