from __future__ import annotations

import pytest

from airflow_provider_partnercenter.commands.sign_in.browser import Way, way_of


@pytest.mark.parametrize(
    ("environment", "platform", "way"),
    [
        ({"DISPLAY": ":0"}, "linux", Way.OPENED),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", Way.OPENED),
        ({"BROWSER": "firefox"}, "linux", Way.OPENED),
        ({"DISPLAY": ""}, "linux", Way.PASTED),
        ({}, "linux", Way.PASTED),
        ({"SSH_CONNECTION": "x", "DISPLAY": ":10"}, "linux", Way.OPENED),
        ({}, "darwin", Way.OPENED),
        ({"SSH_CONNECTION": "x"}, "darwin", Way.PASTED),
        ({}, "win32", Way.OPENED),
    ],
)
def test_where_somebody_signs_in(environment, platform, way):
    assert way_of(paste=False, no_browser=False, environment=environment, platform=platform) is way
    assert way_of(paste=True, no_browser=False, environment=environment, platform=platform) is Way.PASTED
    assert way_of(paste=False, no_browser=True, environment=environment, platform=platform) is Way.PRINTED
