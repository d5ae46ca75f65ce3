"""How a command runs: with a client of the connection, an exit status, and errors that say what to do."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from typing import TYPE_CHECKING

from airflow.utils.cli import suppress_logs_and_warning

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError, PartnerCenterError
from airflow_provider_partnercenter.commands.output import say, say_error
from airflow_provider_partnercenter.compat import AirflowNotFoundException
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from airflow_provider_partnercenter.client.sync import PartnerCenterClient

FAILED = 1
# As a shell has it for a program that was interrupted (128 + SIGINT).
_INTERRUPTED = 130


def command(run: Callable[[PartnerCenterClient, Namespace], int]) -> Callable[[Namespace], None]:
    """
    Make a command of a function that uses the connection, as :func:`plain_command` does of any other.

    :param run: takes a client of the connection ``--conn-id`` and the arguments, and returns the exit status.
    """

    @functools.wraps(run)
    def with_client(arguments: Namespace) -> int:
        with contextlib.closing(PartnerCenterHook(arguments.conn_id).get_conn()) as client:
            return run(client, arguments)

    return plain_command(with_client)


def plain_command(run: Callable[[Namespace], int]) -> Callable[[Namespace], None]:
    """
    Make a command of a function.

    Whatever goes wrong is said in a few lines on the standard error; a stack trace comes only with ``--verbose``, and
    only for what nobody expected.

    :param run: takes the arguments, and returns the exit status.
    """

    @suppress_logs_and_warning
    @functools.wraps(run)
    def carried_out(arguments: Namespace) -> None:
        if status := _status_of(run, arguments):
            sys.exit(status)

    return carried_out


def no_connection(conn_id: str) -> PartnerCenterConfigurationError:
    """Return the error for a connection that Airflow does not find."""
    return PartnerCenterConfigurationError(
        f"Airflow finds no connection {conn_id!r}",
        hint="name another one by --conn-id, or make it: 'airflow partnercenter sign-in' makes one that can submit "
        "(App+User), 'airflow connections add' any other. If it is there, check whether this machine has the "
        "configuration of the Airflow to which it belongs: the database, the Fernet key and the secrets backend",
    )


def _status_of(run: Callable[[Namespace], int], arguments: Namespace) -> int:
    # As Airflow's own commands: otherwise connections and Variables are not looked for in the database.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    try:
        return run(arguments)
    except PartnerCenterError as error:
        say_error(error, vars(arguments))
    except AirflowNotFoundException:
        say(*no_connection(arguments.conn_id).lines)
    except KeyboardInterrupt:
        say("Interrupted.")
        return _INTERRUPTED
    except Exception as problem:
        if arguments.verbose:
            raise
        # Not its text, which may contain anything.
        say(f"Unexpected: {type(problem).__name__}.", "What to do: run the command with --verbose and report it.")
    return FAILED
