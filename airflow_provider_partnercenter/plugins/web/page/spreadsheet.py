"""CSV for spreadsheet programs, which take some texts for formulas and carry them out."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.wire import format_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# OWASP's page "CSV Injection". The last four are the first four as East Asian input methods write them.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Without it, Excel takes the file for one in the code page of its machine.
_MARK = "\ufeff"


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """
    Return the lines of a CSV file (RFC 4180), with a byte order mark.

    :param head: the names of the columns.
    :param rows: the cells of each row. ``None`` is an empty cell, a moment is written as ISO 8601.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield _MARK
    for row in chain([head], rows):
        writer.writerow([cell(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def cell(value: object) -> str:
    """Return the text of a cell. An apostrophe before it keeps a spreadsheet program from taking it for a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return format_date(value)
    text = str(value)
    # A number of ours may be negative. A text of somebody else may begin with spaces, which such programs skip.
    formula = isinstance(value, str) and text.lstrip(" ").startswith(_FORMULA)
    return f"'{text}" if formula else text
