"""The command lines that the documentation shows are ones that the commands understand."""

from __future__ import annotations

import re
import shlex
from itertools import takewhile

import pytest
from airflow.cli import cli_parser

from airflow_provider_partnercenter.emulator.cli import make_parser
from tests.docs.built import ROOT

BLOCK = re.compile(r"^ *```(?:bash|console|shell|sh)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
#: Where a line begins with one of ours, perhaps after a prompt, or has it in "$(…)".
OURS = re.compile(r"(?:^\s*(?:\$ )?|\$\()((?:airflow partnercenter|partnercenter-emulator)\b.*)", re.MULTILINE)
PAGES = [ROOT / "README.md", *(page for page in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in page.parts)]


def words(line: str) -> list[str]:
    """Return a command's words up to where the shell ends it: at a pipe, an ampersand, a redirection, a comment."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(takewhile(lambda word: not word or not set(word) <= set("();<>|&"), lexer))


def commands(text: str) -> list[list[str]]:
    """Return the commands of ours that a page shows, each in words."""
    blocks = (block.replace("\\\n", " ") for block in BLOCK.findall(text))
    return [words(line) for block in blocks for line in OURS.findall(block)]


COMMANDS = {
    f"{page.relative_to(ROOT)}: {shlex.join(each)}": each for page in PAGES for each in commands(page.read_text())
}


@pytest.mark.parametrize("shown", COMMANDS)
def test_a_command_is_understood(shown: str) -> None:
    program, *arguments = COMMANDS[shown]
    parser = cli_parser.get_parser() if program == "airflow" else make_parser()
    # One that is not understood ends the program, and says why.
    parser.parse_args(arguments)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("$ airflow partnercenter doctor -o json | jq .", ["airflow", "partnercenter", "doctor", "-o", "json"]),
        ("airflow partnercenter status \\\n  'a b'  # all", ["airflow", "partnercenter", "status", "a b"]),
        ("partnercenter-emulator --port 1 > log &", ["partnercenter-emulator", "--port", "1"]),
        ('eval "$(partnercenter-emulator --print-env)"', ["partnercenter-emulator", "--print-env"]),
    ],
)
def test_a_command_is_found(shown: str, expected: list[str]) -> None:
    assert commands(f"```bash\ncd /\n{shown}\n```\n") == [expected]
