"""The sentence about a finding."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.qualification.bulk.findings import Finding, Standing, sentence
from tests.support.bench import CUSTOMER

DAY = "2026-05-20T09:30:00+00:00"
WHO = f"Customer {CUSTOMER} (Contoso)"


def finding(state, since=None, reason=None, hint="act", company="Contoso", qualification="Education", **members):
    return to_plain(
        Finding(CUSTOMER, company, qualification, str(state), since, reason, hint, **members), complete=True
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param(
            finding(Standing.STUCK, DAY),
            f"{WHO}: Education has been in review for too long, since 2026-05-20. What to do: act.",
            id="stuck-since-when",
        ),
        pytest.param(
            finding(Standing.DENIED, DAY, "Not an Academic Domain."),
            f"{WHO}: Education was denied (request of 2026-05-20). Microsoft's reason: Not an Academic Domain. "
            "What to do: act.",
            id="denied",
        ),
        pytest.param(
            finding(Standing.DENIED, "last week"),
            f"{WHO}: Education was denied (request of last week). What to do: act.",
            id="unreadable-date",
        ),
        pytest.param(
            finding(Standing.LOST, DAY, "No longer an Education Customer"),
            f"{WHO}: Education was withdrawn by Microsoft (request of 2026-05-20). Microsoft's reason: No longer an "
            "Education Customer. What to do: act.",
            id="lost",
        ),
        pytest.param(
            finding(Standing.UNREADABLE, None, "GET failed (HTTP 500)", qualification=None, correlation_id="c0ffee"),
            f"{WHO}: its list of qualifications could not be read. Reason: GET failed (HTTP 500). What to do: act. "
            "[correlation id c0ffee]",
            id="unreadable",
        ),
        pytest.param(
            finding(Standing.UNKNOWN_CUSTOMER, company=None),
            f"Customer {CUSTOMER}: Education is wanted for a customer that is not in the partner's list. What to do: "
            "act.",
            id="no-company-name",
        ),
        pytest.param(
            finding(Standing.MISSING, hint=None),
            f"{WHO}: Education is wanted, but neither granted nor requested.",
            id="no-hint",
        ),
        pytest.param(finding("of_tomorrow"), f"{WHO}: Education of_tomorrow. What to do: act.", id="unknown-state"),
    ],
)
def test_the_sentence_about_a_finding(given, told):
    assert sentence(given) == told


@pytest.mark.parametrize("state", Standing)
@pytest.mark.parametrize("company", ["Contoso", None])
@pytest.mark.parametrize("qualification", ["Education", None])
@pytest.mark.parametrize("since", [DAY, None])
def test_no_sentence_says_none_or_shows_a_name_of_the_code(state, company, qualification, since):
    told = sentence(finding(state, since, hint=None, company=company, qualification=qualification))
    assert "None" not in told
    assert "_" not in told
