"""What an emulator is started with."""

from __future__ import annotations

import re
from typing import get_type_hints

from airflow_provider_partnercenter.emulator import settings


def test_everything_that_it_takes_is_offered_next_to_it() -> None:
    taken = " ".join(map(str, get_type_hints(settings.Settings).values()))
    classes = set(re.findall(r"emulator\.[\w.]+\.(\w+)", taken))
    assert classes == {"After", "Verdict", "Mix", "Limit"}
    assert classes | {"Chance", "LimitKind", "Settings"} <= set(settings.__all__)
    assert all(hasattr(settings, name) for name in settings.__all__)
