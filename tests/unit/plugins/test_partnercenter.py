"""What the plugin tells Airflow about its pages."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter import __version__
from airflow_provider_partnercenter.plugins.partnercenter import PREFIX, PartnerCenterPlugin, pages
from airflow_provider_partnercenter.plugins.web.page.static_files import static_files

pytestmark = pytest.mark.since_airflow("3.2", "a UI that lends its components")


def test_there_is_one_in_each_place():
    assert [page["destination"] for page in pages()] == ["nav", "dag_run", "task_instance", "dashboard"]
    assert PartnerCenterPlugin.react_apps == pages()


def test_no_two_have_the_same_address():
    """A browser runs a module once for each address, and Airflow drops a second page at the same place."""
    for member in ("bundle_url", "url_route"):
        assert len({page[member] for page in pages()}) == 4


def test_the_addresses_name_the_version_and_files_that_are_there():
    for page in pages():
        for member in {"bundle_url", "icon", "icon_dark_mode"} & set(page):
            folder, _, name = page[member].rpartition("/")
            assert folder == f"{PREFIX}/static/{__version__}"
            assert name in static_files()


def test_what_a_module_makes_has_the_name_of_its_place():
    for page in pages():
        module = static_files()[page["bundle_url"].rpartition("/")[2]].content.decode()
        assert f'globalThis["{page["name"]}"] = ' in module


def test_an_airflow_below_a_path(monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://example.com/team/airflow/")
    assert {page["bundle_url"].partition("/static/")[0] for page in pages()} == {f"/team/airflow{PREFIX}"}
