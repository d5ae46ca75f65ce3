"""The story of the demo: two customers, from the request to Microsoft's verdict."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator import magic
from testbed.local_airflow import FINAL_RUN_STATES, LocalAirflow, LocalAirflowError
from testbed.patience import PATIENCE, POLL_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DAG_ID = "onboard_customer"
REQUEST = {"qualification": "Education", "education_segment": "HigherEducation", "website": "contoso.edu"}
VETTING_SECONDS = 20
#: Seconds; the process of a task may still be ending when Airflow already reports the task as deferred.
EXIT_GRACE = 5.0
#: States before a task starts, such as ``queued``, are not shown.
SHOWN_STATES = {"running", "deferred", "success", "failed", "skipped", "up_for_retry", "upstream_failed"}


@dataclass
class Customer:
    """
    One customer of the story, with its run and its result.

    :param name: the name to print.
    :param customer_id: the customer's id.
    :param expected: the expected verdict, which is also the name of the run's last task.
    :param run_id: the id of the customer's run.
    :param run_state: the last known state of the run.
    :param states: the last known state of each task.
    :param verdict: the result of the task ``wait``.
    :param seconds: the duration of the run.
    :param posts: the number of submissions that Partner Center received.
    """

    name: str
    customer_id: str
    expected: str
    run_id: str = ""
    run_state: str = ""
    states: dict[str, str | None] = field(default_factory=dict)
    verdict: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0
    posts: int = 0

    @property
    def way(self) -> str:
        """The last task of the run, ``approved`` or ``denied``; ``none`` if neither succeeded."""
        return "/".join(way for way in ("approved", "denied") if self.states.get(way) == "success") or "none"

    def complaints(self) -> list[str]:
        """Return what differs from the expected result."""
        other = "denied" if self.expected == "approved" else "approved"
        wanted = {self.expected: "success", other: "skipped"}
        found = [
            f"task {task} is {self.states.get(task)}, not {state}"
            for task, state in wanted.items()
            if self.states.get(task) != state
        ]
        if self.run_state != "success":
            found.append(f"the run is {self.run_state or 'not finished'}, not success")
        if self.verdict.get("outcome") != self.expected:
            found.append(f"the verdict is {self.verdict.get('outcome')}, not {self.expected}")
        if self.posts != 1:
            found.append(f"Partner Center received {self.posts} requests, not 1")
        return [f"{self.name}: {what}" for what in found]


class Story:
    """
    Run the DAG for both customers and print what happens.

    :param airflow: the Airflow that has the DAG.
    :param count_posts: returns the number of submissions for a customer id that have reached Partner Center.
    """

    def __init__(self, airflow: LocalAirflow, count_posts: Callable[[str], int]) -> None:
        self.airflow = airflow
        self.customers = [
            Customer("Contoso", magic.approved_after(VETTING_SECONDS), "approved"),
            Customer("Fabrikam", magic.denied_after(VETTING_SECONDS), "denied"),
        ]
        self.complaints: list[str] = []
        self._count_posts = count_posts
        self._started = time.monotonic()
        self._all_deferred_since: float | None = None
        self._looks_at_processes = 0

    def run(self) -> bool:
        """
        Run the story.

        :return: whether it succeeded.
        """
        print("\nMicrosoft will decide 20 seconds after each request:")
        for customer in self.customers:
            print(f"  {customer.name:<8}  {customer.customer_id}  will be {customer.expected}")
        print(f"\n{'time':>8}  {'customer':<8}  {'step':<8}  {'state':<8}  what happened")
        self._started = time.monotonic()
        for customer in self.customers:
            conf = {"customer_id": customer.customer_id, **REQUEST}
            customer.run_id = self.airflow.trigger(DAG_ID, conf)
        while not all(customer.run_state in FINAL_RUN_STATES for customer in self.customers):
            if time.monotonic() - self._started > PATIENCE:
                self.complaints.append(f"the runs have not ended after {PATIENCE:g} s")
                break
            self._look()
            time.sleep(POLL_INTERVAL)
        self._conclude()
        return not self.complaints

    def _look(self) -> None:
        for customer in self.customers:
            if customer.run_state not in FINAL_RUN_STATES:
                # Read the run first: once it has ended, the task states read afterwards are final.
                customer.run_state = self.airflow.run_state(DAG_ID, customer.run_id)
                self._look_at(customer)
        self._look_at_processes()

    def _look_at(self, customer: Customer) -> None:
        before, customer.states = customer.states, self.airflow.task_states(DAG_ID, customer.run_id)
        for task, state in _in_order(customer.states):
            if state in SHOWN_STATES and before.get(task) != state:
                self._print_step(customer, task, str(state), self._explain(customer, task, str(state)))

    def _explain(self, customer: Customer, task: str, state: str) -> str:
        """Return a short explanation of a new state."""
        if (task, state) == ("submit", "success"):
            result = self.airflow.xcom(DAG_ID, customer.run_id, task)
            sent = "request sent" if result.get("submitted") else "nothing sent"
            return f"{sent}; {result.get('vetting_status')}"
        if (task, state) == ("wait", "deferred"):
            return "the triggerer waits for the verdict"
        if (task, state) == ("wait", "success"):
            customer.verdict = self.airflow.xcom(DAG_ID, customer.run_id, task)
            return _verdict(customer)
        if state == "up_for_retry":
            return self._why_again(customer, task)
        return ""

    def _why_again(self, customer: Customer, task: str) -> str:
        """Return the last error of a try that failed; an overloaded Airflow may fail one before it begins."""
        log = ""
        with contextlib.suppress(LocalAirflowError):
            log = self.airflow.task_log(DAG_ID, customer.run_id, task)
        errors = [line.partition(" error ")[2] for line in log.splitlines() if " error " in line]
        return f"another try follows: {errors[-1][:160] if errors else 'Airflow did not say why'}"

    def _look_at_processes(self) -> None:
        """Check that no process executes a task while both customers wait."""
        if not all(customer.states.get("wait") == "deferred" for customer in self.customers):
            return
        processes = self.airflow.task_processes()
        # Count only if both were deferred before and after the processes were read: a task may just have been resumed.
        if any(self.airflow.task_states(DAG_ID, c.run_id).get("wait") != "deferred" for c in self.customers):
            return
        now = time.monotonic()
        self._all_deferred_since = self._all_deferred_since or now
        if not processes:
            self._looks_at_processes += 1
            if self._looks_at_processes == 1:
                print(
                    f"{self._time()}  both wait: 0 task processes for {len(self.customers)} waiting customers;"
                    " the triggerer does the waiting"
                )
        elif self._looks_at_processes or now - self._all_deferred_since > EXIT_GRACE:
            shown = ", ".join(str(process.pid) for process in processes)
            self.complaints.append(f"both tasks are deferred, but these task processes are running: {shown}")

    def _conclude(self) -> None:
        for customer in self.customers:
            customer.posts = self._count_posts(customer.customer_id)
            run = self.airflow.rest("GET", f"/dags/{DAG_ID}/dagRuns/{customer.run_id}")
            if run["start_date"] and run["end_date"]:
                customer.seconds = (_moment(run["end_date"]) - _moment(run["start_date"])).total_seconds()
            self.complaints += customer.complaints()
        if not self._looks_at_processes:
            self.complaints.append("no check found both customers waiting without a process")
        print("\nSummary")
        _print_table(
            [
                ("customer", "verdict", "last task", "run", "requests sent", "duration"),
                *(
                    (c.name, _verdict(c), c.way, c.run_state or "none", str(c.posts), f"{c.seconds:.1f} s")
                    for c in self.customers
                ),
            ]
        )
        for customer in self.customers:
            if customer.way == "denied" and (record := self.airflow.xcom(DAG_ID, customer.run_id, "denied")):
                print(f"\nThe record of {customer.name}'s denial (XCom of the task denied)")
                _print_table([(name, str(value)) for name, value in record.items()])
        print(
            f"\nWhile both customers waited, {self._looks_at_processes} checks found no process that executes a task"
            f"{'.' if not self._process_complaints() else ', but see below.'}"
        )

    def _process_complaints(self) -> bool:
        return any("task processes" in complaint for complaint in self.complaints)

    def _print_step(self, customer: Customer, task: str, state: str, what: str) -> None:
        print(f"{self._time()}  {customer.name:<8}  {task:<8}  {state:<8}  {what}".rstrip())

    def _time(self) -> str:
        return f"{time.monotonic() - self._started:6.1f} s"


def _print_table(lines: Sequence[Sequence[str]]) -> None:
    """Print lines with aligned columns."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())


def _in_order(states: dict[str, str | None]) -> list[tuple[str, str | None]]:
    """Sort the tasks in the order of the DAG."""
    order = ["submit", "wait", "choose", "approved", "denied"]
    return sorted(states.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))


def _verdict(customer: Customer) -> str:
    status, reason = (customer.verdict.get(key) for key in ("vetting_status", "vetting_reason"))
    return f"{status}: {reason}" if reason else str(status or "none")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
