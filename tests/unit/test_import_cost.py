"""Every parse of a DAG file imports the operators, so they must not bring an HTTP library with them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import airflow_provider_partnercenter

ROOT = Path(airflow_provider_partnercenter.__file__).parents[1]
CODE = """
import sys
from airflow.sdk import DAG
before = set(sys.modules)
import airflow_provider_partnercenter.operators.qualification
import airflow_provider_partnercenter.sensors.qualification
import airflow_provider_partnercenter.triggers.qualification
print("loaded", *(set(sys.modules) - before))
"""


def test_operators_sensors_and_triggers_load_no_http_library(tmp_path):
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CODE]
    output = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    (loaded,) = (line.split()[1:] for line in output.splitlines() if line.startswith("loaded "))
    assert "airflow_provider_partnercenter.operators.qualification" in loaded
    heavy = {"msal", "requests", "aiohttp", "urllib3", "cryptography", "fastapi"}
    assert not heavy & {module.partition(".")[0] for module in loaded}
