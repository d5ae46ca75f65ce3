"""What a procedure asks of whoever carries it out."""

from __future__ import annotations

from airflow_provider_partnercenter.client.protocol.commands import Response


def test_response_headers_are_found_in_any_letter_case():
    response = Response(200, {"rEtRy-AfTeR": "3"}, b"")
    assert response.header("Retry-After") == "3"
    assert response.header("MS-CV") is None
