"""Many customers in one task, judged by its report, how it ends, and which requests were made."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_partnercenter.client.aio import AsyncPartnerCenterClient
from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.magic import ordinary_id
from airflow_provider_partnercenter.emulator.partner.codes import GCC_CODE, GCC_CODE_WITH_ONE_LEFT
from airflow_provider_partnercenter.operators.bulk import PartnerCenterQualifyCustomersOperator
from airflow_provider_partnercenter.storage.entries import INLINE_BYTES
from tests.support.task_modes import Ending, TaskInstance, TaskStateStore, run

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator
    from airflow_provider_partnercenter.testing.clock import Clock

CONNECTION = "AIRFLOW_CONN_PARTNERCENTER_DEFAULT"
MODES = {"worker": False, "triggerer": True}
DENIED = "Not an Academic Domain"


@pytest.fixture(autouse=True)
def connection(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(emulator, monkeypatch)


@pytest.fixture(params=MODES)
def deferrable(request: pytest.FixtureRequest) -> bool:
    return MODES[request.param]


def connect(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, **extra: Any) -> None:
    given = emulator.connection()
    given["extra"] |= {"requests_per_minute": 0, **extra}
    monkeypatch.setenv(CONNECTION, json.dumps(given))


def education(customer: str, **members: Any) -> dict[str, Any]:
    return {"customer_id": customer, "qualification": "Education", "education_segment": "K12", **members}


def qualify(
    customers: Any, clock: Clock, *, context: dict[str, Any] | None = None, deferrable: bool = True, **arguments: Any
) -> Ending:
    def make() -> PartnerCenterQualifyCustomersOperator:
        return PartnerCenterQualifyCustomersOperator(
            task_id="qualify", customers=customers, deferrable=deferrable, **arguments
        )

    return run(make, clock, {"task_state_store": TaskStateStore(), **(context or {})})


def posts(emulator: Emulator) -> Counter[str]:
    return Counter(record["customer_id"] for record in emulator.journal(method="POST", path="/qualifications"))


def outcomes(report: dict[str, Any]) -> list[str]:
    customers = report["customers"] or json.loads(Path(report["path"].removeprefix("file://")).read_text())["customers"]
    return [customer["outcome"] for customer in customers]


def test_every_customer_gets_an_outcome_of_its_own(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    approved, denied, held = (ordinary_id(number) for number in (1, 2, 3))
    for customer in (approved, denied):
        emulator.configure(
            customer, vetting="seconds:60", verdict="approve" if customer == approved else "deny:" + DENIED
        )
    emulator.configure(held, qualifications=[{"qualification": "Education", "vettingStatus": "Approved"}])
    customers = [
        education(approved),
        education(denied),
        education(held),
        {"customer_id": "contoso", "qualification": "Education"},
        education(magic.customer_id("no-relationship")),
        {"customer_id": approved, "qualification": "StateOwnedEntity"},
    ]
    ending = qualify(customers, clock, deferrable=deferrable)
    assert ending.state == "succeeded"
    report = ending.result
    assert outcomes(report) == ["approved", "denied", "approved", "refused", "refused", "approved"]
    assert report["counts"] == {
        "total": 6, "approved": 3, "denied": 1, "in_review": 0, "refused": 2, "failed": 0, "submitted": 3,
        "rest": 0,
    }  # fmt: skip
    assert (report["path"], report["rest"]) == (None, None)
    first, second, third, fourth, fifth, _ = report["customers"]
    assert (first["submitted"], first["vetting_status"], first["reason"], first["hint"]) == (
        True,
        "Approved",
        None,
        None,
    )
    assert first["request_id"] == emulator.journal(approved, method="POST")[0]["request_id"], "one after the other"
    assert (second["reason"], second["attempts_left"]) == (DENIED, 2)
    assert second["resubmit_denied_of"] == second["vetting_created_date"]
    assert "domain" in second["hint"]
    assert (third["submitted"], third["request_id"]) == (False, None)
    assert "is not a GUID" in fourth["reason"]
    assert "relationship" in fifth["hint"]
    assert [customer["rows"] for customer in report["customers"]] == [[0], [1], [2], [3], [4], [5]]
    assert posts(emulator) == {approved: 2, denied: 1}


@pytest.mark.parametrize("number", [1, 40, 120])
def test_four_requests_for_each_customer(
    emulator: Emulator, clock: Clock, tmp_path: Path, deferrable: bool, number: int
) -> None:
    customers = [ordinary_id(n) for n in range(1, number + 1)]
    for customer in customers:
        emulator.configure(customer, vetting="reads:1")
    ending = qualify(
        [education(customer) for customer in customers], clock, deferrable=deferrable, storage_path=f"file://{tmp_path}"
    )
    assert ending.result["counts"]["approved"] == number
    assert set(outcomes(ending.result)) == {"approved"}
    requests = Counter(record["customer_id"] for record in emulator.journal(path="/v1/"))
    assert set(requests.values()) == {4}
    assert len(emulator.journal(path="/oauth2/")) <= 2, "one token for each process"


def test_arguments_and_events_are_small(emulator: Emulator, clock: Clock, tmp_path: Path) -> None:
    for number in (39, 40):
        customers = [ordinary_id(n) for n in range(1, number + 1)]
        emulator.reset()
        for customer in customers:
            emulator.configure(customer, vetting="seconds:60", verdict="deny:" + "x" * 400)
        path: dict[str, Any] = {"storage_path": f"file://{tmp_path}"} if number == 40 else {}
        ending = qualify([education(customer) for customer in customers], clock, **path)
        assert ending.result["counts"]["denied"] == number
        _, arguments = ending.deferral.trigger.serialize()
        assert len(json.dumps(arguments)) < 32 * 1024
        if path:
            assert ending.result["customers"] is None
            assert arguments["entries"] is None
            assert len(json.dumps(arguments)) < 1000
        else:
            assert len(json.dumps(arguments)) > INLINE_BYTES / 3


def test_what_else_a_customer_was_denied_takes_no_place(emulator: Emulator, clock: Clock) -> None:
    denials = [
        {
            "qualification": "Education",
            "vettingStatus": "Denied",
            "vettingReason": "x" * 400,
            "vettingCreatedDate": f"2026-0{month}-01T00:00:00Z",
        }
        for month in (1, 2, 3)
    ]
    customers = [ordinary_id(customer) for customer in range(1, 40)]
    for customer in customers:
        emulator.configure(customer, qualifications=denials, vetting="seconds:60")
    code = {"qualification": "GovernmentCommunityCloud", "validation_code": GCC_CODE}
    ending = qualify([{"customer_id": customer, **code} for customer in customers], clock)
    assert ending.result["counts"]["submitted"] == 39
    _, arguments = ending.deferral.trigger.serialize()
    assert len(json.dumps(arguments)) < 32 * 1024


def test_too_many_customers_without_storage(emulator: Emulator, clock: Clock) -> None:
    ending = qualify([education(ordinary_id(n)) for n in range(1, 60)], clock)
    assert ending.state == "failed"
    assert "storage_path is missing: 59 customers" in ending.message
    assert emulator.journal(path="/v1/") == []


@pytest.mark.parametrize("path", ["file:///proc/nowhere", "nosuch://bucket/folder", "/dev/null/x"])
def test_storage_is_tried_out_before_anything_is_sent(emulator: Emulator, clock: Clock, path: str) -> None:
    ending = qualify([education(ordinary_id(n)) for n in range(1, 60)], clock, storage_path=path)
    assert ending.state == "failed"
    assert f"storage_path '{path}" in ending.message
    assert "give a folder that workers and triggerers can reach" in ending.message
    assert emulator.journal() == []


def test_what_cannot_be_read_any_more(
    emulator: Emulator, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers and triggerers that do not share a disk."""
    from airflow_provider_partnercenter.storage.entries import EntryFolder

    monkeypatch.setattr(EntryFolder, "write_requests", lambda folder, entries: None)
    ending = qualify([education(ordinary_id(n)) for n in range(1, 60)], clock, storage_path=f"file://{tmp_path}")
    assert ending.state == "failed"
    assert "cannot be read" in ending.message
    assert "let workers and triggerers use the same storage_path" in ending.message


def test_fail(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    emulator.configure(ordinary_id(2), vetting="seconds:60", verdict="deny:" + DENIED)
    customers = [education(ordinary_id(1)), education(ordinary_id(2))]
    ending = qualify(customers, clock, deferrable=deferrable, on_denied="fail")
    assert ending.state == "failed"
    assert "1 of 2 customers are not qualified (1 approved, 1 denied)" in ending.message
    assert outcomes(ending.xcom) == ["approved", "denied"]


def test_a_wrong_name_of_a_denial_is_told_for_that_customer(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    emulator.configure(ordinary_id(1), vetting="seconds:60")
    customers = [
        education(ordinary_id(1)),
        education(magic.customer_id("education-denied"), resubmit_denied_of="2026-01-15T09:30:01Z"),
    ]
    approved, denied = qualify(customers, clock, deferrable=deferrable).result["customers"]
    assert approved["hint"] is None
    assert denied["hint"].startswith(
        "resubmit_denied_of '2026-01-15T09:30:01Z' does not name the denial that is there, "
        f"which is {denied['resubmit_denied_of']!r}; "
    )
    assert posts(emulator)[denied["customer_id"]] == 0


def test_without_waiting(emulator: Emulator, clock: Clock) -> None:
    emulator.configure(ordinary_id(1), vetting="never")
    ending = qualify([education(ordinary_id(1))], clock, wait_for_approval=False, on_denied="fail")
    assert (ending.state, ending.deferral) == ("succeeded", None)
    assert outcomes(ending.result) == ["in_review"]


def test_who_is_never_decided_is_reported_so(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    emulator.configure(ordinary_id(1), vetting="never")
    emulator.configure(ordinary_id(2), vetting="seconds:60")
    began = clock.now
    customers = [education(ordinary_id(1)), education(ordinary_id(2))]
    ending = qualify(customers, clock, deferrable=deferrable, timeout=7200)
    assert ending.state == "succeeded"
    assert outcomes(ending.result) == ["in_review", "approved"]
    assert 7200 <= clock.now - began < 7200 + 120


def test_nobody(clock: Clock) -> None:
    assert qualify([], clock).result == {
        "counts": dict.fromkeys(
            ("total", "approved", "denied", "in_review", "refused", "failed", "submitted", "rest"), 0
        ),
        "customers": [],
        "path": None,
        "rest": None,
    }  # fmt: skip


@pytest.mark.parametrize("customers", ["contoso", {"customer_id": 1}, "{{ nothing }}", 5])
def test_what_is_no_list(emulator: Emulator, clock: Clock, customers: Any) -> None:
    ending = qualify(customers, clock)
    assert ending.state == "failed"
    assert "must be a list" in ending.message
    assert emulator.journal() == []


def test_text_that_jinja_made_of_a_list(emulator: Emulator, clock: Clock) -> None:
    ending = qualify(str([education(ordinary_id(1))]), clock, wait_for_approval=False)
    assert ending.result["counts"]["submitted"] == 1


def test_an_app_only_connection_is_refused_before_any_call(
    emulator: Emulator, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(emulator, monkeypatch, refresh_token=None)
    ending = qualify([education(ordinary_id(1))], clock)
    assert ending.state == "failed"
    assert "The customers were not submitted" in ending.message
    assert "App-only" in ending.message
    assert emulator.journal(path="/v1/") == []


# -- trouble ----------------------------------------------------------------------------------------------------------


def test_trouble_is_left_to_a_retry_which_submits_nothing_twice(emulator: Emulator, clock: Clock) -> None:
    fine, troubled = ordinary_id(1), ordinary_id(2)
    for customer in (fine, troubled):
        emulator.configure(customer, vetting="seconds:600")
    emulator.configure(troubled, faults=[{"kind": "answer", "status": 503, "times": 4, "methods": ["GET"]}])
    ti, store = TaskInstance(max_tries=2), TaskStateStore()
    customers = [education(fine), education(troubled)]
    ending = qualify(customers, clock, context={"ti": ti, "task_state_store": store})
    assert ending.state == "retried"
    assert "1 of 2 customers could not be submitted yet" in ending.message
    assert posts(emulator) == {fine: 1}
    ti.try_number = 2
    ending = qualify(customers, clock, context={"ti": ti, "task_state_store": store})
    assert outcomes(ending.result) == ["approved", "approved"]
    assert [customer["submitted"] for customer in ending.result["customers"]] == [True, True]
    assert posts(emulator) == {fine: 1, troubled: 1}


def test_the_last_try_reports_trouble(emulator: Emulator, clock: Clock) -> None:
    emulator.configure(ordinary_id(2), faults=[{"kind": "answer", "status": 503, "times": 100, "methods": ["GET"]}])
    ti = TaskInstance(try_number=3, max_tries=2)
    ending = qualify([education(ordinary_id(n)) for n in (1, 2)], clock, context={"ti": ti})
    assert outcomes(ending.result) == ["approved", "failed"]
    assert "Service Unavailable" in ending.result["customers"][1]["reason"]


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_answer(emulator: Emulator, clock: Clock, lost: int) -> None:
    faults = [{"kind": "lost-answer", "methods": ["POST"], "times": lost}]
    emulator.configure(ordinary_id(1), faults=faults, propagation=0 if lost == 1 else 3600)
    ending = qualify([education(ordinary_id(1)), education(ordinary_id(2))], clock)
    assert outcomes(ending.result) == ["approved" if lost == 1 else "failed", "approved"]
    assert posts(emulator)[ordinary_id(1)] == lost
    if lost == 2:
        assert "unknown" in ending.result["customers"][0]["reason"]


def test_what_was_sent_is_reported_so_when_nothing_more_can_be_read(emulator: Emulator, clock: Clock) -> None:
    """Of the last try the report is all that tells that an attempt may be spent."""
    lost = {"kind": "lost-answer", "methods": ["POST"], "times": 1}
    down = {"kind": "answer", "status": 503, "methods": ["GET"], "times": 10**6}
    emulator.configure(ordinary_id(1), faults=[lost])
    clock.after(1.0, lambda: emulator.configure(ordinary_id(1), faults=[down]))
    ti, store = TaskInstance(try_number=2, max_tries=2), TaskStateStore()
    customers = [education(ordinary_id(1))]
    first = qualify(customers, clock, context={"ti": ti, "task_state_store": store})
    ti.try_number = 3
    last = qualify(customers, clock, context={"ti": ti, "task_state_store": store})
    assert (first.state, last.state) == ("retried", "succeeded")
    (post,) = emulator.journal(method="POST", path="/qualifications")
    (customer,) = last.result["customers"]
    assert (customer["outcome"], customer["submitted"], customer["request_id"]) == ("failed", True, post["request_id"])
    assert customer["submitted_at"]
    assert "again only if reads do not show it" in customer["hint"]
    assert last.result["counts"]["submitted"] == 1


def test_an_unknown_outcome_is_counted_as_sent(emulator: Emulator, clock: Clock) -> None:
    faults = [{"kind": "lost-answer", "methods": ["POST"], "times": 2}]
    emulator.configure(ordinary_id(1), faults=faults, propagation=3600)
    ending = qualify([education(ordinary_id(1))], clock, context={"task_state_store": None})
    (customer,) = ending.result["customers"]
    assert (customer["outcome"], customer["submitted"]) == ("failed", True)
    assert customer["request_id"] == emulator.journal(method="POST", path="/qualifications")[0]["request_id"]


def test_an_unknown_outcome_stays_so_when_the_task_comes_back_for_others(emulator: Emulator, clock: Clock) -> None:
    unknown, troubled = ordinary_id(1), ordinary_id(2)
    emulator.configure(unknown, faults=[{"kind": "lost-answer", "methods": ["POST"], "times": 2}], propagation=10**6)
    emulator.configure(troubled, faults=[{"kind": "answer", "status": 503, "times": 8, "methods": ["GET"]}])
    ti, store = TaskInstance(max_tries=2), TaskStateStore()
    customers = [education(unknown), education(troubled)]
    for number in (1, 2, 3):
        ti.try_number = number
        ending = qualify(customers, clock, context={"ti": ti, "task_state_store": store})
        assert ending.state == ("succeeded" if number == 3 else "retried")
    assert outcomes(ending.result) == ["failed", "approved"]
    assert "PartnerCenterUpdateQualificationOperator" in ending.result["customers"][0]["hint"]
    assert posts(emulator) == {unknown: 2, troubled: 1}
    again = qualify(customers, clock, context={"ti": ti, "task_state_store": store})
    assert outcomes(again.result) == ["failed", "approved"]
    assert posts(emulator)[unknown] == 2, "nor when it is cleared for the others' sake"


def test_a_pause_that_is_too_long_for_one_call_is_waited_for(emulator: Emulator, clock: Clock) -> None:
    emulator.configure(ordinary_id(1), faults=[{"kind": "answer", "status": 429, "retry_after": 900, "times": 1}])
    began = clock.now
    ending = qualify([education(ordinary_id(number)) for number in range(1, 6)], clock, wait_for_approval=False)
    assert ending.result["counts"]["submitted"] == 5
    assert clock.now - began >= 900


def test_a_pause_over_the_deadline_ends_the_wait(
    emulator: Emulator, clock: Clock, caplog: pytest.LogCaptureFixture, deferrable: bool
) -> None:
    for number in range(1, 6):
        emulator.configure(ordinary_id(number), vetting="never")
    throttled = {"kind": "answer", "status": 429, "retry_after": 900, "times": 1}
    clock.after(560, lambda: emulator.configure(ordinary_id(1), faults=[throttled]))
    customers = [education(ordinary_id(number)) for number in range(1, 6)]
    caplog.set_level(logging.WARNING, "airflow_provider_partnercenter")
    ending = qualify(customers, clock, timeout=600, poke_interval=20, deferrable=deferrable)
    assert outcomes(ending.result) == ["in_review"] * 5
    assert sum("Polling again later" in record.getMessage() for record in caplog.records) <= 2 * 5


@pytest.mark.parametrize("most", [1, 2, 5])
def test_no_more_customers_at_a_time_than_allowed(
    emulator: Emulator, clock: Clock, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    under_way, peaks = 0, []
    run_procedure = AsyncPartnerCenterClient.run

    async def counted(self: AsyncPartnerCenterClient, procedure: Any) -> Any:
        nonlocal under_way
        under_way += 1
        peaks.append(under_way)
        try:
            return await run_procedure(self, procedure)
        finally:
            under_way -= 1

    monkeypatch.setattr(AsyncPartnerCenterClient, "run", counted)
    code = {"validation_code": "auto", "organization": "Contoso, Inc. Finance Department"}
    customers = [education(ordinary_id(number)) for number in range(1, 9)]
    customers += [
        {"customer_id": ordinary_id(number), "qualification": "GovernmentCommunityCloud", **code} for number in (9, 10)
    ]
    ending = qualify(customers, clock, max_concurrency=most, wait_for_approval=False)
    assert ending.result["counts"]["submitted"] == 9, "one is left of the code"
    assert max(peaks) == most


def test_without_a_store_all_wait_for_the_same_grace(emulator: Emulator, clock: Clock) -> None:
    """The try before had ended when this one began, so nobody's request can be younger."""
    began = clock.now
    context = {"ti": TaskInstance(try_number=2), "task_state_store": None}
    customers = [education(ordinary_id(number)) for number in range(1, 11)]
    ending = qualify(customers, clock, context=context, wait_for_approval=False, max_concurrency=2)
    assert ending.result["counts"]["submitted"] == 10
    assert clock.now - began < 2 * 120


@pytest.mark.parametrize("times", [1, 3])
def test_a_storage_that_fails_for_a_while(
    emulator: Emulator, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Days of waiting are not lost for it."""
    from airflow_provider_partnercenter.storage.entries import EntryFolder

    opened, trouble = EntryFolder._file, [OSError("slow down")] * times

    def fail_at_first(folder: EntryFolder, name: str) -> Any:
        if name == "verdicts" and trouble and folder.deferral_id:
            raise trouble.pop()
        return opened(folder, name)

    monkeypatch.setattr(EntryFolder, "_file", fail_at_first)
    ending = qualify([education(ordinary_id(n)) for n in range(1, 61)], clock, storage_path=f"file://{tmp_path}")
    assert ending.state == "succeeded"


def test_a_cleared_task_goes_on(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    for number in range(1, 6):
        emulator.configure(
            ordinary_id(number), vetting="seconds:1800", verdict="deny:" + DENIED if number == 1 else "approve"
        )
    customers, store = [education(ordinary_id(number)) for number in range(1, 6)], TaskStateStore()
    first = qualify(customers, clock, context={"task_state_store": store}, timeout=60, deferrable=deferrable)
    assert set(outcomes(first.result)) == {"in_review"}
    second = qualify(customers, clock, context={"task_state_store": store}, deferrable=deferrable)
    assert outcomes(second.result) == ["denied", *["approved"] * 4]
    third = qualify(customers, clock, context={"task_state_store": store}, deferrable=deferrable)
    assert outcomes(third.result) == outcomes(second.result)
    assert set(posts(emulator).values()) == {1}
    assert [c["request_id"] for c in first.result["customers"]] == [c["request_id"] for c in third.result["customers"]]


def test_notes_are_written_together(emulator: Emulator, clock: Clock, tmp_path: Path) -> None:
    class Airflow(TaskStateStore):
        def set(self, key: str, value: Any, *, retention: Any = None) -> None:
            time.sleep(0.01)  # as long as a request to its API takes
            super().set(key, value)

    store = Airflow()
    for number in range(1, 201):
        emulator.configure(ordinary_id(number), vetting="reads:1")
    customers = [education(ordinary_id(number)) for number in range(1, 201)]
    qualify(customers, clock, context={"task_state_store": store}, storage_path=f"file://{tmp_path}")
    notes: dict[str, Any] = {}
    for text in store.values.values():
        notes |= json.loads(text)
    assert len(notes) == 200
    assert all(note["carried_out"] for note in notes.values())
    assert len(store.values) < 100, "400 notes in fewer writes"


def test_a_sign_in_that_is_refused_ends_it_for_all(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    """In the triggerer the connection is read once more first."""
    for number in (1, 2):
        emulator.configure(ordinary_id(number), vetting="never")
    clock.after(3600, emulator.revoke_refresh_tokens)
    ending = qualify([education(ordinary_id(n)) for n in (1, 2)], clock, deferrable=deferrable)
    assert ending.state == "failed"
    assert "must sign in again" in ending.message


def test_one_customer_that_is_lost_during_the_wait(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    gone, fine = ordinary_id(1), ordinary_id(2)
    for customer in (gone, fine):
        emulator.configure(customer, vetting="seconds:3600")
    refusal = {
        "kind": "answer",
        "status": 403,
        "body": json.dumps({"code": 900150, "description": "role lacks the right"}),
    }
    clock.after(600, lambda: emulator.configure(gone, faults=[refusal]))
    ending = qualify([education(customer) for customer in (gone, fine)], clock, deferrable=deferrable)
    assert outcomes(ending.result) == ["failed", "approved"], "it was requested, so it is not refused"
    assert "GDAP" in ending.result["customers"][0]["hint"]


def test_an_absence_is_made_sure_of_for_each_customer(emulator: Emulator, clock: Clock, deferrable: bool) -> None:
    behind, gone, fine = (ordinary_id(number) for number in (1, 2, 3))
    for customer in (behind, gone, fine):
        emulator.configure(customer, vetting="seconds:7200")
    empty = {"kind": "answer", "status": 200, "body": "[]", "methods": ["GET"]}
    clock.after(600, lambda: emulator.configure(behind, faults=[{**empty, "times": 1}]))
    clock.after(600, lambda: emulator.configure(gone, faults=[{**empty, "times": None}]))
    ending = qualify([education(customer) for customer in (behind, gone, fine)], clock, deferrable=deferrable)
    assert outcomes(ending.result) == ["approved", "failed", "approved"]
    assert "is not visible" in ending.result["customers"][1]["reason"]


# -- validation codes --------------------------------------------------------------------------------------------------


def test_a_code_is_chosen_by_what_is_left_of_it(emulator: Emulator, clock: Clock) -> None:
    customers = [
        {
            "customer_id": ordinary_id(number),
            "qualification": "GovernmentCommunityCloud",
            "validation_code": "auto",
            "organization": "Contoso, Inc. Finance Department",
        }
        for number in (1, 2, 3)
    ]
    ending = qualify(customers, clock, max_concurrency=3)
    assert sorted(outcomes(ending.result)) == ["approved", "refused", "refused"]
    refused = next(c for c in ending.result["customers"] if c["outcome"] == "refused")
    assert "are used up" in refused["reason"]
    assert sum(posts(emulator).values()) == 1, "nobody asked for what was used up by then"
    (post,) = emulator.journal(method="POST", path="/qualifications")
    assert GCC_CODE_WITH_ONE_LEFT in post["path"] + json.dumps(post)


# -- what it says -----------------------------------------------------------------------------------------------------


def test_a_wait_in_which_nothing_happens_says_so(
    emulator: Emulator, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "airflow_provider_partnercenter")
    for number in range(1, 8):
        emulator.configure(ordinary_id(number), vetting="never")
    qualify([education(ordinary_id(number)) for number in range(1, 8)], clock, timeout=12 * 3600)
    lines = [m for m in (r.getMessage() for r in caplog.records) if m.startswith("Waiting: 7 in review; ")]
    assert 6 <= len(lines) <= 24
    named = ", ".join(ordinary_id(number) for number in range(1, 6))
    assert all(line.endswith(f"; still waiting: {named} and 2 more.") for line in lines)


def test_progress_is_told(emulator: Emulator, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "airflow_provider_partnercenter")
    for number in range(1, 4):
        emulator.configure(ordinary_id(number), vetting=f"seconds:{number * 600}")
    qualify([education(ordinary_id(number)) for number in range(1, 4)], clock)
    lines = [record.getMessage() for record in caplog.records if record.name.endswith("progress")]
    assert any(line.startswith("Requesting: 3 in review; ") for line in lines)
    waiting = [line for line in lines if line.startswith("Waiting: ")]
    assert waiting[0].startswith("Waiting: 1 approved, 2 in review; ")
    assert f"still waiting: {ordinary_id(2)}, {ordinary_id(3)}." in waiting[0], "when it ends is for Microsoft to say"
    assert waiting[-1].startswith("Waiting: 3 approved; ")
