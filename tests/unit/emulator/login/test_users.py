"""What the names of users mean."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.emulator.login.users import User


@pytest.mark.parametrize(
    ("name", "mfa", "role", "number"),
    [
        ("agent@partner.example", True, True, None),
        ("Without-MFA@elsewhere.example", False, True, None),
        ("without-role", True, False, None),
        ("declines@partner.example", True, True, 65004),
        ("aadsts53003@partner.example", True, True, 53003),
        ("AADSTS0050@partner.example", True, True, 50),
        ("aadsts0000@partner.example", True, True, None),
        ("aadsts12345678@partner.example", True, True, None),
        ("xaadsts53003@partner.example", True, True, None),
        ("", True, True, None),
    ],
)
def test_a_name(name: str, mfa: bool, role: bool, number: int | None) -> None:
    user = User(name)
    assert (user.mfa, user.has_role, user.refused_with) == (mfa, role, number)
    assert user.object_id == User(name.upper()).object_id != User(f"{name}x").object_id
