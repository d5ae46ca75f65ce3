"""``airflow``, started as a person does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.patience import PATIENCE
from tests.support.commands.in_process import Done

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[3]


class Shell:
    """
    Starts ``airflow``.

    :param home: its ``AIRFLOW_HOME``.
    :param environment: further variables; of those of the caller none that is Airflow's is passed on.
    """

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        inherited = {name: value for name, value in os.environ.items() if "AIRFLOW_" not in name}
        self._home = home
        self._environment = {**inherited, "AIRFLOW_HOME": str(home), "PYTHONPATH": str(ROOT), **environment}

    def __call__(self, *arguments: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            cwd=self._home,
        )
        return Done(done.returncode, done.stdout, done.stderr)
