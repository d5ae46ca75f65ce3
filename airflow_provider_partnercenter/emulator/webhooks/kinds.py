"""
The catalogue of the ways in which an event can be sent: as Microsoft does, or as a receiver has to refuse it.

What a row changes is only what its summary says; everything else about the webhook is in order.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from airflow_provider_partnercenter.emulator.scenario.fault_kinds import answer
from airflow_provider_partnercenter.emulator.scenario.faults import Fault, FaultKind
from airflow_provider_partnercenter.emulator.webhooks.chains import CHAINS, GENUINE

ATTEMPTS = 10
"""How often Partner Center tries. Its page `partner-center-webhooks` says nothing of the pauses between."""

DAY = 86_400.0
SLOW_SECONDS = 120.0
"""How long what is slow takes altogether."""

OVERSIZED = 1024 * 1024
"""By how many bytes what is oversized is longer."""

_PIECES = 120


def certificate_path(name: str) -> str:
    """Return the path of the file of a certificate."""
    return f"/cert/{name}.cer"


class Signature(enum.Enum):
    """Whose signature a webhook has."""

    RIGHT = "by the named certificate"
    FORGED = "by another key"
    NONE = "no signature"


@dataclass(frozen=True, slots=True)
class SendingKind:
    """
    One row of the catalogue.

    :param summary: what is special, for the help text.
    :param copies: how often the event is sent.
    :param at_once: whether the copies are sent at the same time.
    :param attempts: how often each copy is tried until the receiver takes it. What a receiver has to refuse, only once.
    :param certificate: the file of the certificate that the webhook names, without ``.cer``.
    :param elsewhere: whether it names the emulator by another host, which a receiver does not know.
    :param signature: whose signature it has.
    :param algorithm: the algorithm that it names.
    :param tampered: whether the body is changed after it was signed.
    :param later: the seconds that are added to the event's date.
    :param padding: the number of blanks behind the JSON of the body.
    :param with_customer: whether ``ResourceUri`` names the customer.
    :param event: the name that the event gets; ``None`` for its own.
    :param cut_off: whether the connection ends in the middle of the body.
    :param pieces: the number of pieces in which the body is sent.
    :param seconds: how long sending the pieces takes altogether.
    """

    summary: str
    copies: int = 1
    at_once: bool = False
    attempts: int = 1
    certificate: str = GENUINE
    elsewhere: bool = False
    signature: Signature = Signature.RIGHT
    algorithm: str = "rsa-sha256"
    tampered: bool = False
    later: float = 0.0
    padding: int = 0
    with_customer: bool = True
    event: str | None = None
    cut_off: bool = False
    pieces: int = 1
    seconds: float = 0.0


KINDS: dict[str, SendingKind] = {
    "genuine": SendingKind("as Microsoft sends it", attempts=ATTEMPTS),
    "duplicate": SendingKind("three times, one after another", copies=3, attempts=ATTEMPTS),
    "duplicate-at-once": SendingKind("eight times at the same time", copies=8, at_once=True, attempts=ATTEMPTS),
    "forged": SendingKind("signed by another key", signature=Signature.FORGED),
    "unsigned": SendingKind("without a signature", signature=Signature.NONE),
    "tampered": SendingKind("for another customer than was signed", tampered=True),
    "wrong-algorithm": SendingKind("the algorithm rsa-sha1 is named", algorithm="rsa-sha1"),
    "stale": SendingKind("with a date of 30 days ago", later=-30 * DAY),
    "future": SendingKind("with a date of tomorrow", later=DAY),
    "no-customer": SendingKind("with a ResourceUri that names no customer", with_customer=False),
    "unknown-event": SendingKind("with the name of an event that nobody knows", event="emulator-invented-event"),
    "oversized": SendingKind("with a body of a megabyte", padding=OVERSIZED),
    "truncated": SendingKind("half of the body, then closed", cut_off=True),
    "slow": SendingKind("the body arrives in small pieces over two minutes", pieces=_PIECES, seconds=SLOW_SECONDS),
    "wrong-host": SendingKind("the certificate is on another host (the emulator's other name)", elsewhere=True),
    "expired": SendingKind("the certificate has expired", certificate="expired"),
    "expired-authority": SendingKind(
        "the certificate of the certificate's issuer has expired", certificate="expired-authority"
    ),
    "wrong-issuer": SendingKind("the certificate was not issued by Microsoft Corporation", certificate="wrong-issuer"),
    "untrusted-root": SendingKind("the certificate's chain ends at an unknown root", certificate="untrusted-root"),
    "redirected-certificate": SendingKind(
        "the certificate's address answers with a 302 to the right one", certificate="redirected"
    ),
    "unreachable-certificate": SendingKind(
        "the connection to the certificate's address is closed", certificate="unreachable"
    ),
    "slow-certificate": SendingKind("the certificate arrives in small pieces over two minutes", certificate="slow"),
    "oversized-certificate": SendingKind("the file of the certificate has a megabyte", certificate="oversized"),
}

CERTIFICATE_FAULTS: dict[str, Fault] = {
    certificate_path("redirected"): replace(
        answer(302), headers=(("Location", certificate_path(GENUINE)),), name="redirected-certificate"
    ),
    certificate_path("unreachable"): Fault(FaultKind.RESET, name="unreachable-certificate"),
    certificate_path("slow"): Fault(FaultKind.SLOW_BODY, seconds=SLOW_SECONDS, pieces=_PIECES, name="slow-certificate"),
}
"""The faults that requests for certificates meet, by their paths."""

CERTIFICATES = (*CHAINS, "redirected", "unreachable", "slow", "oversized")
"""The files of certificates, without ``.cer``."""


def chain_of(certificate: str) -> str:
    """Return the chain that a file has; one that is special only in how it is served has the right one."""
    return certificate if certificate in CHAINS else GENUINE


def describe(indent: str = "  ") -> str:
    """Return the catalogue as text, one line for each kind."""
    width = max(map(len, KINDS))
    return "\n".join(f"{indent}{name:<{width}}  {kind.summary}" for name, kind in KINDS.items())
