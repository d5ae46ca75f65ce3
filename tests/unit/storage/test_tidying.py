"""Which files are tidied up, and which are kept."""

from __future__ import annotations

import logging
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import attach

from airflow_provider_partnercenter.client import clock
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.qualification.bulk.report import Entry
from airflow_provider_partnercenter.storage.entries import EntryFolder, folder_of
from airflow_provider_partnercenter.storage.tidying import remove_finished
from tests.support.bench import CUSTOMER, EPOCH
from tests.support.task_modes import TaskInstance

DAY = 86400
MONTH = timedelta(days=30)
ENTRY = Entry((0,), CUSTOMER, "Education", "in_review")


@pytest.fixture
def time(monkeypatch):
    """A clock that stands still unless it is set."""
    time = SimpleNamespace(now=EPOCH)
    monkeypatch.setattr(clock, "source", SimpleNamespace(now=lambda: time.now))
    return time


@pytest.fixture(params=["file", "memory"])
def storage(request, tmp_path):
    """A file system, and one that is none, like object storage."""
    # Airflow itself requires fsspec.
    attach("memory", fs=import_module("fsspec.implementations.memory").MemoryFileSystem())
    path = f"file://{tmp_path}/storage" if request.param == "file" else f"memory://{tmp_path.name}"
    folder = ObjectStoragePath(path)
    folder.mkdir(parents=True)
    # As the installed universal-pathlib spells it.
    return str(folder)


def started(storage, **task):
    context: Any = {"ti": TaskInstance(**task)}
    mine = EntryFolder(folder_of(storage, context), "1")
    mine.prepare()
    mine.write_requests([ENTRY])
    mine.write_verdicts([ENTRY])
    return mine


def ended(storage, **task):
    mine = started(storage, **task)
    mine.write_report({})
    return mine


def files(storage):
    root = ObjectStoragePath(storage)
    return sorted(str(path).removeprefix(str(root)) for path in root.rglob("*") if path.is_file())


def test_reports_of_long_ago_are_removed_with_everything_beside_them(time, storage):
    old = [ended(storage, run_id="a"), ended(storage, run_id="b", map_index=0), ended(storage, run_id="b", map_index=1)]
    time.now += 29 * DAY
    young = ended(storage, run_id="c")
    kept = files(storage)[-4:]
    time.now += 2 * DAY
    assert sorted(remove_finished(storage, MONTH)) == sorted(each.path for each in old)
    assert files(storage) == kept
    assert all(young.path.removeprefix(storage) in file for file in kept)
    assert remove_finished(storage, MONTH) == []


def test_of_a_file_system_the_folders_go_too(time, tmp_path):
    ended(f"file://{tmp_path}")
    time.now += 31 * DAY
    remove_finished(f"file://{tmp_path}", MONTH)
    assert list(tmp_path.iterdir()) == []
    assert tmp_path.is_dir()


@pytest.mark.parametrize("before", [None, ended], ids=["first-time", "cleared"])
def test_a_task_that_waits_keeps_its_files_and_is_named(time, storage, before, caplog):
    if before:
        before(storage)
        time.now += 40 * DAY
    waiting = started(storage)
    time.now += 40 * DAY
    kept = files(storage)
    with caplog.at_level(logging.WARNING):
        assert remove_finished(storage, MONTH) == []
    assert files(storage) == kept
    assert waiting.path in caplog.text
    assert waiting.read(1) == [ENTRY]


def test_a_wait_that_is_not_old_is_not_named(time, storage, caplog):
    started(storage)
    time.now += 20 * DAY
    assert remove_finished(storage, MONTH) == []
    assert caplog.text == ""


def test_a_report_that_a_cleared_task_wrote_again_counts_from_then(time, storage):
    ended(storage)
    time.now += 29 * DAY
    ended(storage)
    time.now += 2 * DAY
    assert remove_finished(storage, MONTH) == []


FOREIGN = {
    "beside ours": "onboarding/run/qualify/notes.txt",
    "another report": "a/b/c/report.json",
    "another state": "a/b/c/state.json",
    "not as deep": "report.json",
    "deeper": "a/b/c/d/e/state.json",
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("content", ["", "[]", '{"ended": "2001-01-01"}', "\ud83c".encode("utf-16", "surrogatepass")])
def test_files_of_others_stay(time, storage, name, content):
    path = ObjectStoragePath(storage) / FOREIGN[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    ended(storage, run_id="run")
    time.now += 31 * DAY
    assert len(remove_finished(storage, MONTH)) == 1
    assert files(storage) == [f"/{FOREIGN[name]}"]


def test_a_removal_that_was_interrupted_goes_on(time, storage, monkeypatch):
    mine = ended(storage)
    time.now += 31 * DAY
    unlink = ObjectStoragePath.unlink
    removed: list[Any] = []

    def fail(path):
        if removed:
            raise PermissionError(path)
        removed.append(path)
        unlink(path)

    monkeypatch.setattr(ObjectStoragePath, "unlink", fail)
    with pytest.raises(PartnerCenterConfigurationError, match="cannot be tidied up") as caught:
        remove_finished(storage, MONTH)
    assert caught.value.hint == "let workers remove files there"
    monkeypatch.undo()
    monkeypatch.setattr(clock, "source", SimpleNamespace(now=lambda: time.now))
    assert remove_finished(storage, MONTH) == [mine.path]
    assert files(storage) == []


def test_there_may_be_nothing_yet(time, tmp_path):
    assert remove_finished(f"file://{tmp_path}/nowhere", MONTH) == []


def test_a_storage_that_cannot_be_used_is_named(time):
    with pytest.raises(PartnerCenterConfigurationError, match="storage_path 'nosuch://bucket'"):
        remove_finished("nosuch://bucket", MONTH)


def handed_on(storage, **task):
    mine = EntryFolder(ended(storage, **task).path, "2")
    mine.write_rest([ENTRY])
    mine.write_report({}, hands_on=True)
    return mine


def test_what_is_left_to_another_run_is_kept_until_it_has_gone_on(time, storage, caplog):
    mine = handed_on(storage)
    time.now += 40 * DAY
    kept = files(storage)
    with caplog.at_level(logging.WARNING):
        assert remove_finished(storage, MONTH) == []
    assert files(storage) == kept
    assert f"Kept {mine.path}: its task left customers to another run on 2025-06-15" in caplog.text
    assert mine.read_rest(1) == [ENTRY]
    EntryFolder(mine.path).release_rest()
    assert remove_finished(storage, MONTH) == []
    time.now += 31 * DAY
    assert remove_finished(storage, MONTH) == [mine.path]
    assert files(storage) == []


def test_what_was_left_a_short_time_ago_is_not_named(time, storage, caplog):
    handed_on(storage)
    time.now += 20 * DAY
    assert remove_finished(storage, MONTH) == []
    assert caplog.text == ""


@pytest.mark.parametrize("spoil", [lambda mine: mine.write_rest([ENTRY, ENTRY]), lambda mine: mine.remove()])
def test_what_was_left_must_be_complete(time, storage, spoil):
    mine = handed_on(storage)
    spoil(mine)
    with pytest.raises(PartnerCenterConfigurationError, match="cannot be read") as caught:
        mine.read_rest(1)
    assert "start a run without 'rest' and with all customers" in caught.value.hint


def test_the_reports_of_two_tries_are_two_files(time, storage):
    """A worker that was given up may still be running."""
    mine = started(storage)
    paths = {
        EntryFolder(mine.path, deferral_id).write_report({"of": deferral_id}) for deferral_id in ("1.000", "2.000")
    }
    assert len(paths) == 2


def test_the_state_says_when_a_task_started_and_ended(time, storage):
    mine = started(storage)
    assert mine.state() == {"of": "airflow-provider-partnercenter", "started": "2025-06-15T15:06:40+00:00"}
    time.now += 60
    mine.write_report({})
    assert mine.state() == {"of": "airflow-provider-partnercenter", "ended": "2025-06-15T15:07:40+00:00"}
