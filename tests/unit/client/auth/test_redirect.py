"""What a browser brings back, and what it is shown."""

from __future__ import annotations

import pytest

from airflow_provider_partnercenter.client.auth.redirect import check_state, read_address, reply_to
from airflow_provider_partnercenter.client.errors import PartnerCenterAuthenticationError

STATE = "a-b_c"


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("http://localhost/?code=c&state=s", {"code": "c", "state": "s"}),
        ("http://localhost:5000?code=c&state=s#", {"code": "c", "state": "s"}),
        (" 'http://localhost/?code=c'\n", {"code": "c"}),
        ("<http://localhost/?code=c>", {"code": "c"}),
        ("code=c%2Fd&state=s", {"code": "c/d", "state": "s"}),
        ("http://localhost/#code=c&state=s", {"code": "c", "state": "s"}),
        ("/?error=access_denied&error_description=a+b", {"error": "access_denied", "error_description": "a b"}),
    ],
)
def test_what_an_address_brings(text, members):
    assert read_address(text) == members


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not the address"),
        ("hidden", "not the address"),
        ("http://localhost/", "not the address"),
        ("http://localhost/?code=&state=hidden", "not the address"),
        ("https://login.example/authorize?client_id=hidden", "not the address"),
        ("http://[hidden", "not the address"),
        ("/?code=hidden&code=other", "contains a member twice"),
        ("/?code=hidden&state=s&state=t", "contains a member twice"),
    ],
)
def test_what_is_no_answer(text, said):
    with pytest.raises(PartnerCenterAuthenticationError, match=said) as caught:
        read_address(text)
    assert "hidden" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("answer", [{}, {"state": ""}, {"state": "a-b_C"}, {"state": "a-b_"}, {"state": "ä\ud800"}])
def test_an_answer_to_another_sign_in(answer):
    with pytest.raises(PartnerCenterAuthenticationError, match="belongs to another sign-in"):
        check_state(answer, STATE)
    check_state({"state": STATE}, STATE)


@pytest.mark.parametrize(
    ("target", "status", "title", "brings"),
    [
        ("/?code=c&state=a-b_c", 200, "Signed in", True),
        ("/?error=e&state=a-b_c", 200, "Not signed in", True),
        ("/?code=c&state=other", 400, "Not this sign-in", False),
        ("/?code=c", 400, "Not this sign-in", False),
        ("/?error=e", 400, "Not this sign-in", False),
        ("/", 404, "Nothing is here", False),
        ("/favicon.ico", 404, "Nothing is here", False),
        ("/other?code=c&state=a-b_c", 404, "Nothing is here", False),
        ("/?code=c&code=d&state=a-b_c", 404, "Nothing is here", False),
        ("//[", 404, "Nothing is here", False),
        ("/?state=a-b_c", 404, "Nothing is here", False),
    ],
)
def test_what_a_request_is_answered(target, status, title, brings):
    reply = reply_to(target, STATE)
    assert (reply.status, f"<h1>{title}</h1>" in reply.page, reply.answer is not None) == (status, True, brings)


def test_nothing_of_a_request_is_repeated():
    for target in ("/?code=<b>x</b>&state=a-b_c", "/?error=<b>x</b>&state=a-b_c", "/<b>x</b>", "/?code=<b>x</b>"):
        assert "<b>" not in reply_to(target, STATE).page
