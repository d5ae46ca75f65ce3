"""``airflow partnercenter doctor``."""

from __future__ import annotations

from airflow.cli.cli_config import ActionCommand, lazy_load_command

from airflow_provider_partnercenter.commands.arguments.common import COMMANDS, COMMON, arg, exit_status


def doctor() -> ActionCommand:
    """Return the command that finds out what is wrong."""
    return ActionCommand(
        name="doctor",
        help="Find out what is wrong with a set-up, and what to do about it",
        description="Checks in order all that must be right, and skips what cannot be right because of something "
        "else. Nothing is changed: tokens are read, never stored. "
        + exit_status("no check failed (there may be warnings)", "a check failed"),
        func=lazy_load_command(f"{COMMANDS}.doctor.command.doctor"),
        args=(
            *COMMON,
            arg("--storage-path", help="A folder that tasks for many customers use; by default those of the DAGs"),
            arg(
                "--write",
                help="Also try to write: make, read and remove a small file in each of these folders",
                action="store_true",
            ),
        ),
    )
