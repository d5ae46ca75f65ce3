"""``airflow partnercenter webhook``."""

from __future__ import annotations

from airflow.cli.cli_config import ActionCommand, GroupCommand, lazy_load_command, positive_int, string_list_type

from airflow_provider_partnercenter.commands.arguments.common import COMMANDS, COMMON, arg, exit_status

_ARG_URL = arg(
    "--url",
    help="Where Partner Center is to send its events, for example https://airflow.example/partnercenter/webhook",
    required=True,
)
_ARG_EVENTS = arg(
    "--events",
    help="The names of the events, separated by commas. By default those with which a customer becomes the partner's, "
    "as far as the tenant offers them. test-created is always among them, because 'test' needs it",
    type=string_list_type,
)
_ARG_SIGNATURE_HEADER = arg(
    "--signature-header",
    help="Let Microsoft send the signature in the header x-ms-signature. By default it is in Authorization, which some "
    "reverse proxies use for themselves",
    action="store_true",
)
_ARG_REPLACE = arg(
    "--replace",
    help="Replace the registration of the tenant if there is a different one. Whoever uses that one gets no events "
    "any more",
    action="store_true",
)
_ARG_SHOW_SECRETS = arg(
    "--show-secrets",
    help="Show the address with its query, which is often a secret of the receiver",
    action="store_true",
)
_ARG_TIMEOUT = arg(
    "--timeout",
    help="Wait so many seconds for a delivery (default: 300)",
    type=positive_int(allow_zero=False),  # type: ignore[no-untyped-call]  # Airflow's function is untyped
    default=300,
)


def webhook() -> GroupCommand:
    """Return the commands about the registration of a webhook."""
    return GroupCommand(
        name="webhook",
        help="Where Partner Center sends its events",
        description="A tenant has one registration of a webhook. These commands manage it.",
        subcommands=(
            ActionCommand(
                name="register",
                help="Let Partner Center send events to an address",
                description=exit_status(
                    "the registration is as wanted", "there is a different one and --replace is missing"
                ),
                func=lazy_load_command(f"{COMMANDS}.webhook.register.webhook_register"),
                args=(*COMMON, _ARG_URL, _ARG_EVENTS, _ARG_SIGNATURE_HEADER, _ARG_REPLACE),
            ),
            ActionCommand(
                name="show",
                help="Show the registration",
                description=exit_status("there is one", "there is none"),
                func=lazy_load_command(f"{COMMANDS}.webhook.show.webhook_show"),
                args=(*COMMON, _ARG_SHOW_SECRETS),
            ),
            ActionCommand(
                name="test",
                help="Let Microsoft send an event, and wait for its delivery",
                description="Microsoft accepts two such tests a minute. "
                + exit_status("the event was delivered", "it was not delivered"),
                func=lazy_load_command(f"{COMMANDS}.webhook.test.webhook_test"),
                args=(*COMMON, _ARG_TIMEOUT),
            ),
        ),
    )
