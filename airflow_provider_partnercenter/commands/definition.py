"""
The commands of ``airflow partnercenter``, as Airflow's parser takes them.

Airflow (3.2) calls :func:`get_partnercenter_cli_commands` whenever its command line starts, for whatever command. So
this module imports nothing that is not there already, and each command is imported when it is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.cli.cli_config import GroupCommand

from airflow_provider_partnercenter.commands.arguments.customers import customers
from airflow_provider_partnercenter.commands.arguments.doctor import doctor
from airflow_provider_partnercenter.commands.arguments.sign_in import sign_in
from airflow_provider_partnercenter.commands.arguments.webhook import webhook

if TYPE_CHECKING:
    from airflow.cli.cli_config import CLICommand


def get_partnercenter_cli_commands() -> list[CLICommand]:
    """Return the command group ``partnercenter``."""
    return [
        GroupCommand(
            name="partnercenter",
            help="Set up Microsoft Partner Center, and qualify customers",
            subcommands=(sign_in(), doctor(), *customers(), webhook()),
        )
    ]
