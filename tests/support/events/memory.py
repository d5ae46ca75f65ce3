"""An Airflow that keeps Variables for tasks which are called in the test's own process."""

from __future__ import annotations

import json
import os
from typing import Any

from airflow.sdk.exceptions import ErrorType
from airflow.sdk.execution_time.comms import (
    ConnectionResult,
    DagRunStateResult,
    ErrorResponse,
    GetConnection,
    GetDagRunState,
    GetVariable,
    OKResponse,
    PutVariable,
    VariableResult,
)


class AirflowMemory:
    """Keeps Variables and the states of runs, for tasks and triggers."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.runs: dict[str, str] = {}
        self.writes = 0
        self.away: tuple[type, ...] = ()

    def send(self, message: Any) -> Any:
        if isinstance(message, self.away):
            return ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": 500})
        match message:
            case GetVariable(key=key):
                if key in self.variables:
                    return VariableResult(key=key, value=self.variables[key])
                return ErrorResponse(error=ErrorType.VARIABLE_NOT_FOUND, detail={"key": key})
            case PutVariable(key=key, value=value):
                self.variables[key] = value
                self.writes += 1
                return OKResponse(ok=True)
            case GetDagRunState(run_id=run_id):
                if run_id in self.runs:
                    return DagRunStateResult.model_validate({"state": self.runs[run_id]})
                return ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": 404})
            case GetConnection(conn_id=conn_id):
                # 3.2: until then, a task asks for the connections of the environment too.
                given = json.loads(os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"])
                return ConnectionResult(conn_id=conn_id, **{**given, "extra": json.dumps(given["extra"])})
        assert type(message).__name__ == "MaskSecret", message
        return None
