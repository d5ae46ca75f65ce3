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
                *_commands_about_customers(),
            ),
        )
    ]


def _commands_about_customers() -> tuple[ActionCommand, ...]:
    seconds = positive_int(allow_zero=False)  # type: ignore[no-untyped-call]  # Airflow's function is untyped
    # The operator's defaults, which are not imported for this.
    return (
        ActionCommand(
            name="customers",
            help="Find the id of a customer by its name or domain",
            description="The exit status is 1 if no customer is found, or if something failed.",
            func=lazy_load_command(f"{_COMMANDS}.customers.search.customers"),
            args=(
                *_COMMON,
                _arg("--search", help="The beginning of the company name or of the domain", required=True),
                _arg(
                    "--contains",
                    help="Find the text anywhere in the name or domain. This reads the whole list of customers, "
                    "because Microsoft searches by the beginning only",
                    action="store_true",
                ),
                _arg("--limit", help="Show so many customers at most (default: 50)", type=seconds, default=50),
            ),
        ),
        ActionCommand(
            name="status",
            help="Show customers' qualifications, and the tasks that wait for them",
            description="The exit status is 1 if one of the customers could not be read; the others are shown.",
            func=lazy_load_command(f"{_COMMANDS}.customers.status.status"),
            args=(
                _arg(
                    "customers",
                    help="Ids, whole domains or whole company names. By default those for whom a task of this Airflow "
                    "waits",
                    nargs="*",
                    metavar="CUSTOMER",
                ),
                *_COMMON,
            ),
        ),
        ActionCommand(
            name="qualify",
            help="Request a qualification for a customer, once",
            description="Shows what it would send, and asks. The exit status is 0 if the qualification is approved or "
            "in review, 3 if it is unknown whether the request was carried out, and 1 otherwise.",
            func=lazy_load_command(f"{_COMMANDS}.customers.qualify.qualify"),
            args=(
                _arg("customer", help="The id, the whole domain or the whole company name", metavar="CUSTOMER"),
                *_COMMON,
                _arg(
                    "--qualification",
                    help="Education, GovernmentCommunityCloud or StateOwnedEntity",
                    required=True,
                ),
                _arg("--education-segment", help="K12 or HigherEducation; required for Education"),
                _arg("--website", help="The school's host name, for Education"),
                _arg(
                    "--validation-code",
                    help="Required for GovernmentCommunityCloud: the id of a code, or 'auto' with --organization",
                ),
                _arg("--organization", help="The name for which the partner's codes were issued"),
                _arg(
                    "--resubmit-denied-of",
                    help="Request again after this denial, as 'status' names it. It spends one of three attempts",
                ),
                _arg(
                    "--validation",
                    help="The generation of the API (default: asynchronous)",
                    choices=("asynchronous", "synchronous"),
                    default="asynchronous",
                ),
                _arg(
                    "--preflight",
                    help="Look first for what gets an Education request denied: tell it, or send nothing then "
                    "(default: warn)",
                    choices=("warn", "fail", "off"),
                    default="warn",
                ),
                _arg(
                    "--propagation-grace",
                    help="Reads are sure to show a request after so many seconds (default: 120)",
                    type=seconds,
                    default=120,
                ),
                _arg("--wait", help="Follow the verdict for so many seconds", type=seconds),
                _arg("--yes", help="Do not ask", action="store_true"),
            ),
        ),
    )
