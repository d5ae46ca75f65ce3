"""The catalogue of the ways of sending an event."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.emulator.webhooks.chains import CHAINS, GENUINE
from airflow_provider_partnercenter.emulator.webhooks.kinds import (
    CERTIFICATE_FAULTS,
    CERTIFICATES,
    KINDS,
    certificate_path,
    chain_of,
    describe,
)


def test_each_is_described_on_a_line():
    lines = describe().splitlines()
    assert [line.split()[0] for line in lines] == list(KINDS)
    assert all(kind.summary in line for kind, line in zip(KINDS.values(), lines, strict=True))


@pytest.mark.parametrize("name", KINDS)
def test_each_names_a_file_that_is_there(name):
    assert KINDS[name].certificate in CERTIFICATES
    assert chain_of(KINDS[name].certificate) in CHAINS


def test_what_a_receiver_has_to_take_is_tried_ten_times_and_the_rest_once():
    assert {name for name, kind in KINDS.items() if kind.attempts == 10} == {
        "genuine",
        "duplicate",
        "duplicate-at-once",
    }
    assert {kind.attempts for kind in KINDS.values()} == {1, 10}


def test_the_faults_of_certificates_are_at_files_that_kinds_name():
    named = {certificate_path(kind.certificate) for kind in KINDS.values()}
    assert set(CERTIFICATE_FAULTS) <= named
    assert dict(CERTIFICATE_FAULTS[certificate_path("redirected")].headers) == {"Location": certificate_path(GENUINE)}
