from __future__ import annotations

import pytest

from airflow_provider_partnercenter.qualification.states.customer import (
    MAX_ENTRIES,
    CustomerState,
    Phase,
    State,
    StoryEntry,
    shortened,
)


def entries(number):
    return tuple(StoryEntry("look", text=str(each)) for each in range(number))


@pytest.mark.parametrize(("number", "kept"), [(0, 0), (3, 3), (MAX_ENTRIES, MAX_ENTRIES), (100, MAX_ENTRIES)])
def test_a_story_has_a_beginning_and_an_end(number, kept):
    found = shortened(entries(number))
    assert len(found) == kept
    assert [found[at] for at in (0, -1) if found] == [entries(number)[at] for at in (0, -1) if found]


def test_what_is_not_known_is_left_out():
    state = CustomerState("a", "Education", State.IN_REVIEW, Phase.WAITING, story=(StoryEntry("read"),))
    assert state.to_dict() == {
        "customer_id": "a",
        "qualification": "Education",
        "state": "in_review",
        "phase": "waiting",
        "story": [{"what": "read"}],
    }


def test_long_texts_are_cut():
    name, text = "n" * 20_000, "t" * 20_000
    found = CustomerState(text, text, State.DENIED, Phase.ENDED, company_name=name, hint=text).to_dict()
    assert found["company_name"] == name[:10_240]
    assert (len(found["customer_id"]), len(found["hint"])) == (300, 2_000)
