"""What the arguments of all commands have in common."""

from __future__ import annotations

from typing import Any

from airflow.cli.cli_config import ARG_OUTPUT, ARG_VERBOSE, Arg

COMMANDS = "airflow_provider_partnercenter.commands"


def arg(flag: str, **options: Any) -> Arg:
    """Return an argument."""
    return Arg((flag,), **options)  # type: ignore[no-untyped-call]  # Airflow's method is untyped


def exit_status(fine: str, wrong: str, more: str = "") -> str:
    """
    Return what the description of a command says of its exit status.

    :param fine: when it is 0.
    :param wrong: when it is 1, apart from errors.
    :param more: other values and when they are used, with a comma at the end.
    """
    return (
        f"The exit status is 0 if {fine}, 1 if {wrong}, if a value is refused or if something failed, {more}and 2 if "
        "the command line cannot be parsed, for example because a required argument is missing."
    )


# The hook's default, which is not imported for this.
ARG_CONN_ID = arg("--conn-id", help="The connection to Partner Center", default="partnercenter_default")
COMMON = (ARG_CONN_ID, ARG_OUTPUT, ARG_VERBOSE)
