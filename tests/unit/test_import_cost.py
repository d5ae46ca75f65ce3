"""
What is imported without being used costs little.

Every parse of a DAG file imports the operators, so they must not bring an HTTP library with them. Every process that
makes an asset, of whatever scheme, imports what is registered for ours. Every start of Airflow's command line imports
the definition of our commands.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import airflow_provider_partnercenter

ROOT = Path(airflow_provider_partnercenter.__file__).parents[1]
OPERATORS = """
import sys
from airflow.sdk import DAG
before = set(sys.modules)
import airflow_provider_partnercenter.operators.qualification
import airflow_provider_partnercenter.sensors.qualification
import airflow_provider_partnercenter.triggers.qualification
print("loaded", *(set(sys.modules) - before))
"""
COMMANDS = """
import sys
import airflow.cli.cli_config
import airflow.providers_manager
before = set(sys.modules)
from airflow_provider_partnercenter.provider_info import get_provider_info
(path,) = get_provider_info()["cli"]
module, _, name = path.rpartition(".")
getattr(__import__(module, fromlist=[name]), name)()
print("loaded", *(set(sys.modules) - before))
"""
ASSET = """
import sys
from airflow.sdk import Asset
Asset(uri="s3://bucket/file")
print("loaded", *sys.modules)
"""
PLUGINS = """
import sys
from airflow.plugins_manager import AirflowPlugin
try:
    import airflow.sdk.plugins_manager
except ImportError:
    pass
before = set(sys.modules)
from airflow_provider_partnercenter.plugins.partnercenter import PartnerCenterPlugin
print("loaded", *(set(sys.modules) - before))
"""


PYTEST = """
import sys
import pytest
before = set(sys.modules)
import airflow_provider_partnercenter.testing.plugin
print("loaded", *(set(sys.modules) - before))
"""


def loaded_by(code: str, home: Path) -> list[str]:
    environment = {**os.environ, "AIRFLOW_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    output = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    (loaded,) = (line.split()[1:] for line in output.splitlines() if line.startswith("loaded "))
    return loaded


def test_an_asset_of_somebody_else_loads_next_to_nothing_of_ours(tmp_path):
    ours = [name for name in loaded_by(ASSET, tmp_path) if name.startswith("airflow_provider_partnercenter.")]
    assert set(ours) == {"airflow_provider_partnercenter.assets", "airflow_provider_partnercenter.provider_info"}


def test_the_definition_of_the_commands_loads_nothing_else(tmp_path):
    package = "airflow_provider_partnercenter"
    # Depending on the version, Airflow has read the provider's metadata before.
    loaded = set(loaded_by(COMMANDS, tmp_path)) - {package, f"{package}.provider_info"}
    arguments = {name for name in loaded if name.startswith(f"{package}.commands.arguments")}
    assert loaded - arguments == {f"{package}.commands", f"{package}.commands.definition"}


def test_operators_sensors_and_triggers_load_no_http_library(tmp_path):
    loaded = loaded_by(OPERATORS, tmp_path)
    assert "airflow_provider_partnercenter.operators.qualification" in loaded
    heavy = {"msal", "requests", "aiohttp", "urllib3", "cryptography", "fastapi"}
    assert not heavy & {module.partition(".")[0] for module in loaded}


def test_a_process_that_is_no_api_server_loads_nothing_of_the_web_application(tmp_path):
    """Every process of Airflow loads the plugins, those of tasks included."""
    loaded = loaded_by(PLUGINS, tmp_path)
    assert "airflow_provider_partnercenter.plugins.partnercenter" in loaded
    assert not {module for module in loaded if module.startswith("airflow_provider_partnercenter.plugins.web")}
    assert not {"fastapi", "starlette", "cryptography", "requests"} & {module.partition(".")[0] for module in loaded}


def test_a_run_of_pytest_loads_nothing_before_a_test_wants_it(tmp_path):
    """The plugin is loaded in every run of pytest of whoever has this package."""
    package = "airflow_provider_partnercenter"
    assert set(loaded_by(PYTEST, tmp_path)) <= {package, f"{package}.testing", f"{package}.testing.plugin"}
