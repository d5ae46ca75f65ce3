"""Checks of the way to the API and to the login service: names, proxy, hosts, TLS, clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.protocol.commands import Hop
from airflow_provider_partnercenter.client.transport.certificates import CA_HINT
from airflow_provider_partnercenter.commands.doctor.examination import failed, ok, sentence, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_partnercenter.client.transport.reaching import Reach
    from airflow_provider_partnercenter.commands.doctor.examination import Finding

# Seconds by which the clock may be off. The login service allows five minutes.
_WRONG, _DOUBTFUL = 300, 60
# A date has no fractions of a second.
_RESOLUTION = 1.0


def judge_hop(hop: Hop, ways: tuple[Reach, ...]) -> Iterator[Finding]:
    """
    Judge one step on the ways to the hosts.

    :param hop: the step.
    :param ways: how far each went.
    """
    ended = [way for way in ways if way.error and (way.error.hop or Hop.HOST) is hop]
    if not ended:
        yield ok(_fine(hop, ways))
    for way in ended:
        text, hint = str(way.error), (way.error and way.error.hint) or "try again later"
        if way.issuer and hint == CA_HINT:
            text += f". It was issued by {way.issuer}"
            hint += (
                ". If the issuer belongs to a proxy of your company, the proxy reads what is sent: take its authority, "
                "or let whoever runs it except this host"
            )
        yield failed(sentence(text), sentence(hint))


def _fine(hop: Hop, ways: tuple[Reach, ...]) -> str:
    targets = ", ".join(way.target for way in ways)
    proxies = sorted({f"{way.proxy.name} ({way.proxy.variable})" for way in ways if way.proxy})
    through = f" through the proxy {', '.join(proxies)}" if proxies else ""
    match hop:
        case Hop.NAME:
            found = [way.target if not way.proxy else f"the proxy for {way.target}" for way in ways if _asked(way)]
            return f"Found: {', '.join(found)}." if found else "No name was looked up."
        case Hop.PROXY:
            return f"Requests go{through}." if proxies else "No proxy is set for these hosts (HTTPS_PROXY, NO_PROXY)."
        case Hop.HOST:
            return f"Reached{through}: {targets}."
    return f"The certificates are trusted: {targets}."


def _asked(way: Reach) -> bool:
    """Return whether it is known whom to ask: the host or a proxy."""
    return way.proxy is not None or way.error is None or way.error.hop is not Hop.PROXY


def judge_clock(ways: tuple[Reach, ...]) -> Iterator[Finding]:
    """Judge the clock of this machine by the dates of the answers. How long an answer took is allowed for."""
    dated = [(way, off) for way in ways if (off := _off_by(way)) is not None]
    if not dated:
        yield warning("The answers have no date to compare the clock with.", "Compare the clock of this machine.")
        return
    way, off = max(dated, key=lambda pair: abs(pair[1]))
    if abs(off) < _DOUBTFUL:
        yield ok(f"The clock agrees with that of {way.target}.")
        return
    text = f"The clock of this machine is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} that of {way.target}."
    remedy = (
        "The administrator of this machine must synchronize its clock (NTP): a sign-in with a certificate, the end of "
        "a wait and the age of webhooks are judged by it."
    )
    yield failed(text, remedy) if abs(off) >= _WRONG else warning(text, remedy)


def _off_by(way: Reach) -> float | None:
    """Return by how many seconds this machine is ahead at least; negative if it is behind."""
    if way.error or way.date is None:
        return None
    theirs = way.date.timestamp()
    early, late = way.earliest - theirs - _RESOLUTION, way.latest - theirs
    return early if early > 0 else late if late < 0 else 0.0
