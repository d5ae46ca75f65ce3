"""What the arguments of all commands have in common."""

from __future__ import annotations

from typing import Any

from airflow.cli.cli_config import ARG_OUTPUT, ARG_VERBOSE, Arg

COMMANDS = "airflow_provider_partnercenter.commands"


def arg(flag: str, **options: Any) -> Arg:
    """Return an argument."""
    return Arg((flag,), **options)  # type: ignore[no-untyped-call]  # Airflow's method is untyped


# The hook's default, which is not imported for this.
ARG_CONN_ID = arg("--conn-id", help="The connection to Partner Center", default="partnercenter_default")
COMMON = (ARG_CONN_ID, ARG_OUTPUT, ARG_VERBOSE)
