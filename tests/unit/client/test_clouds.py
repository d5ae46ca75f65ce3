"""Where Microsoft's clouds are."""

from __future__ import annotations

from airflow_provider_partnercenter.client.clouds import CLOUDS, DEFAULT_CLOUD


def test_clouds():
    assert DEFAULT_CLOUD in CLOUDS
    for cloud in CLOUDS.values():
        assert cloud.api.startswith("https://")
        assert cloud.authority.startswith("https://login.")
        assert not cloud.api.endswith("/")
        assert cloud.scope == f"{cloud.api}/.default"
