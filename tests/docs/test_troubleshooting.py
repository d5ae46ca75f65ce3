"""The pages of the errors: none is missing, and each says what to do."""

from __future__ import annotations

import ast
import itertools
import re
from typing import TYPE_CHECKING

import pytest
from _ext.troubleshooting import write_into
from _ext.troubleshooting.calls import GAP, PACKAGE, ROOT, find_made
from _ext.troubleshooting.catalogue import catalogue, classes, public_classes
from _ext.troubleshooting.page import NO_ANSWER, Page, Subject, markdown
from _ext.troubleshooting.writing import write_all

from airflow_provider_partnercenter.client.auth import advice, flaws
from airflow_provider_partnercenter.client.protocol import error_answers
from airflow_provider_partnercenter.client.protocol.error_answers import error_from_response
from airflow_provider_partnercenter.client.transport.certificates import HINTS as CERTIFICATES
from airflow_provider_partnercenter.commands.doctor.checks import CHECKS
from airflow_provider_partnercenter.qualification import denials

if TYPE_CHECKING:
    from pathlib import Path

PAGES = catalogue()
TEXTS = write_all(PAGES)
INTRODUCTION = ROOT.parent / "docs/troubleshooting/index.md"


def hints_of(subject: Subject) -> set[str]:
    return {hint for page in PAGES if page.subject is subject for hint in page.hints}


def test_each_page_has_a_name_of_its_own() -> None:
    assert len({page.slug for page in PAGES}) == len(PAGES)


def test_each_page_stands_in_a_list() -> None:
    lists = "".join(text for name, text in TEXTS.items() if name.startswith("about-"))
    assert [page.title for page in PAGES if f"]({page.slug}.md)" not in lists] == []


def test_each_page_says_what_to_do() -> None:
    without = [page.title for page in PAGES if "**What to do" not in TEXTS[f"{page.slug}.md"]]
    # Their texts say it, or the class is only the base of others.
    told = ("PartnerCenterError", *(page.title for page in PAGES if page.error == "ValueError"))
    assert [title for title in without if title not in told] == []


@pytest.mark.parametrize("name", sorted(public_classes()))
def test_each_public_class_has_a_page(name: str) -> None:
    (page,) = (page for page in PAGES if page.subject is Subject.CLASSES and page.title == name)
    assert page.error == name


def test_the_public_classes_are_all_that_the_package_has() -> None:
    """A class that is not public is caught before a user sees it, or its texts are read as those of another are."""
    trees = [ast.parse(path.read_text()) for path in ROOT.rglob("*.py") if "emulator" not in path.parts]
    defined = {
        node.name
        for node in itertools.chain.from_iterable(map(ast.walk, trees))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error") and not node.name.startswith("_")
    }
    caught = {"NoDatabaseError", "TooLateError", "UnreadableAnswerError", "VariableError", "CutOffError"}
    assert defined - caught <= classes().keys()


def test_each_text_in_the_source_has_a_page() -> None:
    known = {tuple(page.words) for page in PAGES}
    made = find_made(frozenset(classes()))
    assert len(made) > 200
    texts = [(NO_ANSWER if each.error == "TransportError" else "") + text for each in made for text in each.texts]
    assert [text for text in texts if tuple(Page(Subject.WAITING, text, "").words) not in known] == []


@pytest.mark.parametrize(("status", "code"), error_answers._CODES)
def test_each_code_of_the_api_has_a_page(status: int, code: str) -> None:
    (page,) = (page for page in PAGES if page.title == f"{GAP} failed (HTTP {status}, code {code})")
    assert page.hints == (error_answers._CODES[status, code],)


def test_each_meaning_of_words_has_a_page() -> None:
    assert {words.hint for words in error_answers._IN_WORDS} <= hints_of(Subject.REFUSALS)


def test_each_refusal_of_the_login_service_has_a_page() -> None:
    signs = set(itertools.chain.from_iterable(row[2] for row in advice._ROWS))
    titles = " ".join(page.title for page in PAGES if page.subject is Subject.SIGN_IN)
    numbers = set(map(int, re.findall(r"AADSTS(\d+)\)", titles)))
    assert numbers == {sign for sign in signs if isinstance(sign, int)}
    texts = {sign for sign in signs if isinstance(sign, str) and not sign.startswith("text: ")}
    assert [sign for sign in texts if f"({sign})" not in titles] == []
    told = {hint.replace("{who}", "the application or the integration user") for _, hint, _ in advice._ROWS}
    assert told <= hints_of(Subject.SIGN_IN)


def test_each_flaw_of_a_credential_has_a_page() -> None:
    rows = [flaw for _, flaw in (*flaws._IN_PLACE, *flaws._DAMAGED)]
    titles = [page.title for page in PAGES if page.subject is Subject.CONNECTION]
    assert [flaw.problem for flaw in rows if f"Connection {GAP} {flaw.problem}" not in titles] == []


def test_each_certificate_that_has_advice_has_a_page() -> None:
    pages = [page for page in PAGES if page.title.startswith(f"{NO_ANSWER}the certificate of {GAP} is not trusted: ")]
    assert len([page for page in pages if not page.title.endswith(f": {GAP}")]) == len(CERTIFICATES)
    assert set(CERTIFICATES.values()) <= hints_of(Subject.CONNECTING)


def test_each_reason_of_a_denial_has_a_page() -> None:
    assert set(denials._ADVICE.values()) <= hints_of(Subject.DENIALS)


def test_each_check_of_the_doctor_that_finds_something_by_itself_has_a_page() -> None:
    """The other checks find errors, which have pages, or what goes into a text that has one."""
    modules = {check.judge.__module__ for check in CHECKS if hasattr(check.judge, "__module__")}
    modules = {module.removeprefix(f"{PACKAGE}.") for module in modules if module.startswith(PACKAGE)}
    made = find_made(frozenset(classes()))
    with_findings = {each.module for each in made if each.error in ("failed", "warning")}
    assert with_findings & modules
    titles = {tuple(page.words) for page in PAGES if page.subject is Subject.DOCTOR}
    found = {text for each in made if each.module in modules for text in each.texts}
    assert [text for text in found if tuple(Page(Subject.DOCTOR, text, "").words) not in titles] == []


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    write_into(tmp_path)
    first = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    (tmp_path / "gone.md").write_text("# The page of an error that is no more\n")
    write_into(tmp_path)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == first
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == TEXTS


def test_what_is_special_to_markdown_is_shown_as_it_is() -> None:
    assert markdown("'a_b' [x] <y> --conn-id *") == r"'a\_b' \[x\] \<y\> --conn-id \*"


def test_the_example_of_the_introduction_is_what_the_code_says() -> None:
    body = b'{"code": "900329", "description": "This operation does not accept App-only tokens."}'
    error = error_from_response("Customer 5f0c1d2e-…: submitting Education", 403, body, correlation_id="3d6c1f0a-…")
    (example,) = re.findall(r"```text\n(.*?)```", INTRODUCTION.read_text(encoding="utf-8"), re.DOTALL)
    assert " ".join(example.split()) == str(error)
