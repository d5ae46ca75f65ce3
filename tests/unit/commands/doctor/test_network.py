from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_provider_partnercenter.client.protocol.commands import Hop, TransportError
from airflow_provider_partnercenter.client.transport.certificates import CA_HINT
from airflow_provider_partnercenter.client.transport.reaching import Reach
from airflow_provider_partnercenter.client.transport.tls_and_proxy import Proxy
from airflow_provider_partnercenter.commands.doctor.network import judge_clock, judge_hop

PROXY = Proxy("http://somebody:word@proxy.test:3128", "HTTPS_PROXY")
API, LOGIN = Reach("api.test:443"), Reach("login.test:443")
EPOCH = 1_800_000_000.0


def ended(hop, text="it failed", hint="mend it", **more):
    return Reach("api.test:443", error=TransportError(text, hint=hint, hop=hop), **more)


@pytest.mark.parametrize("hop", Hop)
@pytest.mark.parametrize("at", [*Hop, None])
def test_a_failure_is_told_at_its_step_only(hop, at):
    (finding,) = judge_hop(hop, (ended(at), LOGIN))
    assert finding.status.value == ("failed" if (at or Hop.HOST) is hop else "ok")
    if finding.status.value == "failed":
        assert (finding.text, finding.remedy) == ("It failed.", "Mend it.")


def test_both_failures_are_told():
    assert [finding.text for finding in judge_hop(Hop.TLS, (ended(Hop.TLS, "a"), ended(Hop.TLS, "b")))] == ["A.", "B."]


@pytest.mark.parametrize(
    ("hop", "ways", "text"),
    [
        (Hop.NAME, (API, LOGIN), "Found: api.test:443, login.test:443."),
        (Hop.NAME, (Reach("api.test:443", PROXY), LOGIN), "Found: the proxy for api.test:443, login.test:443."),
        (Hop.NAME, (ended(Hop.PROXY),), "No name was looked up."),
        (Hop.PROXY, (API,), "No proxy is set for these hosts (HTTPS_PROXY, NO_PROXY)."),
        (Hop.PROXY, (Reach("x:1", PROXY),), "Requests go through the proxy proxy.test:3128 (HTTPS_PROXY)."),
        (Hop.HOST, (API, LOGIN), "Reached: api.test:443, login.test:443."),
        (Hop.TLS, (API,), "The certificates are trusted: api.test:443."),
    ],
)
def test_what_is_well(hop, ways, text):
    (finding,) = judge_hop(hop, ways)
    assert (finding.status.value, finding.text) == ("ok", text)


@pytest.mark.parametrize(("hint", "told"), [(CA_HINT, True), ("renew it", False)])
def test_who_issued_a_certificate_matters_if_the_authority_is_unknown(hint, told):
    (finding,) = judge_hop(Hop.TLS, (ended(Hop.TLS, hint=hint, issuer="CN=Company Proxy"),))
    assert ("It was issued by CN=Company Proxy." in finding.text) is told
    assert ("belongs to a proxy of your company" in finding.remedy) is told


def dated(earliest, latest, **more):
    """An answer of ``EPOCH``."""
    date = datetime.fromtimestamp(EPOCH, UTC)
    return Reach("api.test:443", date=date, earliest=EPOCH + earliest, latest=EPOCH + latest, **more)


@pytest.mark.parametrize(
    ("ways", "status", "says"),
    [
        ((dated(-1, 1),), "ok", "agrees with that of api.test:443"),
        ((dated(0.9, 1),), "ok", "agrees"),
        ((dated(60, 61),), "ok", "agrees"),
        ((dated(62, 63),), "warning", "is 61 s ahead of that of api.test:443"),
        ((dated(-90, -80),), "warning", "is 80 s behind"),
        # The answer took long: the clock may be right.
        ((dated(-400, 5),), "ok", "agrees"),
        ((dated(302, 303),), "failed", "is 301 s ahead"),
        ((dated(-1000, -999),), "failed", "is 999 s behind"),
        ((dated(-1, 1), dated(500, 501)), "failed", "is 499 s ahead"),
        ((API,), "warning", "no date"),
        ((ended(None), dated(-1, 1)), "ok", "agrees"),
    ],
)
def test_clock(ways, status, says):
    (finding,) = judge_clock(ways)
    assert (finding.status.value, says in finding.text) == (status, True), finding
