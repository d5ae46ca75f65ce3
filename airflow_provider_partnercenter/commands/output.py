"""What a command prints: its data to the standard output, and all that is said about it to the standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from airflow.cli.simple_table import AirflowConsole

if TYPE_CHECKING:
    from collections.abc import Sequence


def print_rows(rows: Sequence[dict[str, Any]], output: str, *, table: Sequence[str] = ()) -> None:
    """
    Print rows as Airflow's own commands do, which write every value but ``None`` as text.

    :param output: the format: ``table``, ``json``, ``yaml`` or ``plain``.
    :param table: the columns of a ``table``, if not all fit into a line.
    """
    if output == "table" and table:
        rows = [{name: row[name] for name in table if name in row} for row in rows]
    if output == "plain":
        # As it does itself in a table.
        rows = [
            {name: ",".join(value) if isinstance(value, list) else value for name, value in row.items()} for row in rows
        ]
    # What is in square brackets or between colons is text here, neither a style nor a picture.
    AirflowConsole(markup=False, emoji=False).print_as(rows, output)


def say(*lines: str) -> None:
    """Tell the person who runs the command something, each text on a line of its own."""
    for line in lines:
        sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
