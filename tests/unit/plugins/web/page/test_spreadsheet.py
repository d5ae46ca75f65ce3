"""CSV: what a spreadsheet program would take for a formula is shown as text."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.plugins.web.page.spreadsheet import cell, csv_lines


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("Contoso", "Contoso"),
        ("a=b", "a=b"),
        ('=HYPERLINK("https://evil.example")', '\'=HYPERLINK("https://evil.example")'),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("  =1", "'  =1"),
        ("\uff1d1", "'\uff1d1"),
        (-1, "-1"),
        (2, "2"),
        (True, "True"),
        (datetime(2026, 11, 27, 8, tzinfo=UTC), "2026-11-27T08:00:00+00:00"),
    ],
)
def test_a_cell(value, text):
    assert cell(value) == text


def test_it_is_read_back_as_it_was():
    rows = [["Contoso, Ltd.", 'the "best"\nschool', None], ["\u202egnal", "<script>", "x" * 10_000]]
    written = "".join(csv_lines(["a", "b", "c"], rows))
    assert written.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(written.removeprefix("\ufeff"))))
    assert read == [["a", "b", "c"], ["Contoso, Ltd.", 'the "best"\nschool', ""], rows[1]]


def test_nothing_is_a_head():
    assert "".join(csv_lines(["a"], [])) == "\ufeffa\r\n"
