"""What a command prints: its data to the standard output, and all that is said about it to the standard error."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from airflow.cli.simple_table import AirflowConsole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_partnercenter.client.errors import PartnerCenterError

# An argument at the beginning of a message, or one that cannot be an ordinary word.
_NAME = re.compile(r"^[a-z]+(?= )|\b[a-z]+(?:_[a-z]+)+\b")
# What the client calls differently.
_FLAGS = {"webhook_url": "--url"}


def print_rows(rows: Sequence[dict[str, Any]], output: str, *, table: Sequence[str] = ()) -> None:
    """
    Print rows as Airflow's own commands do, but with numbers, truth values and nulls as such in JSON and YAML.

    :param rows: dictionaries of plain JSON types.
    :param output: the format: ``table``, ``json``, ``yaml`` or ``plain``.
    :param table: the columns of a ``table``, if not all fit into a line.
    """
    # What is in square brackets or between colons is text here, neither a style nor a picture.
    console = AirflowConsole(markup=False, emoji=False)
    if output in ("json", "yaml"):
        # Airflow's print_as would write every value as text. YAML takes no subclasses of JSON's types.
        render = console.print_as_json if output == "json" else console.print_as_yaml
        render(json.loads(json.dumps(rows, default=str)))
        return
    if output == "table" and table:
        rows = [{name: row[name] for name in table if name in row} for row in rows]
    if output == "plain":
        # As it does itself in a table.
        rows = [
            {name: ",".join(value) if isinstance(value, list) else value for name, value in row.items()} for row in rows
        ]
    console.print_as(rows, output)


def print_document(text: str) -> None:
    """Print a text alone, for another program."""
    sys.stdout.write(f"{text}\n")


def say(*lines: str) -> None:
    """Tell the person who runs the command something, each text on a line of its own."""
    for line in lines:
        sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def say_error(error: PartnerCenterError, arguments: Iterable[str] = ()) -> None:
    """
    Tell the person who runs the command what has gone wrong.

    The message of an error begins with a small letter if it may stand after a colon. Here it stands alone.

    :param arguments: the names of the command's arguments.
    """
    lines = (as_typed(line, arguments) for line in error.lines)
    say(*(f"{line[:1].upper()}{line[1:]}" for line in lines))


def as_typed(text: str, arguments: Iterable[str]) -> str:
    """
    Return a message with the arguments as a person types them, ``--education-segment`` for ``education_segment``.

    :param text: a message about arguments of the client.
    :param arguments: the names of the command's arguments.
    """
    flags = {**{name: f"--{name.replace('_', '-')}" for name in arguments}, **_FLAGS}
    return _NAME.sub(lambda found: flags.get(found[0], found[0]), text)
