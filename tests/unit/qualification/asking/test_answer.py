"""What Airflow tells a task about an answer, and what it means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.qualification.asking.answer import Answer, MeaninglessAnswerError, read_answer

OPTIONS = ("Resubmit", "Give up")
FIELDS = ("website", "resubmit_denied_of")
EVENT = {
    "chosen_options": ["Resubmit"],
    "params_input": {"website": " contoso.edu ", "resubmit_denied_of": "2026-01-02T03:04:05+00:00"},
    "responded_by_user": {"id": "7", "name": "anna"},
    "responded_at": datetime(2026, 1, 3, tzinfo=UTC),
}
ANNA = Answer("Resubmit", "anna", "7", "2026-01-03T00:00:00+00:00")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        (
            {},
            replace(ANNA, resubmit_denied_of="2026-01-02T03:04:05+00:00", website="contoso.edu"),
        ),
        ({"params_input": {}}, ANNA),
        ({"params_input": None}, ANNA),
        ({"params_input": {"website": ""}}, ANNA),
        ({"params_input": {"website": None}}, ANNA),
        ({"responded_at": "2026-01-03T00:00:00+00:00", "params_input": {}}, ANNA),
        (
            {"responded_by_user": {"id": 7, "name": None}, "params_input": {}},
            replace(ANNA, by="7"),
        ),
        # Whoever gives up need not have filled in the form.
        (
            {"chosen_options": ["Give up"], "params_input": {"website": []}},
            replace(ANNA, option="Give up"),
        ),
        # What Airflow chose because nobody did.
        ({"chosen_options": ["Give up"], "responded_by_user": None, "timedout": True}, None),
        ({"responded_by_user": None}, None),
        ({"error": "The timeout has passed.", "error_type": "timeout"}, None),
    ],
)
def test_what_is_an_answer(changes, answer):
    assert read_answer({**EVENT, **changes}, OPTIONS, FIELDS) == answer


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (None, "the answer is missing"),
        ("Resubmit", "the answer is missing"),
        ({}, "None is not one of the options Resubmit, Give up"),
        ({**EVENT, "chosen_options": []}, "not one of the options"),
        ({**EVENT, "chosen_options": "Resubmit"}, "not one of the options"),
        ({**EVENT, "chosen_options": ["Resubmit", "Give up"]}, "not one of the options"),
        ({**EVENT, "chosen_options": ["resubmit"]}, "not one of the options"),
        ({**EVENT, "responded_by_user": "anna"}, "who answered"),
        ({**EVENT, "responded_by_user": {"name": "anna"}}, "who answered"),
        ({**EVENT, "params_input": ["contoso.edu"]}, "the form must be an object, not"),
        ({**EVENT, "params_input": {"Website": "contoso.edu"}}, "the form has no field 'Website', only website"),
        ({**EVENT, "params_input": {7: "contoso.edu"}}, "the form has no field 7"),
        ({**EVENT, "params_input": {"website": True}}, "website must be a string, not bool"),
        ({**EVENT, "params_input": {"website": {"value": "contoso.edu"}}}, "website must be a string, not dict"),
        ({**EVENT, "params_input": {"website": "a\x00b"}}, "contains a control character"),
        ({**EVENT, "error": "K13 is\nnot …", "error_type": "validation"}, "K13 is not …"),
        ({**EVENT, "error": "x" * 5000, "error_type": "unknown"}, "^x{1000}$"),
    ],
)
def test_what_is_none(event, says):
    with pytest.raises(MeaninglessAnswerError, match=says):
        read_answer(event, OPTIONS, FIELDS)
