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
                _sign_in(),
                _doctor(),
            ),
        )
    ]


def _sign_in() -> ActionCommand:
    port = positive_int(allow_zero=True)  # type: ignore[no-untyped-call]  # Airflow's function is untyped
    seconds = positive_int(allow_zero=False)  # type: ignore[no-untyped-call]  # Airflow's function is untyped
    return ActionCommand(
        name="sign-in",
        help="Sign a partner user in, and make or renew an App+User connection",
        description="Opens Microsoft's sign-in in a browser. The application needs the redirect URI http://localhost "
        "under the platform Web; the port does not matter. MFA, and that Partner Center accepts the user, are checked "
        "before anything is stored. The exit status is 1 if nothing was stored, or if something failed.",
        func=lazy_load_command(f"{_COMMANDS}.sign_in.command.sign_in"),
        args=(
            *_COMMON,
            _arg("--client-id", help="The application (client) id; required for a new connection"),
            _arg("--tenant-id", help="The partner's tenant; required for a new connection"),
            _arg(
                "--client-secret-from",
                help="Where the client secret is: 'prompt', '-' (a line of the standard input), 'env:NAME' or "
                "'file:PATH'. By default it is asked for if nothing else proves who the application is",
                metavar="SOURCE",
            ),
            _arg(
                "--certificate-file",
                help="A PEM file with the certificate and its private key, in the place of the secret",
                metavar="PATH",
            ),
            _arg(
                "--federated-identity-file",
                help="The file with the token of another issuer, in the place of the secret",
                metavar="PATH",
            ),
            _arg(
                "--managed-identity",
                help="'system' or the client id of a managed identity, in the place of the secret",
                metavar="ID",
            ),
            _arg("--cloud", help="global, us_government or china (default of a new connection: global)"),
            _arg("--host", help="Another address of the API, for example of the emulator"),
            _arg("--authority", help="Another address of the login service, without the tenant"),
            _arg("--ca-bundle", help="A PEM file of the certificate authorities to trust", metavar="PATH"),
            _arg(
                "--credential-variable",
                help="The Airflow Variable in which tasks keep the refresh token fresh; '' for none (default of a new "
                "connection: its id and _credential)",
                metavar="NAME",
            ),
            _arg("--user", help="Who is to sign in, for example agent@partner.example"),
            _arg(
                "--paste",
                help="Sign in on another machine, and paste the address at which its browser ends. The default where "
                "there is no browser",
                action="store_true",
            ),
            _arg(
                "--no-browser",
                help="Only print the address; a browser on this machine has to open it",
                action="store_true",
            ),
            _arg("--port", help="Listen on this port of 127.0.0.1 (default: a free one)", type=port, default=0),
            _arg(
                "--timeout",
                help="Wait so many seconds for the browser (default: 300)",
                type=seconds,
                default=300,
            ),
            _arg(
                "--replace",
                help="Change an existing connection. What is not named stays, extras of others too",
                action="store_true",
            ),
            _arg("--print", help="Store nothing, and print the connection as JSON", action="store_true"),
            _arg("--show-secrets", help="With --print: show secrets, in the place of ***", action="store_true"),
        ),
    )


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
