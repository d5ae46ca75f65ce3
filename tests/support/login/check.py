"""Whether the emulator's API takes what an identity library got."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.plain_api import trusting_session

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator


def accepted(emulator: Emulator, token: str, kind: str) -> None:
    """
    Check that the API takes a token.

    :param kind: ``"app-only"`` or ``"app+user"``.
    """
    with trusting_session(emulator) as session:
        url = f"https://localhost:{emulator.port}/v1/customers"
        assert session.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert emulator.journal(path="/v1/customers")[-1]["authorization"] == kind
