"""What an emulator is started with."""

from __future__ import annotations

import re
from typing import get_type_hints

import pytest
import trustme

from airflow_provider_partnercenter.emulator import settings


def test_everything_that_it_takes_is_offered_next_to_it() -> None:
    taken = " ".join(map(str, get_type_hints(settings.Settings).values()))
    classes = set(re.findall(r"emulator\.[\w.]+\.(\w+)", taken))
    assert classes == {"After", "Verdict", "Mix", "Limit"}
    assert classes | {"Chance", "LimitKind", "Settings"} <= set(settings.__all__)
    assert all(hasattr(settings, name) for name in settings.__all__)


def test_authorities_are_read_as_they_are() -> None:
    pem = trustme.CA().cert_pem.bytes() + trustme.CA().cert_pem.bytes()
    assert settings.authorities(pem) == pem


@pytest.mark.parametrize("pem", [b"", b"x", "é".encode(), b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError, match=r"^must be the certificates of authorities, as PEM$"):
        settings.authorities(pem)
