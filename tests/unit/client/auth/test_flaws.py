"""Texts that cannot be a credential."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.auth.flaws import flaw_of, flaw_of_pem

MASKED, PLACEHOLDER, WORD = "asterisks", "a placeholder", "the word for a missing value"


@pytest.mark.parametrize(
    "text",
    [
        "app",
        "7c6bd3a5-0b67-4d0a-b7e7-3d0b4a7ff9cf",
        "contoso.onmicrosoft.com",
        "Abc8Q~d_.-eFgHiJkLmNoPqRsTuVwXyZ01234567",
        "0.AXoAabc-def_GHI.AgABAwEAAAA",
        "1.AXoA-_",
        "M.C5_BAY.0.U.-Cg*abc!def$$",
        "p@ss/w=rd&secret?#%+",
        "old+base64/secret==",
        "it's",
        "no-none-null",
        "a*b**c",
        "50%",
        "a<b",
    ],
)
def test_what_can_be_a_credential(text):
    assert flaw_of(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("***", MASKED),
        ("********", MASKED),
        ("*", MASKED),
        ("••••••", MASKED),
        ("abc***def", MASKED),
        ("<client secret>", PLACEHOLDER),
        ("<client\nsecret>", PLACEHOLDER),
        ("[client-secret]", PLACEHOLDER),
        ("{client_secret}", PLACEHOLDER),
        ("{{ var.value.secret }}", PLACEHOLDER),
        ("{{secret", PLACEHOLDER),
        ("{% if x %}", PLACEHOLDER),
        ("${SECRET}", PLACEHOLDER),
        ("$SECRET", PLACEHOLDER),
        ("$(SECRET)", PLACEHOLDER),
        ("%SECRET%", PLACEHOLDER),
        ("${{ secrets.TOKEN }}", PLACEHOLDER),
        ("None", WORD),
        ("null", WORD),
        ("undefined", WORD),
        ('"abc"', "a quotation mark"),
        ("'abc'", "a quotation mark"),
        ("`abc`", "a quotation mark"),
        ("“abc”", "a quotation mark"),
        ('"abc', "a quotation mark"),
        ("abc'", "a quotation mark"),
        ("abc\ndef", "a line break"),
        ("abc\r\ndef", "a line break"),
        ("abc\u2028def", "a line break"),
        ("abc\\ndef", "a line break"),
        ("abc\\\\ndef", "a line break"),
        ("abc def", "a blank"),
        ("abc\tdef", "a blank"),
        ("abc\u200bdef", "the invisible character U+200B at position 4"),
        ("\ufeffabc", "the invisible character U+FEFF at position 1"),
        ("abc\u00a0def", "the invisible character U+00A0 at position 4"),
        ("abc\u00ad", "the invisible character U+00AD at position 4"),
        ("abc\u2060def", "the invisible character U+2060 at position 4"),
        ("abc\ufe0fdef", "the invisible character U+FE0F at position 4"),
        ("abc\u3164def", "the invisible character U+3164 at position 4"),
        ("abc\u202edef", "the invisible character U+202E at position 4"),
        ("äbc", "a character that is not ASCII at position 1"),
        ("abc–def", "a character that is not ASCII at position 4"),
        ("abc…", "a character that is not ASCII at position 4"),
        ("аbc", "a character that is not ASCII at position 1"),
    ],
)
def test_what_cannot_be_one(text, problem):
    flaw = flaw_of(text)
    assert flaw is not None
    assert problem in flaw.problem
    assert flaw.hint
    assert "abc" not in " ".join(flaw)
    assert " ".join(flaw).isprintable()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("***", MASKED),
        ("<certificate>", PLACEHOLDER),
        ("{{ var.value.pem }}", PLACEHOLDER),
        ("None", WORD),
        ("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----", None),
        ('"-----BEGIN CERTIFICATE-----\\nMII\\n-----END CERTIFICATE-----"', None),
        ("Bag Attributes\n    friendlyName: ***\n-----BEGIN CERTIFICATE-----\nMII", None),
        ("no PEM at all", None),
    ],
)
def test_what_stands_in_the_place_of_a_certificate(text, problem):
    flaw = flaw_of_pem(text)
    assert problem in flaw.problem if problem else flaw is None
