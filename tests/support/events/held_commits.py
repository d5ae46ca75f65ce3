"""
A plugin for the Airflow of a test: it keeps a process waiting before or after it stores an asset event.

It is copied into the plugins folder of that Airflow, whose ``AIRFLOW_HOME`` has the folder ``held`` while somebody is
to be kept waiting.
"""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

FOLDER = Path(os.environ.get("AIRFLOW_HOME", "/nowhere")) / "held"
KEPT = "kept"


def _notice(session: Session, *_: Any) -> None:
    # By its name, so that no process imports Airflow's models because of this.
    if any(type(each).__name__ == "AssetEvent" for each in session.new):
        session.info[KEPT] = True


def _keep(moment: str, session: Session) -> None:
    if session.info.get(KEPT) and (FOLDER / moment).exists():
        (FOLDER / KEPT).touch()
        while (FOLDER / moment).exists():
            time.sleep(0.05)


event.listen(Session, "after_flush", _notice)
event.listen(Session, "before_commit", partial(_keep, "before"))
event.listen(Session, "after_commit", partial(_keep, "after"))
