"""One customer, a service in memory that loses answers when told, and as many tries of a task as a test wants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.errors import PartnerCenterServiceUnavailableError
from airflow_provider_partnercenter.client.plain import from_plain, to_plain
from airflow_provider_partnercenter.client.protocol.commands import TransportError
from airflow_provider_partnercenter.qualification.records import SubmissionNote
from airflow_provider_partnercenter.qualification.request import SubmissionRequest
from airflow_provider_partnercenter.qualification.submission import submit
from tests.support.bench import CUSTOMER, Bench, Clock, answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_partnercenter.client.protocol.commands import Request
    from airflow_provider_partnercenter.qualification.records import Submission, SubmissionNotes

TENANT = "9a8b7c6d-5e4f-4a3b-9c2d-1e0f9a8b7c6d"
GRACE = 120.0
LOST = TransportError("no answer in time")
REFUSED = answer(400, {"code": "3000", "description": "The customer has it already."})
GOOD_CUSTOMER = {
    "id": CUSTOMER,
    "allowDelegatedAccess": True,
    "companyProfile": {"companyName": "Elm School", "domain": "elm.example"},
    "billingProfile": {
        "email": "head@elm.example",
        "defaultAddress": {"addressLine1": "1 Elm St", "city": "Elmton", "country": "US"},
    },
}
DENIED = {
    "qualification": "Education",
    "vettingStatus": "Denied",
    "vettingReason": "Not an Academic Domain",
    "vettingCreatedDate": "2025-01-02T03:04:05Z",
}
UNDATED = {"qualification": "Education", "vettingStatus": "Denied", "vettingReason": "Not an Academic Domain"}
DENIAL = "2025-01-02T03:04:05+00:00"


BAD_CUSTOMER = {**GOOD_CUSTOMER, "billingProfile": {"email": "head@gmail.com"}}


def there(status: str | None, of: str = "Education") -> dict[str, Any]:
    """Return an entry as the service lists it."""
    return {"qualification": of, "vettingStatus": status}


class Killed(BaseException):
    """The process of a task ends."""


class FakePartnerCenter:
    """
    The service in memory: holds entries, counts submissions, and loses answers when told.

    ``posts`` says what becomes of each POST: ``"ok"``, ``"lost after"`` or ``"lost before"`` it is carried out,
    ``"killed"`` for the process that has just sent it, ``"beaten"`` if another one's request came just before it, or a
    response to refuse it with. What is submitted is in review, or what it ``becomes`` at once, in place of all others;
    reads see it after ``delay`` seconds. ``reads`` are failures to answer the next reads with, ``None`` for an answer.
    """

    def __init__(
        self,
        clock: Clock,
        entries: Iterable[Any] = (),
        posts: Iterable[Any] = (),
        delay: float = 0.0,
        reads: Iterable[Any] = (),
        customer: Any = GOOD_CUSTOMER,
        post_answer: Any = None,
        becomes: Any = None,
    ) -> None:
        self.clock = clock
        self.entries: list[tuple[float, Any]] = [(float("-inf"), entry) for entry in entries]
        self.request_ids: list[str] = []
        self.bodies: list[Any] = []
        self.legacy = "none"
        self.codes = [{"validationId": "830044", "organizationName": "City of Elm", "remainingCreates": 1}]
        self._posts, self._reads, self._delay, self._customer = list(posts), list(reads), delay, customer
        self._post_answer, self._becomes = post_answer, becomes

    def visible(self) -> list[Any]:
        return [entry for since, entry in self.entries if since <= self.clock.passed]

    def __call__(self, request: Request) -> Any:
        path = request.url.partition("/v1")[2]
        if request.method in ("POST", "PUT"):
            return self._write(request)
        if path.endswith("/qualifications"):
            failure = self._reads.pop(0) if self._reads else None
            return failure or answer(200, self.visible())
        if path.endswith("/qualification"):
            return answer(200, self.legacy)
        if path.endswith("/validations"):
            return answer(200, self.codes)
        assert path == f"/customers/{CUSTOMER}"
        return self._customer if isinstance(self._customer, Exception) else answer(200, self._customer)

    def _write(self, request: Request) -> Any:
        self.request_ids.append(request.headers["MS-RequestId"])
        self.bodies.append(json.loads(request.body or b""))
        fate = self._posts.pop(0) if self._posts else "ok"
        if fate == "lost before":
            return LOST
        if not isinstance(fate, str):
            return fate
        if request.method == "PUT":
            self.legacy = "education"
            return answer(200, "education")
        entry = self._becomes or there("InReview", self.bodies[-1]["qualification"])
        if self._becomes:
            self.entries.clear()
        self.entries.append((self.clock.passed + self._delay, entry))
        if fate == "lost after":
            return LOST
        if fate == "beaten":
            return REFUSED
        if fate == "killed":
            raise Killed
        return answer(201, entry if self._post_answer is None else self._post_answer)


class Notes:
    """
    A note that outlives the try; remembers what was done to it.

    ``failing`` says which changes fail: ``"sent"``, ``"carried out"``, ``"forgotten"``.
    """

    lasting = True

    def __init__(self, note: SubmissionNote | None = None) -> None:
        self.note = note
        self.saved: list[SubmissionNote] = []
        self.forgotten = 0
        self.failing: tuple[str, ...] = ()

    def load(self) -> SubmissionNote | None:
        return self.note

    def save(self, note: SubmissionNote) -> None:
        self._fail("carried out" if note.carried_out else "sent")
        # What is kept is JSON, as in a real store.
        self.note = from_plain(SubmissionNote, json.loads(json.dumps(to_plain(note))))
        self.saved.append(note)

    def forget(self) -> None:
        self._fail("forgotten")
        self.note = None
        self.forgotten += 1

    def _fail(self, what: str) -> None:
        if what in self.failing:
            raise PartnerCenterServiceUnavailableError("Airflow's API is away")


class Desk:
    """One customer, one task and as many tries as a test wants."""

    def __init__(self, entries: Iterable[Any] = (), note: SubmissionNote | None = None, **options: Any) -> None:
        self.clock = Clock()
        self.service = FakePartnerCenter(self.clock, entries, **options)
        self.notes = Notes(note)
        self.bench = Bench(self.service, clock=self.clock, latency=0.1)

    def submit(
        self,
        wanted: str = "Education",
        *,
        preflight: Any = "off",
        resubmit: str | None = None,
        notes: SubmissionNotes | None = None,
        organization: str | None = None,
        grace: float = GRACE,
        decision: str | None = "dag run",
    ) -> Submission:
        request = SubmissionRequest.validated(
            CUSTOMER,
            wanted,
            education_segment="K12",
            validation_code="auto" if organization else "830044",
            organization=organization,
            resubmit_denied_of=resubmit,
        )
        result: Submission = self.bench.run(
            submit(
                self.bench.exchange,
                request,
                notes or self.notes,
                tenant_id=TENANT,
                decision=decision,
                preflight_mode=preflight,
                propagation_grace=grace,
            )
        )
        return result

    @property
    def posts(self) -> int:
        return len(self.service.request_ids)
