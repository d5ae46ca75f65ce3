"""The configuration of a temporary Airflow on one machine, as environment variables."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.patience import CALL_PATIENCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def free_port() -> int:
    """Return a free port of localhost."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def airflow_environment(
    home: Path, url: str, dags_folders: Sequence[str | Path], settings: Mapping[str, object]
) -> dict[str, str]:
    """
    Return the complete environment of Airflow's processes.

    :param home: ``AIRFLOW_HOME``.
    :param url: the URL of the API server.
    :param dags_folders: the folders with DAGs; each one becomes a DAG bundle with the folder's name.
    :param settings: options that override the defaults, for example ``{"CORE__PARALLELISM": 8}``.
    """
    folders = [Path(folder).resolve() for folder in dags_folders]
    bundles = [
        {
            "name": folder.name,
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(folder)},
        }
        for folder in folders
    ]
    defaults = {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__LOAD_EXAMPLES": False,
        "CORE__DAGS_FOLDER": folders[0] if folders else home / "dags",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": False,
        "CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": True,
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        # SQLite allows one writer at a time. On a busy machine, the others wait longer than the default of 5 seconds.
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}?timeout={CALL_PATIENCE:g}",
        "LOGGING__BASE_LOG_FOLDER": home / "logs",
        "API__HOST": "127.0.0.1",
        "API__PORT": url.rpartition(":")[2],
        "API__BASE_URL": url,
        "API__WORKERS": 1,
        "API__SECRET_KEY": secrets.token_hex(32),
        "API_AUTH__JWT_SECRET": secrets.token_hex(32),
        # Importing a DAG is as slow as the machine. By default Airflow gives it up after 30 seconds, a file after 50.
        "CORE__DAGBAG_IMPORT_TIMEOUT": CALL_PATIENCE,
        "DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": int(CALL_PATIENCE),
        "DAG_PROCESSOR__STALE_DAG_THRESHOLD": int(CALL_PATIENCE),
        # A file that has changed is read at once all the same; to read all of them every few seconds takes a
        # fifth of the CPU time of a test.
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": 3600,
        # Shorter than Airflow's defaults, so that a test does not have to wait for them.
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": 0.25,
        "SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": 2,
        "TRIGGERER__JOB_HEARTBEAT_SEC": 1,
        "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": 15,
        "DAG_PROCESSOR__REFRESH_INTERVAL": 5,
        "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": 1,
        "DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
    }
    inherited = {name: value for name, value in os.environ.items() if "AIRFLOW_" not in name}
    # The processes talk to each other and to an emulator on localhost, which must not go through the user's proxy.
    no_proxy = ",".join(filter(None, [inherited.get("NO_PROXY") or inherited.get("no_proxy"), "localhost,127.0.0.1"]))
    return {
        **inherited,
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "AIRFLOW_HOME": str(home),
        **{f"AIRFLOW__{name}": str(value) for name, value in {**defaults, **settings}.items()},
    }
