"""What is stored of a refresh token, and when it is replaced."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_partnercenter.storage.stored_token import (
    MAX_REPLACED,
    StoredToken,
    expiry_warning,
    is_shadowed,
    is_superseded,
    seed_of,
    successor_entry,
)
from tests.airflow_versions import redact

NOW = datetime(2026, 11, 3, 6, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEED = seed_of("ours")


def stored(token="stored", age=2 * DAY, seed=SEED, replaced=()):
    return StoredToken(token, NOW - age, seed, tuple(replaced))


class TestText:
    def test_it_is_read_back(self):
        entry = stored(replaced=["a", "b"])
        assert StoredToken.from_text(entry.to_text()) == entry

    def test_airflow_hides_the_token_and_nothing_else(self):
        members = json.loads(stored("secret-token", replaced=["b"]).to_text())
        hidden = redact(members, "partnercenter_credential")
        assert {name for name in members if hidden[name] != members[name]} == {"refresh_token"}
        assert "secret-token" not in repr(stored("secret-token"))

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "a token",
            '"a token"',
            "[]",
            "null",
            "{}",
            '{"refresh_token": "t"}',
            "[" * 100_000,
            '{"refresh_token": "t", "seed": "s"}',
            '{"refresh_token": "t", "seed": "s", "issued_at": "yesterday"}',
            '{"refresh_token": "t", "seed": "s", "issued_at": 5}',
            '{"refresh_token": "", "seed": "s", "issued_at": "2026-11-03T06:00:00+00:00"}',
            '{"refresh_token": "***", "seed": "s", "issued_at": "2026-11-03T06:00:00+00:00"}',
            '{"refresh_token": "0.A***", "seed": "s", "issued_at": "2026-11-03T06:00:00+00:00"}',
            '{"refresh_token": "<refresh token>", "seed": "s", "issued_at": "2026-11-03T06:00:00+00:00"}',
            '{"refresh_token": "{{ x }}", "seed": "s", "issued_at": "2026-11-03T06:00:00+00:00"}',
            '{"refresh_token": "None", "seed": "s", "issued_at": "2026-11-03T06:00:00+00:00"}',
            '{"refresh_token": "a b", "seed": "s", "issued_at": "2026-11-03T06:00:00+00:00"}',
            '{"refresh_token": "a\\u200bb", "seed": "s", "issued_at": "2026-11-03T06:00:00+00:00"}',
            '{"refresh_token": "\\"t\\"", "seed": "s", "issued_at": "2026-11-03T06:00:00+00:00"}',
            '{"refresh_token": 5, "seed": "s", "issued_at": "2026-11-03T06:00:00+00:00"}',
            '{"refresh_token": "t", "seed": "", "issued_at": "2026-11-03T06:00:00+00:00"}',
            '{"refresh_token": "t", "seed": "s", "issued_at": "9999-12-31T00:00:00+00:00"}',
            '{"refresh_token": "t", "seed": "s", "issued_at": "2026-11-03T06:00:00+00:00", "replaced": "s"}',
            '{"refresh_token": "t", "seed": "s", "issued_at": "2026-11-03T06:00:00+00:00", "replaced": [1]}',
        ],
    )
    def test_something_else_is_refused(self, text):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever json and datetime say
            StoredToken.from_text(text)

    @pytest.mark.parametrize("name", ["pc_secret", "partner_token", "password"])
    def test_what_airflow_s_form_shows_of_a_variable_with_a_sensitive_name_is_refused(self, name):
        shown = redact(json.loads(stored(replaced=["b"]).to_text()), name)
        with pytest.raises(ValueError, match="refresh_token"):
            StoredToken.from_text(json.dumps(shown))

    def test_blanks_around_an_edited_token_do_not_matter(self):
        entry = stored()
        assert StoredToken.from_text(entry.to_text().replace('"stored"', '" stored\\n"')) == entry

    def test_what_a_person_may_have_left_out(self):
        entry = StoredToken.from_text('{"refresh_token": "t", "seed": "s", "issued_at": "2026-11-03T06:00:00"}')
        assert entry == StoredToken("t", NOW, "s")

    @given(
        st.dictionaries(st.sampled_from(["refresh_token", "issued_at", "seed", "replaced"]), st.text() | st.integers())
    )
    def test_whatever_it_is_only_one_kind_of_error_comes_of_it(self, members):
        with contextlib.suppress(ValueError):
            StoredToken.from_text(json.dumps(members))


@pytest.mark.parametrize(
    ("entry", "older", "superseded"),
    [
        pytest.param(stored(seed=SEED), SEED, False, id="our-lineage"),
        pytest.param(stored(seed="other"), "other", True, id="another-that-was-there-before-us"),
        pytest.param(stored(seed="other", replaced=[SEED]), "other", False, id="it-has-replaced-ours"),
        pytest.param(stored(seed="other"), SEED, False, id="it-came-after-we-looked"),
        pytest.param(stored(seed="other"), None, False, id="it-came-where-we-saw-none"),
        pytest.param(stored(seed="third"), "other", False, id="another-has-replaced-the-older"),
    ],
)
def test_whose_token_is_newer(entry, older, superseded):
    assert is_superseded(entry, SEED, older) is superseded


@pytest.mark.parametrize(
    ("entry", "older", "written"),
    [
        pytest.param(None, None, StoredToken("new", NOW, SEED), id="nothing-there"),
        pytest.param(stored(age=DAY), SEED, StoredToken("new", NOW, SEED), id="old"),
        pytest.param(stored(age=DAY - HOUR / 60), SEED, None, id="fresh"),
        pytest.param(stored(age=timedelta()), SEED, None, id="just-now"),
        pytest.param(stored(age=-HOUR), SEED, None, id="of-a-clock-that-is-ahead"),
        pytest.param(stored(age=-2 * DAY), SEED, StoredToken("new", NOW, SEED), id="of-a-clock-that-is-wrong"),
        pytest.param(stored(age=DAY, replaced=["x"]), SEED, StoredToken("new", NOW, SEED, ("x",)), id="history-stays"),
        pytest.param(stored(age=HOUR, seed="x"), "x", StoredToken("new", NOW, SEED, ("x",)), id="consented-anew"),
        pytest.param(
            stored(age=9 * DAY, seed="y", replaced=["x"]), "y", StoredToken("new", NOW, SEED, ("x", "y")), id="again"
        ),
        pytest.param(stored(age=9 * DAY, seed="y"), SEED, None, id="ours-is-replaced-meanwhile"),
        pytest.param(stored(age=9 * DAY, seed="y"), None, None, id="a-newer-one-came-first"),
    ],
)
def test_what_is_written(entry, older, written):
    assert successor_entry(entry, SEED, older, SEED, "new", NOW) == written


@pytest.mark.parametrize("successor", ["", "***", "a b", "t\u00e9"])
@pytest.mark.parametrize("entry", [None, stored(age=9 * DAY), stored(seed="x")])
def test_what_could_not_be_read_back_is_not_written(entry, successor):
    assert successor_entry(entry, SEED, "x", SEED, successor, NOW) is None


@pytest.mark.parametrize(
    ("entry", "written"),
    [
        pytest.param(
            stored(age=DAY, seed="after", replaced=[SEED]),
            StoredToken("new", NOW, "after", (SEED,)),
            id="it-is-renewed",
        ),
        pytest.param(stored(age=HOUR, seed="after", replaced=[SEED]), None, id="it-is-fresh"),
        pytest.param(stored(age=DAY, seed="later", replaced=[SEED, "after"]), None, id="it-was-replaced-too"),
        pytest.param(None, None, id="it-was-deleted"),
    ],
)
def test_who_went_on_with_a_newer_lineage_renews_that(entry, written):
    assert successor_entry(entry, SEED, "after", "after", "new", NOW) == written


def test_the_history_does_not_grow_for_ever():
    entry = stored(seed="last", replaced=map(str, range(MAX_REPLACED)))
    written = successor_entry(entry, SEED, "last", SEED, "new", NOW)
    assert written.replaced == (*map(str, range(1, MAX_REPLACED)), "last")


@pytest.mark.parametrize(
    ("before", "after", "shadowed"),
    [
        ("a", "written", False),
        (None, "written", False),
        ("a", "of another process", False),
        (None, "of another process", False),
        ("a", None, False),  # deleted meanwhile
        ("a", "a", True),
        (None, None, True),
    ],
)
def test_when_something_else_answers_in_the_variable_s_place(before, after, shadowed):
    assert is_shadowed(before, "written", after) is shadowed


@pytest.mark.parametrize(
    ("age", "says"),
    [
        (timedelta(), None),
        (76 * DAY - HOUR, None),
        (76 * DAY, "expires on 17 November 2026, unless a task signs in"),
        (90 * DAY - HOUR, "expires on 03 November 2026, unless a task signs in"),
        (90 * DAY, "expired unused on 03 November 2026: the partner's integration user must sign in again with MFA"),
    ],
)
def test_the_warning(age, says):
    text = expiry_warning(stored(age=age), "var", NOW)
    assert (says in text and "'var'" in text) if says else text is None
