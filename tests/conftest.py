"""
How cases are generated, in all tests that generate any.

They are the same in every run, so that a change is judged by itself. ``HYPOTHESIS_PROFILE=random`` generates others.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

COMMON = {
    # Time decides no test; and the first case of a new clone waits until a table of all characters is made.
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    # Explaining a failure takes minutes here.
    "phases": [phase for phase in Phase if phase is not Phase.explain],
}
settings.register_profile("same", derandomize=True, database=None, **COMMON)
settings.register_profile("random", print_blob=True, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
