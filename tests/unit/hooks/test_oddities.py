"""What is odd about a connection, and told."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_partnercenter.hooks.oddities import CONN_TYPE, EXTRAS, nearest, oddities
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.provider_info import get_provider_info


def test_the_names_are_those_of_the_form():
    info: Any = get_provider_info()
    (connection_type,) = info["connection-types"]
    assert tuple(connection_type["conn-fields"]) == EXTRAS
    assert connection_type["connection-type"] == PartnerCenterHook.conn_type == CONN_TYPE


@pytest.mark.parametrize("conn_type", ["partnercenter", "PartnerCenter", "", None])
def test_nothing_is_odd(conn_type):
    assert [*oddities(conn_type, EXTRAS)] == []


def test_another_type_is_told():
    (sentence,) = oddities("http", {})
    assert sentence == "its type is 'http' instead of 'partnercenter'. Check that it is the right connection."


def test_every_unknown_extra_is_told():
    first, second = oddities("partnercenter", {"refreshtoken": "secret", "tenant_id": "t", "x": 1})
    assert first == "the extra 'refreshtoken' is unknown and not used. Did you mean 'refresh_token'?"
    assert second == "the extra 'x' is unknown and not used."


def test_a_long_name_is_cut():
    (sentence,) = oddities("partnercenter", {"x" * 1000: 1})
    assert len(sentence) < 120


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("refreshtoken", "refresh_token"),
        ("RefreshToken", "refresh_token"),
        ("refresh-token", "refresh_token"),
        ("refesh_token", "refresh_token"),
        ("tenant", "tenant_id"),
        ("tenantId", "tenant_id"),
        ("directory_id", "tenant_id"),
        ("extra__partnercenter__tenant_id", "tenant_id"),
        ("client_certificat", "client_certificate"),
        ("private_key", "client_certificate_private_key"),
        ("credentials_variable", "credential_variable"),
        ("client_id", "login"),
        ("clientSecret", "password"),
        ("time_out", "timeout"),
        ("request_per_minute", "requests_per_minute"),
        ("cloud_name", None),
        ("x", None),
        ("", None),
    ],
)
def test_the_nearest_name(name, known):
    assert nearest(name) == known
