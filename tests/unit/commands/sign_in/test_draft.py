from __future__ import annotations

import json

import pytest
from airflow.sdk import Connection

from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.commands.sign_in.draft import (
    Draft,
    Given,
    completed,
    has_proof,
    new_draft,
    read_draft,
)

OLD = Draft(
    "partner",
    {"conn_type": "partnercenter", "login": "app", "password": "hidden", "host": "https://a.example", "port": 443},
    {"tenant_id": "t", "refresh_token": "hidden-token", "theirs": "hidden-theirs", "cloud": "china"},
)


def test_a_new_one():
    draft = completed(
        draft := new_draft("partner", given := Given("app", extra={"tenant_id": "t", "cloud": None})), given
    )
    assert draft.standard == {"conn_type": "partnercenter", "login": "app"}
    assert {**draft.extra, "refresh_token": 0} == {
        "tenant_id": "t",
        "credential_variable": "partner_credential",
        "refresh_token": 0,
    }
    assert not has_proof(draft)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (Given(), "--client-id and --tenant-id"),
        (Given("app"), "--tenant-id"),
        (Given(extra={"tenant_id": "t"}), "--client-id"),
        (Given("", extra={"tenant_id": ""}), "--client-id and --tenant-id"),
    ],
)
def test_a_new_one_that_lacks_something(given, missing):
    with pytest.raises(PartnerCenterConfigurationError, match=f"a new one needs {missing}"):
        new_draft("partner", given)


def test_what_is_not_named_stays():
    assert completed(OLD, Given()) == OLD
    changed = completed(OLD, Given("other", extra={"tenant_id": "u", "cloud": None}))
    assert changed.standard == {**OLD.standard, "login": "other"}
    assert changed.extra == {**OLD.extra, "tenant_id": "u"}


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        ({}, None, None),
        ({}, "", None),
        ({}, "v", "v"),
        ({"credential_variable": "w"}, None, "w"),
        ({"credential_variable": "w"}, "v", "v"),
        ({"credential_variable": "w"}, "", None),
    ],
)
def test_the_variable(before, given, after):
    draft = Draft("partner", OLD.standard, {**OLD.extra, **before})
    assert completed(draft, Given(extra={"credential_variable": given})).extra.get("credential_variable") == after


PROOFS = {
    "password": "secret",
    "client_certificate_private_key": "pem",
    "federated_identity_file": "/token",
    "managed_identity": "system",
}


@pytest.mark.parametrize("before", PROOFS)
@pytest.mark.parametrize("after", PROOFS)
def test_a_connection_has_one_proof(before, after):
    first = completed(OLD, Given(proof={before: PROOFS[before]}))
    second = completed(first, Given(proof={after: "new"}))
    found = {**second.standard, **second.extra}
    assert {name: found[name] for name in PROOFS if found.get(name)} == {after: "new"}
    assert second.extra["theirs"] == "hidden-theirs"
    assert has_proof(second)


def test_what_is_shown():
    assert "hidden" not in repr(OLD) + repr(Given(proof={"password": "hidden"})) + OLD.to_json(secrets=False)
    shown = json.loads(OLD.to_json(secrets=False))
    assert shown == {
        **OLD.standard,
        "password": "***",
        "extra": {"tenant_id": "t", "refresh_token": "***", "theirs": "***", "cloud": "china"},
    }
    assert json.loads(OLD.to_json(secrets=True)) == {**OLD.standard, "extra": OLD.extra}


def test_it_is_read_as_it_was_written():
    assert read_draft(OLD.connection()) == Draft("partner", {**OLD.standard, "schema": None}, OLD.extra)
    assert OLD.with_token("new").extra == {**OLD.extra, "refresh_token": "new"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"conn_type": "http"}, "of the type 'http', not 'partnercenter'"),
        ({"extra": "no json"}, "'extra' is not a JSON object"),
        ({"extra": "[1]"}, "'extra' is not a JSON object"),
    ],
)
def test_one_that_cannot_be_renewed(fields, said):
    with pytest.raises(PartnerCenterConfigurationError, match=said):
        read_draft(Connection(**{"conn_id": "partner", "conn_type": "partnercenter", **fields}))
