"""The fixtures in a project that has nothing else to do with ours: its tests pass with an empty conftest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent / "foreign_project"


def test_the_tests_of_a_project_pass(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if "AIRFLOW" not in name and "PYTEST" not in name}
    environment |= {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": str(Path.cwd()),
    }

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert (PROJECT / "conftest.py").read_text() == ""
    run("airflow", "db", "migrate")
    assert "14 passed" in run("pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(PROJECT))
