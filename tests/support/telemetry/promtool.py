"""Prometheus's own tool, which checks rules and tries them."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from testbed.processes import MissingProgramError

if TYPE_CHECKING:
    from pathlib import Path


def find_program() -> str:
    """
    Return the path of promtool.

    :raises MissingProgramError: if it is not installed; the message says how to install it.
    """
    program = shutil.which("promtool")
    if program is None:
        raise MissingProgramError(
            "promtool is needed but not installed: it is not on the PATH. To install it on Debian or Ubuntu: "
            "apt-get install prometheus"
        )
    return program


def promtool(*arguments: str | Path) -> str:
    """Run promtool, and return what it says; fail with that if it finds a fault."""
    command = [find_program(), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said
