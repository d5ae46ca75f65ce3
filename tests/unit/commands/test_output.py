from __future__ import annotations

import json
from enum import StrEnum

import pytest
import yaml

from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.commands.output import as_typed, print_document, print_rows, say_error


@pytest.mark.parametrize("output", ["table", "json", "yaml", "plain"])
@pytest.mark.parametrize("text", ["[partnercenter] webhook_enabled", "[correlation id c-1]", "[/x] :warning: [bold]"])
def test_what_looks_like_a_style_is_text(text, output, capsys):
    print_rows([{"finding": text}], output)
    assert text in capsys.readouterr().out


class Word(StrEnum):
    WORD = "word"


ROW = {"text": "2", "number": 2, "yes": True, "no": False, "none": None, "list": ["a", "b"], "word": Word.WORD}


@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_programs_get_values_and_not_their_texts(output, read, capsys):
    print_rows([ROW], output, table=("text",))
    assert read(capsys.readouterr().out) == [{**ROW, "word": "word"}]


@pytest.mark.parametrize("output", ["table", "plain"])
def test_people_get_texts(output, capsys):
    print_rows([ROW], output)
    shown = capsys.readouterr().out.splitlines()[-1 if output == "plain" else 2]
    assert [part.strip() for part in shown.split(None if output == "plain" else "|")][:4] == ["2", "2", "True", "False"]
    assert "a,b" in shown


def test_a_document_is_printed_alone(capsys):
    print_document('{"a": "[bold]"}')
    assert capsys.readouterr() == ('{"a": "[bold]"}\n', "")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("nothing was sent", "Nothing was sent."),
        ("Nothing was sent", "Nothing was sent."),
        ("'x' is unknown", "'x' is unknown."),
        ("conn_id is unknown", "--conn-id is unknown."),
    ],
)
def test_an_error_begins_with_a_capital_letter(message, said, capsys):
    say_error(PartnerCenterError(message, hint="give another conn_id"), ["conn_id"])
    assert capsys.readouterr() == ("", f"{said}\nWhat to do: give another --conn-id.\n")


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("education_segment is missing: one is needed", "--education-segment is missing: one is needed"),
        ("qualification 'Edu' is unknown", "--qualification 'Edu' is unknown"),
        ("organization is missing: education_segment is", "--organization is missing: --education-segment is"),
        ("webhook_url is not an address", "--url is not an address"),
        ("Customer x: the qualification is there", "Customer x: the qualification is there"),
        ("get_education_segment and customer_id", "get_education_segment and customer_id"),
        ("nothing was sent", "nothing was sent"),
    ],
)
def test_arguments_are_named_as_they_are_typed(text, typed):
    assert as_typed(text, ["education_segment", "qualification", "organization", "url"]) == typed
