"""A file with the token of another issuer: what is read, and what is refused with its cause and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_partnercenter.client.auth.proofs.token_file import TokenFile
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"


@pytest.mark.parametrize("content", [TOKEN, f"{TOKEN}\n", f"  {TOKEN}\r\n"])
def test_a_token_is_read_without_what_surrounds_it(tmp_path, content):
    file = tmp_path / "token"
    file.write_bytes(content.encode())
    assert TokenFile(str(file)).read() == TOKEN


@pytest.mark.parametrize(
    ("content", "problem", "hint"),
    [
        (None, "does not exist on this machine", "AZURE_FEDERATED_TOKEN_FILE"),
        (b"", "is empty", "has to write a token"),
        (b" \n\n", "is empty", "has to write a token"),
        (b"\xff\xfe\x00", "contains no token: it contains", "nothing else"),
        (b"two tokens", "contains no token: it contains a blank", "nothing else"),
        (b"one\ntwo", "contains no token: it contains a line break", "nothing else"),
        (b"${TOKEN}", "contains no token: it contains a placeholder", "nothing else"),
        (b"x" * 100_001, "is too long for a token", "nothing else"),
    ],
)
def test_what_is_no_token(tmp_path, content, problem, hint):
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(PartnerCenterConfigurationError) as caught:
        TokenFile(str(file)).read()
    text = str(caught.value)
    assert f"The file {str(file)!r} of 'federated_identity_file' {problem}" in text
    assert hint in text
    assert "tokens" not in text.partition("What to do")[0].replace("token file", "")


@pytest.mark.parametrize(("path", "why"), [("/", "Is a directory"), ("/a\0b", "its path is not valid")])
def test_what_cannot_be_read(path, why):
    with pytest.raises(PartnerCenterConfigurationError, match=f"cannot be read: {why}"):
        TokenFile(path).read()


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def forbid(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbid)
    with pytest.raises(PartnerCenterConfigurationError, match=r"cannot be read: Permission denied\. .*must be able to"):
        TokenFile("/var/run/token").read()


def test_msal_reads_it_anew_each_time_and_what_it_reads_is_masked(tmp_path):
    file = tmp_path / "token"
    masked: list[str] = []
    assertion = TokenFile(str(file)).for_msal(masked.append)["client_assertion"]
    for token in (TOKEN, TOKEN[:-1]):
        file.write_text(token)
        assert assertion() == token
    assert masked == [TOKEN, TOKEN[:-1]]
