from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.commands.doctor.storage import Folder, judge_folders


@pytest.mark.parametrize(
    ("folder", "status", "says"),
    [
        (Folder("p", exists=True, writable=True), "ok", "can be read on this machine"),
        (Folder("p", exists=True), "ok", "Whether it can be written, --write tries."),
        (Folder("p", exists=True, writable=False), "failed", "may not write to 'p'"),
        (Folder("p", writable=False), "failed", "may not write to 'p'"),
        (Folder("p", writable=True), "ok", "the first task makes it"),
        (Folder("p"), "warning", "object storage has no empty folders"),
        (Folder("p", exists=True, written=True), "ok", "was written to 'p', read and removed"),
        (Folder("p", error=PartnerCenterServiceUnavailableError("It failed")), "failed", "It failed."),
    ],
)
def test_a_folder(folder, status, says):
    (finding,) = judge_folders((folder,))
    assert (finding.status.value, says in finding.text) == (status, True)


def test_each_folder_is_told():
    assert len([*judge_folders((Folder("a"), Folder("b")))]) == 2


def test_without_a_folder():
    (finding,) = judge_folders(())
    assert finding.status.value == "skipped"
    assert "--storage-path" in finding.remedy
