from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.auth.consent import Consented
from airflow_provider_partnercenter.commands.sign_in.draft import Draft
from airflow_provider_partnercenter.commands.sign_in.telling import (
    about_result,
    nobody_came,
    refusal_to_store,
    row_of_sign_in,
)
from airflow_provider_partnercenter.hooks.sign_in import SignIn
from airflow_provider_partnercenter.storage.sources import Place, Source

DATABASE = Source(Place.DATABASE, "Airflow's database")
ENVIRONMENT = Source(Place.ENVIRONMENT, "the environment variable X")
BACKEND = Source(Place.BACKEND, "the secrets backend Vault")


@pytest.mark.parametrize(
    ("sources", "replace", "said"),
    [
        ([], False, None),
        ([], True, None),
        ([DATABASE], True, None),
        ([DATABASE], False, "already"),
        ([ENVIRONMENT], True, "comes from the environment variable X"),
        ([BACKEND, DATABASE], True, "comes from the secrets backend Vault"),
        ([DATABASE, BACKEND], True, "comes from the secrets backend Vault"),
        ([Source(Place.BACKEND, "the secrets backend Vault", "TimeoutError")], True, "Vault .* (TimeoutError)"),
        ([Source(Place.DATABASE, "Airflow's database", "OperationalError")], True, "(OperationalError)"),
    ],
)
def test_where_it_may_not_be_stored(sources, replace, said):
    refusal = refusal_to_store("partner", sources, replace=replace)
    assert (refusal is None) == (said is None)
    if refusal and said:
        assert all(part in refusal.message for part in said.split(" .* "))
        assert refusal.hint


@pytest.mark.parametrize(
    ("compliant", "mfa", "shown", "said"),
    [
        (True, None, True, "with MFA."),
        (None, True, True, "with MFA."),
        (None, None, None, "and Microsoft does not say whether with MFA."),
    ],
)
def test_how_it_ended(compliant, mfa, shown, said):
    draft = Draft("partner", {"password": "hidden"}, {"refresh_token": "hidden"})
    consented, checked = Consented("hidden", None, mfa), SignIn("App+User", compliant, notes=("A note.",))
    row = row_of_sign_in(draft, consented, checked, printed=False, secrets=True)
    assert (row["mfa_compliant"], row["stored"], "conn_json" in row) == (shown, True, False)
    what, note = about_result(draft, consented, checked, printed=False)
    assert what.startswith(f"The user has signed in {said} ")
    assert note == "A note."
    assert what.endswith("Connection 'partner' is stored. Tasks use the new refresh token from now on.")
    assert "hidden" not in str(row) + what
    assert "Nothing was stored." in about_result(draft, consented, checked, printed=True)[0]


def test_nobody_came():
    assert nobody_came(300, 0).message == "No browser came back from the sign-in within 300 s"
    assert nobody_came(300, 2).message.endswith(". 2 came back from another sign-in")
