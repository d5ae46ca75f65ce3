"""What has changed in the customers' qualifications since the last digest, and the lines that tell it. No I/O."""

from __future__ import annotations

import base64
import binascii
import enum
import json
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.client.wire import format_date, parse_date
from airflow_provider_partnercenter.qualification.bulk.acknowledgements import Acknowledgement
from airflow_provider_partnercenter.qualification.bulk.findings import Finding, Standing, sentence, sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_VERSION = 1
# Whether anybody wants a qualification does not matter here.
_STANDINGS = {
    Standing.GRANTED: Standing.GRANTED,
    Standing.UNLISTED: Standing.GRANTED,
    Standing.IN_REVIEW: Standing.IN_REVIEW,
    Standing.STUCK: Standing.STUCK,
    Standing.DENIED: Standing.DENIED,
    Standing.LOST: Standing.LOST,
}
_WAITING = (Standing.IN_REVIEW, Standing.STUCK)
_UNDATED = datetime.max.replace(tzinfo=UTC)


class News(enum.StrEnum):
    """What has become of a qualification since the last digest."""

    APPROVED = "approved"
    DENIED = "denied"
    LOST = "withdrawn"
    STUCK = "stuck in review"
    GONE = "not listed any more"


_NEWS = {
    Standing.GRANTED: News.APPROVED,
    Standing.DENIED: News.DENIED,
    Standing.LOST: News.LOST,
    Standing.STUCK: News.STUCK,
}


class Known(NamedTuple):
    """
    What a digest knows of one qualification of one customer. It is news if any of the first three differs.

    :param state: a :class:`.Standing`.
    :param since: the date of the request, in one spelling; ``None`` while the state alone matters.
    :param reason: Microsoft's reason, in one spelling; likewise.
    :param missed: whether the last digest did not find it.
    """

    state: str
    since: str | None = None
    reason: str | None = None
    missed: bool = False

    @classmethod
    def of(cls, finding: Finding) -> Known:
        """Return what is known after a finding."""
        state = _STANDINGS[Standing(finding.state)]
        if state in (Standing.GRANTED, Standing.IN_REVIEW):
            return cls(state)
        told = Acknowledgement.of(finding)
        return cls(state, told.since, told.reason)

    def news(self, former: Known | None) -> News | None:
        """Return what is new compared with what was known before, if anything."""
        return None if former is not None and former[:3] == self[:3] else _NEWS.get(Standing(self.state))


@dataclass(frozen=True, slots=True)
class LastDigest:
    """
    What all digests so far have told.

    :param read_at: when the customers were read for the last of them.
    :param known: what is known, by customer and qualification.
    """

    read_at: datetime
    known: Mapping[tuple[str, str], Known]

    def to_text(self) -> str:
        """Return this as JSON. 50,000 customers are about 1.5 MB."""
        rows = json.dumps([[*key, *known] for key, known in sorted(self.known.items())], separators=(",", ":"))
        packed = base64.b64encode(zlib.compress(rows.encode())).decode()
        return json.dumps({"version": _VERSION, "read_at": format_date(self.read_at), "known": packed})

    @classmethod
    def from_text(cls, text: str) -> LastDigest:
        """
        Read what :meth:`to_text` wrote.

        :raises ValueError: if it is something else.
        """
        try:
            document = json.loads(text)
            if document["version"] != _VERSION:
                raise ValueError("another version wrote it")
            rows = json.loads(zlib.decompress(base64.b64decode(document["known"], validate=True)))
            known = {(customer, qualification): Known(*rest) for customer, qualification, *rest in rows}
            return cls(datetime.fromisoformat(document["read_at"]), known)
        except (KeyError, TypeError, AttributeError, RecursionError, binascii.Error, zlib.error) as problem:
            raise ValueError(f"not what a digest remembers ({type(problem).__name__})") from None


@dataclass(frozen=True, slots=True)
class Digest:
    """
    What to tell.

    :param since: when the customers were read for the last digest; ``None`` if this is the first.
    :param news: what has changed. The first digest has no news: what is there counts as known.
    :param waiting: what is in review, the oldest request first.
    :param unreadable: how many customers could not be read; what has changed there, a later digest tells.
    :param known: what to remember once this digest has been told.
    """

    since: datetime | None
    news: Sequence[tuple[News, Finding]]
    waiting: Sequence[Finding]
    unreadable: int
    known: LastDigest

    @property
    def quiet(self) -> bool:
        """Whether nothing has changed. The first digest is not quiet."""
        return self.since is not None and not self.news

    def headline(self) -> str:
        """Return the digest in one sentence."""
        if self.since is None:
            states = Counter(known.state for known in self.known.known.values())
            counted = ", ".join(f"{states[state]} {state.replace('_', ' ')}" for state in Standing if states[state])
            return f"First digest: what is there now counts as known ({counted or 'nothing'})."
        since = f"since {self.since:%Y-%m-%d %H:%M} UTC"
        counts = Counter(news for news, _ in self.news)
        if not counts:
            return f"Nothing has changed {since}."
        return f"Changed {since}: {', '.join(f'{counts[news]} {news}' for news in News if counts[news])}."

    def lines(self, most: int = 50) -> list[str]:
        """
        Return the digest for people to read.

        :param most: how many customers to name of each kind of news.
        """
        found = [self.headline()]
        for kind in News:
            about = [finding for news, finding in self.news if news is kind]
            found += [_told(kind, finding) for finding in about[:most]]
            if len(about) > most:
                found.append(f"Also {kind}: {len(about) - most} more.")
        return [*found, *self._rest()]

    def _rest(self) -> Iterator[str]:
        stuck = sum(finding.state == Standing.STUCK for finding in self.waiting)
        if self.waiting:
            oldest = self.waiting[0]
            text = f"Waiting for Microsoft's verdict: {len(self.waiting)}"
            text += f", {stuck} of them for too long" if stuck else ""
            # Who has no date comes last.
            if (date := _requested_at(oldest)) < _UNDATED:
                name = f" ({oldest.company_name})" if oldest.company_name else ""
                text += f"; the oldest request is of {date:%Y-%m-%d}: customer {oldest.customer_id}{name}"
            yield f"{text}."
        else:
            yield "Waiting for Microsoft's verdict: nobody."
        if self.unreadable:
            yield f"Customers that could not be read: {self.unreadable}. A later digest tells what has changed there."


def compare(findings: Iterable[Finding], read_at: datetime, last: LastDigest | None) -> Digest:
    """
    Compare what customers have with what the last digest knew.

    What is not listed any more is news only if the next digest does not find it either, because one read that shows
    nothing proves nothing. A customer that cannot be read keeps what was known of it.

    :param findings: all findings of a reconciliation, those that are granted or in review included.
    :param read_at: when the customers were read.
    :param last: what the last digest knew; ``None`` if there was none.
    """
    findings = list(findings)
    before = last.known if last else {}
    unreadable = {finding.customer_id for finding in findings if finding.state == Standing.UNREADABLE}
    listed = {(f.customer_id, f.qualification): f for f in findings if f.qualification and f.state in _STANDINGS}
    known = {key: Known.of(finding) for key, finding in listed.items()}
    news = [(what, listed[key]) for key, now in known.items() if last and (what := now.news(before.get(key)))]
    for key, former in before.items():
        if key in known:
            continue
        if key[0] in unreadable:
            known[key] = former
        elif not former.missed:
            known[key] = former._replace(missed=True)
        else:
            news.append((News.GONE, Finding(key[0], None, key[1], former.state, former.since)))
    waiting = sorted((finding for finding in listed.values() if finding.state in _WAITING), key=_requested_at)
    return Digest(last.read_at if last else None, news, waiting, len(unreadable), LastDigest(read_at, known))


def _requested_at(finding: Finding) -> datetime:
    return parse_date(finding.since or "") or _UNDATED


def _told(news: News, finding: Finding) -> str:
    if news is News.GONE:
        was = finding.state.replace("_", " ")
        return sentences(
            f"Customer {finding.customer_id}: {finding.qualification} is {news}; it was {was}",
            "What to do: check the customer in Partner Center",
        )
    return sentence(to_plain(finding, complete=True))
