"""The example DAGs: what their forms preset, what their tasks tell, and what they need."""

from __future__ import annotations

import copy
import json
import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.execution_time.supervisor import set_supervisor_comms

from airflow_provider_partnercenter.client.plain import to_plain
from airflow_provider_partnercenter.emulator.magic import customer_id, ordinary_id
from airflow_provider_partnercenter.emulator.partner.codes import GCC_CODE
from airflow_provider_partnercenter.exceptions import PermanentFailureError
from airflow_provider_partnercenter.qualification.bulk.findings import Finding, sentence
from airflow_provider_partnercenter.storage.entries import EntryFolder, folder_of
from airflow_provider_partnercenter.tasks.arguments import rendered
from airflow_provider_partnercenter.testing.clock import Clock
from testbed import examples
from tests.airflow_versions import AirflowFailException, ParamValidationError
from tests.support.events.supervisor import Supervisor
from tests.support.task_modes import Ending, TaskInstance, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_partnercenter.emulator.server import Emulator

    LoadExample = Callable[[str], Any]
    Tell = Callable[..., tuple[Any, list[str]]]

CUSTOMER = ordinary_id(1)
DENIAL = Finding(
    CUSTOMER, "Contoso", "Education", "denied", "2026-05-20T09:30:00+00:00", "Not an Academic Domain", "act"
)


@pytest.fixture(autouse=True)
def connection(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    given = emulator.connection()
    given["extra"] |= {"requests_per_minute": 0}
    monkeypatch.setenv("AIRFLOW_CONN_PARTNERCENTER_DEFAULT", json.dumps(given))


@pytest.fixture
def tell(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Run the function of a task; return its result, and the lines that it logged."""
    caplog.set_level(logging.INFO)

    def call(dag: Any, task_id: str, *arguments: Any) -> tuple[Any, list[str]]:
        caplog.clear()
        capsys.readouterr()
        result = dag.get_task(task_id).python_callable(*arguments)
        # Older versions of Airflow show the log on the console too.
        lines = [line for line in capsys.readouterr().out.splitlines() if not line.endswith(tuple(caplog.messages))]
        assert lines == [], "Airflow's log view hides what is printed"
        return result, [record.getMessage() for record in caplog.records if not record.name.startswith("airflow.")]

    return call


@pytest.mark.parametrize("dag_id", [file.stem for file in examples.importable_examples()])
def test_every_task_has_a_name_for_people(load_example: LoadExample, dag_id: str) -> None:
    names = [task.task_display_name for task in load_example(dag_id).tasks]
    assert len({*names}) == len(names) > 0
    assert all(name[0].isupper() and " " in name for name in names), names


# -- onboard_customer -------------------------------------------------------------------------------------------------


def submit(dag: Any, clock: Clock, **form: Any) -> Ending:
    """Run the task with what is filled into the form."""
    params = {**{name: dag.params.get_param(name).value for name in dag.params}, "customer_id": CUSTOMER, **form}

    def make() -> Any:
        task = dag.get_task("submit")
        task.render_template_fields({"params": params})
        return task

    return run(make, clock)


def test_the_form_for_one_customer_asks_for_the_qualification(load_example: LoadExample) -> None:
    params = load_example("onboard_customer").params
    fields = {name: params.get_param(name) for name in params}
    assert [name for name, field in fields.items() if field.has_value] == [], "a preset may be wrong"
    required = {name for name, field in fields.items() if "null" not in field.schema["type"]}
    assert required == {"customer_id", "qualification"}


@pytest.mark.parametrize(
    "form",
    [
        {"qualification": "Education", "education_segment": "K12"},
        {"qualification": "GovernmentCommunityCloud", "validation_code": GCC_CODE},
        {"qualification": "GovernmentCommunityCloud", "validation_code": "auto", "organization": "Contoso, Inc."},
        {"qualification": "StateOwnedEntity"},
    ],
    ids=["education", "government", "government-auto", "state-owned"],
)
def test_what_the_form_for_one_customer_offers_can_be_requested(
    load_example: LoadExample, emulator: Emulator, form: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = submit(load_example("onboard_customer"), Clock(emulator).rule(monkeypatch), **form)
    assert (ending.state, ending.message) == ("succeeded", "")
    assert ending.result["submitted"]


def test_a_denial_is_logged_with_what_was_wrong_in_the_form(
    load_example: LoadExample, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tell: Tell
) -> None:
    dag, clock = load_example("onboard_customer"), Clock(emulator).rule(monkeypatch)
    wrong = "2026-01-15T09:30:01Z"
    form = {"customer_id": customer_id("education-denied"), "qualification": "Education", "education_segment": "K12"}
    submission = submit(dag, clock, **form, resubmit_denied_of=wrong).result
    verdict = {**submission, "hint": "what the sensor says, which knows nothing of the form"}
    record, lines = tell(dag, "denied", verdict, submission)
    assert record["what_to_do"].startswith(f"resubmit_denied_of {wrong!r} does not name the denial that is there")
    assert lines == [f"{name}: {value}" for name, value in record.items()]
    # A denial that came of the request itself has the hint of the wait.
    record, _ = tell(dag, "denied", verdict, {"outcome": "in_review"})
    assert record["what_to_do"] == verdict["hint"]


# -- many customers ---------------------------------------------------------------------------------------------------


ONBOARDINGS = ["onboard_customer", "onboard_in_batches", "onboard_many_customers"]


@pytest.mark.parametrize("name", ONBOARDINGS)
def test_an_approval_is_logged(load_example: LoadExample, tell: Tell, name: str) -> None:
    customers = [{"customer_id": CUSTOMER, "qualification": "Education", "outcome": "approved"}]
    given = customers[0] if name == "onboard_customer" else {"path": None, "customers": customers}
    _, lines = tell(load_example(name), "approved", given)
    assert len(lines) == 1
    assert f"{CUSTOMER} is qualified" in lines[0]


@pytest.mark.parametrize("name", ONBOARDINGS)
def test_a_customer_does_not_wait_for_the_verdicts_on_others(load_example: LoadExample, name: str) -> None:
    # Airflow's default would let 16 runs wait for days, and all others for them.
    assert load_example(name).max_active_runs >= 100


def test_a_chain_of_runs_goes_on_until_nobody_is_left(
    load_example: LoadExample, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, dag = Clock(emulator).rule(monkeypatch), load_example("onboard_in_batches")
    customers = [ordinary_id(number) for number in (1, 2, 3)]
    for number, customer in enumerate(customers):
        emulator.configure(customer, vetting=f"seconds:{60 + 7200 * number}")
    rows = [
        {"customer_id": customer, "qualification": "Education", "education_segment": "K12"} for customer in customers
    ]
    params = {name: dag.params.get_param(name).value for name in dag.params} | {"customers": rows}
    run_id, seen = "manual__2026-01-02T03:04:05+00:00", []

    def qualify() -> Any:
        task = load_example("onboard_in_batches").get_task("qualify")
        task.render_template_fields({"params": params, "var": {"value": {}}})
        return task

    for number in range(2, 5):
        ending = run(qualify, clock, {"ti": TaskInstance(run_id=run_id)})
        assert (ending.state, ending.message) == ("succeeded", "")
        report = ending.result
        seen += [customer["customer_id"] for customer in report["customers"]]
        go_on = dag.get_task("anybody_left").python_callable(report)
        assert go_on == (number < 4)
        if go_on:
            task = load_example("onboard_in_batches").get_task("go_on")
            task.render_template_fields({"ti": SimpleNamespace(xcom_pull={"qualify": report}.get)})
            # As Airflow checks them when it makes the run.
            accepted = load_example("onboard_in_batches").params
            accepted.update(task.conf)
            params = accepted.validate()
            run_id = task.trigger_run_id
            assert run_id == f"batch-{number}-of-qualify:manual__2026-01-02T03:04:05+00:00"
            assert (task.trigger_dag_id, task.logical_date) == (dag.dag_id, None)
            assert task.skip_when_already_exists
    assert seen == customers


def test_the_mapped_example_runs_without_being_set_up(load_example: LoadExample) -> None:
    dag = load_example("onboard_mapped_customers")
    # Airflow starts no task of a pool that does not exist, and says so in the scheduler's log only.
    assert {task.pool for task in dag.tasks} == {"default_pool"}
    assert dag.max_active_tasks == 4
    # Airflow 3.3 counts who waits towards these, so that others would not start for days.
    assert {task.max_active_tis_per_dag or task.max_active_tis_per_dagrun for task in dag.tasks} == {None}


@pytest.mark.parametrize(
    ("customers", "says"),
    [
        ([CUSTOMER], f"'{CUSTOMER}' is not of type 'object'"),
        ([{"customer_id": "contoso.edu"}], "'contoso.edu' does not match"),
        ([{"company_name": "Contoso"}], "'customer_id' is a required property"),
        ([{"customer_id": CUSTOMER, "company_name": 7}], "7 is not of type 'null', 'string'"),
        ([{"customer_id": CUSTOMER, "company_name": "x" * 251}], "'x+' is too long"),
        ([{"customer_id": CUSTOMER, "segment": "K12"}], "Additional properties are not allowed .'segment' was"),
        ([{"customer_id": CUSTOMER}] * 2, "has non-unique elements"),
        ([], r"\[\] should be non-empty"),
        (CUSTOMER, f"'{CUSTOMER}' is not of type 'array'"),
    ],
)
def test_the_form_of_the_mapped_example_says_what_is_wrong(
    load_example: LoadExample, customers: Any, says: str
) -> None:
    field = load_example("onboard_mapped_customers").params.get_param("customers")
    with pytest.raises(ParamValidationError, match=rf"\A[^\n]*{says}"):
        field.resolve(customers)


@pytest.mark.parametrize("name", [{}, {"company_name": None}, {"company_name": "x" * 250}])
def test_the_form_of_the_mapped_example_takes_customers_without_a_name(
    load_example: LoadExample, name: dict[str, Any]
) -> None:
    field = load_example("onboard_mapped_customers").params.get_param("customers")
    field.resolve([{"customer_id": CUSTOMER, **name}])


# -- reconcile_qualifications -----------------------------------------------------------------------------------------


def report(*findings: Finding, omitted: int = 0, **members: Any) -> dict[str, Any]:
    plain = [to_plain(finding, complete=True) for finding in findings]
    counts = {"customers": 9, "acknowledged": sum(finding.acknowledged for finding in findings)}
    return {"counts": counts, "findings": plain, "omitted": omitted, "path": None, **members}


def known(finding: Finding) -> Finding:
    return Finding(**{**to_plain(finding), "acknowledged": True})


def test_the_failure_has_the_first_findings_and_the_log_what_to_copy(load_example: LoadExample, tell: Tell) -> None:
    dag = load_example("reconcile_qualifications")
    findings = [Finding(ordinary_id(number), None, None, "unreadable") for number in range(7)]
    with pytest.raises(AirflowFailException) as caught:
        tell(dag, "tell", report(*findings, known(DENIAL), omitted=3))
    message = str(caught.value)
    assert message.startswith("10 qualifications are not as they should be. ")
    told = [sentence(finding) in message for finding in report(*findings)["findings"]]
    assert told == [True] * 5 + [False] * 2
    assert message.endswith(" 5 more are in the report of the task reconcile.")
    assert "Contoso" not in message


def test_what_the_log_has_to_copy_is_what_acknowledges_it(
    load_example: LoadExample, caplog: pytest.LogCaptureFixture, tell: Tell
) -> None:
    dag = load_example("reconcile_qualifications")
    with pytest.raises(
        AirflowFailException, match=r"^1 qualifications are not as they should be\. Customer .*What to do"
    ):
        tell(dag, "tell", report(DENIAL))
    (line,) = caplog.messages
    (copied,) = json.loads(f"[{line.removeprefix('To acknowledge it, copy: ')}]")
    assert copied == to_plain(DENIAL, complete=True)


@pytest.mark.parametrize("findings", [[], [known(DENIAL)]], ids=["nothing", "acknowledged"])
def test_nothing_new_fails_nothing(
    load_example: LoadExample, tell: Tell, tmp_path: Path, findings: list[Finding]
) -> None:
    dag = load_example("reconcile_qualifications")
    everything = report(*findings)
    assert tell(dag, "tell", everything) == (None, [])
    file = tmp_path / "report.json"
    file.write_text(json.dumps(everything))
    assert tell(dag, "tell", {**everything, "findings": [], "omitted": len(findings), "path": f"file://{file}"}) == (
        None, [],
    )  # fmt: skip


def test_the_acknowledgements_come_from_a_variable(load_example: LoadExample) -> None:
    copied = json.dumps([to_plain(DENIAL, complete=True)])
    for variables, given in (({}, None), ({"partnercenter_acknowledged": copied}, json.loads(copied))):
        task = load_example("reconcile_qualifications").get_task("reconcile")
        task.render_template_fields({"var": {"value": variables}})
        assert rendered(task.acknowledged) == given


# -- follow_up_verdicts, after_approval -------------------------------------------------------------------------------

VERDICT = {"customer_id": CUSTOMER, "qualification": "Education", "outcome": "approved", "vetting_status": "Approved"}
NOT_APPROVED = {**VERDICT, "outcome": "denied", "hint": "the customer must prove that it is a school"}


def told(*verdicts: dict[str, Any]) -> Any:
    """Make the events that start a run."""
    events = [
        SimpleNamespace(extra=verdict, timestamp=number, partition_key=CUSTOMER)
        for number, verdict in enumerate(verdicts)
    ]
    return {"asset": events}


@pytest.mark.since_airflow("3.2", "partitions")
class TestFollowUps:
    @pytest.fixture
    def supervisor(self) -> Iterator[Supervisor]:
        with set_supervisor_comms(supervisor := Supervisor()):
            yield supervisor

    def test_each_approval_starts_one_run(self, load_example: LoadExample, tell: Tell, supervisor: Supervisor) -> None:
        dag = load_example("follow_up_verdicts")
        for extra in (VERDICT, VERDICT, {"verdicts": {CUSTOMER: VERDICT}}):
            tell(dag, "start", told(extra))
        tell(dag, "start", told(NOT_APPROVED, {**VERDICT, "qualification": "StateOwnedEntity"}))
        run_id = f"follow-up-{CUSTOMER}-"
        assert list(supervisor.runs) == [f"{run_id}Education", f"{run_id}StateOwnedEntity"]

    def test_a_denial_is_only_logged(self, load_example: LoadExample, tell: Tell, supervisor: Supervisor) -> None:
        _, lines = tell(load_example("follow_up_verdicts"), "start", told(NOT_APPROVED))
        assert lines == [
            f"{CUSTOMER}: Education is denied.", "What to do: the customer must prove that it is a school.",
        ]  # fmt: skip
        assert supervisor.runs == {}

    @pytest.mark.parametrize("events", [{}, told({}), told({**VERDICT, "customer_id": ordinary_id(2)})])
    def test_a_run_without_a_verdict_fails(
        self, load_example: LoadExample, tell: Tell, supervisor: Supervisor, events: Any
    ) -> None:
        with pytest.raises(AirflowFailException, match="No verdict came with this run"):
            tell(load_example("follow_up_verdicts"), "start", events)
        assert supervisor.runs == {}

    def test_what_it_starts_takes_the_verdict(
        self, load_example: LoadExample, tell: Tell, supervisor: Supervisor
    ) -> None:
        tell(load_example("follow_up_verdicts"), "start", told(VERDICT))
        [conf] = supervisor.runs.values()
        params = copy.copy(load_example("after_approval").params)
        params.update({name: conf[name] for name in params})
        assert params.validate() == {"customer_id": CUSTOMER, "qualification": "Education"}

    def test_it_can_be_tried_with_the_emulator(self, emulator: Emulator) -> None:
        module: Any = examples.load_example("follow_up_verdicts")
        assert emulator.tenant_id == module.TENANT

    def test_the_onboarding_can_tell_its_verdict(
        self, load_example: LoadExample, tmp_path: Path, emulator: Emulator
    ) -> None:
        """As its text says under *Make it yours*."""
        file = tmp_path / "onboard_customer.py"
        file.write_text((examples.EXAMPLES / file.name).read_text())
        examples.emit_verdicts(file, emulator.tenant_id)
        names: dict[str, Any] = {}
        exec(compile(file.read_text(), file, "exec"), names)
        [outlet] = names["onboard_customer"]().get_task("wait").outlets
        listens_to = load_example("follow_up_verdicts").timetable.asset_condition
        assert listens_to == outlet


def test_what_follows_an_approval_names_the_customer(load_example: LoadExample, tell: Tell) -> None:
    dag = load_example("after_approval")
    lines = [tell(dag, "order", CUSTOMER, "Education"), tell(dag, "licences", CUSTOMER)]
    lines.append(tell(dag, "notify", CUSTOMER, "Education"))
    assert [CUSTOMER in line for _, [line] in lines] == [True] * 3


# -- queues -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "library", "extra"),
    [
        ("onboard_from_redis", "airflow.providers.redis", "redis"),
        ("onboard_from_service_bus", "azure.servicebus", "servicebus"),
    ],
)
def test_a_library_that_is_missing_is_named(
    load_example: LoadExample, monkeypatch: pytest.MonkeyPatch, name: str, library: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=rf"needs {library}, .*airflow-provider-partnercenter\[{extra}\]"):
        load_example(name)


# -- tidy_partnercenter_storage ---------------------------------------------------------------------------------------


def test_the_storage_is_tidied_up(
    load_example: LoadExample, tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Clock().rule(monkeypatch)
    storage = f"file://{tmp_path}"
    context: Any = {"ti": TaskInstance()}
    folder = EntryFolder(folder_of(storage, context))
    folder.prepare()
    report = Path(folder.write_report({}).removeprefix("file://"))
    dag = load_example("tidy_partnercenter_storage")
    assert tell(dag, "tidy", storage) == (None, ["Removed the files of 0 tasks."])
    assert report.exists(), "the tasks after it may need it"
    time.now += 91 * 86400
    assert tell(dag, "tidy", storage) == (
        None, [f"Removed the files in {folder.path}", "Removed the files of 1 tasks."],
    )  # fmt: skip
    assert not report.exists()


@pytest.mark.parametrize(
    ("storage", "says"),
    [
        ("", "partnercenter_storage is not set. Set it, or pause this DAG"),
        ("nosuch://bucket", "cannot be tidied up .* What to do: let workers list"),
    ],
)
def test_there_is_no_storage_to_tidy_up(load_example: LoadExample, tell: Tell, storage: str, says: str) -> None:
    with pytest.raises(PermanentFailureError, match=says):
        tell(load_example("tidy_partnercenter_storage"), "tidy", storage)


# -- onboard_with_deadline --------------------------------------------------------------------------------------------


@pytest.mark.since_airflow("3.2", "deadline alerts in airflow.sdk")
@pytest.mark.parametrize("status", ["Approved", "Denied"])
def test_a_run_with_a_deadline_succeeds_with_each_verdict(
    load_example: LoadExample, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    # Airflow takes a deadline back for a success only.
    dag, clock = load_example("onboard_with_deadline"), Clock(emulator).rule(monkeypatch)
    verdict = "approve" if status == "Approved" else "deny"
    emulator.configure(CUSTOMER, vetting="seconds:60", verdict=verdict)
    submission = submit(dag, clock, qualification="Education", education_segment="K12").result
    assert submission["submitted"]

    def wait() -> Any:
        task = dag.get_task("wait")
        task.customer_id, task.qualification, task.submission = CUSTOMER, "Education", submission
        return task

    ending = run(wait, clock)
    assert (ending.state, ending.result["vetting_status"]) == ("succeeded", status)
