"""The notes of many submissions: written together, read by the next try, and nobody believes what is not stored."""

from __future__ import annotations

import json
import threading

import pytest

from airflow_provider_partnercenter.client.errors import PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.qualification.records import SubmissionNote
from airflow_provider_partnercenter.storage.submission_notes import NoteJournal, TryNumberNotes, notes_of_many


class Store:
    """Airflow's task state store; ``hold`` keeps a write waiting."""

    def __init__(self):
        self.values, self.writes, self.fail, self.hold, self.entered = {}, [], False, None, threading.Event()

    def get(self, key, default=None):
        return json.loads(self.values[key]) if key in self.values else default

    def set(self, key, value):
        if self.hold:
            self.entered.set()
            self.hold.wait()
        if self.fail:
            raise ConnectionError("away")
        self.values[key] = json.dumps(value)
        self.writes.append(len(value))


def note(posts=1, request_id="r"):
    return SubmissionNote(request_id, posts, 5.0)


def test_another_try_finds_the_newest_notes():
    store = Store()
    journal = NoteJournal(store)
    for posts in (1, 2):
        journal.of("a").save(note(posts))
    journal.of("b").save(note())
    journal.of("b").forget()
    again = NoteJournal(store)
    assert again.of("a").load().posts == 2
    assert again.of("b").load() is None
    assert again.of("c").load() is None
    again.of("c").save(note(request_id="c"))
    assert NoteJournal(store).of("a").load().posts == 2, "nothing is overwritten"
    assert NoteJournal(store).of("c").load().request_id == "c"


def test_those_that_come_during_a_write_share_the_next_one():
    store = Store()
    store.hold = threading.Event()
    journal = NoteJournal(store)
    threads = [threading.Thread(target=journal.of(f"customer {n}").save, args=(note(),)) for n in range(10)]
    threads[0].start()
    store.entered.wait()
    for thread in threads[1:]:
        thread.start()
    while len(journal._unwritten) < 9:
        pass
    store.hold.set()
    for thread in threads:
        thread.join()
    assert store.writes == [1, 10]


def test_many_that_come_one_by_one_take_few_keys():
    store = Store()
    for tries in range(2):
        journal = NoteJournal(store)
        for number in range(125):
            journal.of(f"customer {tries} {number}").save(note())
    journal.of("customer 0 0").save(note(posts=2))
    again = NoteJournal(store)
    assert again.of("customer 0 0").load().posts == 2, "the newest, although it is in another page"
    assert all(again.of(f"customer {tries} {number}").load() for tries in range(2) for number in range(125))
    assert len(store.values) == 3


def test_a_full_page_is_not_written_to():
    store = Store()
    for number in range(NoteJournal.PAGE):
        NoteJournal(store).of(f"customer {number}").save(note())
    assert len(store.values) == 1
    NoteJournal(store).of("one more").save(note())
    assert sorted(len(json.loads(page)) for page in store.values.values()) == [1, NoteJournal.PAGE]
    assert NoteJournal(store).of("one more").load()


def test_a_note_that_cannot_be_written_is_not_believed():
    store = Store()
    journal = NoteJournal(store)
    store.fail = True
    with pytest.raises(PartnerCenterServiceUnavailableError, match=r"could not be written.*away"):
        journal.of("a").save(note())
    assert journal.of("a").load() is None
    store.fail = False
    journal.of("b").save(note())
    # The one before went with it: that it says more than was sent does no harm.
    assert NoteJournal(store).of("a").load().posts == 1
    assert len(store.values) == 1


def test_where_airflow_keeps_nothing_the_process_remembers_each_submission():
    notes = notes_of_many({})
    notes("a").save(note(posts=2))
    assert notes("a").load().posts == 2
    assert notes("b").load() is None
    notes("a").forget()
    assert notes("a").load() is None


def test_where_airflow_keeps_nothing():
    notes = notes_of_many({})
    assert isinstance(notes("a"), TryNumberNotes)
    assert notes("a").load() is None
