"""
Make the pictures of the documentation from a real Airflow: ``python -m demo.pictures``, which ``make pictures`` runs.

Look at them before you commit them.
"""

from __future__ import annotations

import sys
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.server import Emulator
from demo.story import DAG_ID, REQUEST
from testbed.browser import Browser
from testbed.examples import copy_examples, edit, emit_verdicts, start_by_key
from testbed.local_airflow import LocalAirflow, LocalAirflowError
from testbed.patience import wait_until
from testbed.processes import MissingProgramError

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
_THEMES: tuple[tuple[Literal["light", "dark"], str], ...] = (("light", ""), ("dark", "-dark"))
FINDS, GOES_ON, ASKS = "onboard_new_customers", "follow_up_verdicts", "onboard_with_a_person"
NEW_CUSTOMERS = "new_customers"
# A domain, because a GUID takes much of the picture.
TENANT = "contoso.com"
VERDICTS = f"partnercenter://{TENANT}/verdicts"


def main() -> int:
    """
    Make all pictures.

    :return: the exit status; 0 only if all have been made.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="partnercenter-pictures-") as name, Emulator() as emulator:
            dags = _connected_examples(Path(name) / "dags_examples")
            connection = {"AIRFLOW_CONN_PARTNERCENTER_DEFAULT": emulator.connection_json()}
            with Browser() as browser, LocalAirflow(dags, environment=connection) as airflow:
                _onboard_a_new_customer(airflow, emulator)
                _asset_graph(browser, airflow)
                _run_graph(browser, airflow)
                # Or it would onboard those of the next pictures too.
                airflow.pause(FINDS, paused=True)
                denied = _required_action(browser, airflow)
                _page(browser, airflow, emulator, denied)
    except (LocalAirflowError, MissingProgramError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _connected_examples(folder: Path) -> Path:
    """Copy the example DAGs, and let assets connect them."""
    copy_examples(folder)
    edit(folder / f"{FINDS}.py", {
        "import dag, task": "import Asset, dag, task",
        "poke_interval=timedelta(minutes=10),": f'poke_interval=10,\n        outlets=[Asset("{NEW_CUSTOMERS}")],',
        # The customers come to the onboarding as partition keys instead.
        "    start(new_customers.output)\n": "",
    })  # fmt: skip
    start_by_key(folder / f"{DAG_ID}.py", NEW_CUSTOMERS)
    emit_verdicts(folder / f"{DAG_ID}.py", TENANT)
    edit(folder / f"{GOES_ON}.py", {"11111111-1111-4111-8111-111111111111": TENANT})
    return folder


def _onboard_a_new_customer(airflow: LocalAirflow, emulator: Emulator) -> None:
    """Let a new customer go all the way: found, onboarded, approved, and what follows started."""
    for dag_id in (DAG_ID, GOES_ON, ASKS):
        airflow.wait_for_dag(dag_id)
    airflow.pause(FINDS, paused=False)
    wait_until(lambda: _any_task_is(airflow, FINDS, "deferred"), "the sensor knows who is there already")
    emulator.configure(str(uuid.uuid4()), vetting="at-once")
    wait_until(lambda: airflow.runs(GOES_ON, state="success"), "the verdict is passed on")


def _any_task_is(airflow: LocalAirflow, dag_id: str, state: str) -> bool:
    return any(state in airflow.task_states(dag_id, run["dag_run_id"]).values() for run in airflow.runs(dag_id))


def _asset_graph(browser: Browser, airflow: LocalAirflow) -> None:
    """Show the verdicts' asset, and what is before and after it."""
    [asset] = airflow.rest("GET", "/assets", uri_pattern=VERDICTS)["assets"]
    page = browser.sign_in(airflow.url, width=1280, height=400)
    page.goto(f"/assets/{asset['id']}")
    page.get_by_role("link", name=GOES_ON).first.wait_for()
    # The panel with the events, as narrow as can be, is not in the picture.
    edge = page.locator(".resize-handle")
    edge.hover(position={"x": 1, "y": 9})
    page.mouse.down()
    page.mouse.move(1279, 99)
    page.mouse.up()
    place = edge.bounding_box()
    assert place
    _fit_graph(page)
    _save(page, "asset-graph", width=place["x"])


def _run_graph(browser: Browser, airflow: LocalAirflow) -> None:
    """Show a run that has been approved."""
    customer = magic.customer_id("approved-at-once")
    run_id = airflow.trigger(DAG_ID, {"customer_id": customer, **REQUEST}, f"onboard-{customer}-order-4711")
    airflow.wait_for_success(DAG_ID, run_id)
    page = browser.sign_in(airflow.url, width=1280, height=460)
    page.goto(f"/dags/{DAG_ID}/runs/{quote(run_id, safe='')}")
    page.get_by_role("button", name="Show Graph").click()
    page.get_by_role("button", name="Collapse Details Panel").click()
    page.get_by_text("PartnerCenterQualificationSensor").wait_for()
    _fit_graph(page)
    _save(page, "onboard_customer", width=1280)


def _required_action(browser: Browser, airflow: LocalAirflow) -> str:
    """Show what a person is asked about a denial, and return the id of the run that asks."""
    customer = magic.denied_after(0)
    conf = {"customer_id": customer, "company_name": "Contoso School", **REQUEST}
    run_id = airflow.trigger(ASKS, conf, f"onboard-{customer}-order-4712")
    airflow.question(ASKS, run_id, "ask")
    page = browser.sign_in(airflow.url, width=1280, height=1110)
    page.goto(f"/dags/{ASKS}/runs/{quote(run_id, safe='')}/tasks/ask/required_actions")
    page.get_by_role("button", name="Resubmit", exact=True).wait_for()
    _save(page, "required-action", width=1280)
    return run_id


def _page(browser: Browser, airflow: LocalAirflow, emulator: Emulator, denied_run: str) -> None:
    """Show the page about all customers, and the tab of a run."""
    for number, company in enumerate(("Fabrikam School", "Litware University", "Tailspin College"), start=51):
        emulator.configure(customer := magic.ordinary_id(number), vetting="never")
        airflow.trigger(DAG_ID, {"customer_id": customer, "company_name": company, **REQUEST})
    wait_until(lambda: _waiting(airflow) >= 3, "the new customers wait")
    page = browser.sign_in(airflow.url, width=1500, height=1000)
    page.goto("/plugin/partnercenter")
    page.get_by_role("region", name="Customers").get_by_text("Tailspin College").first.wait_for()
    page.get_by_role("region", name="Sign-ins").get_by_text("partnercenter_default").wait_for()
    _save(page, "page", width=1500)
    page.goto(f"/dags/{ASKS}/runs/{quote(denied_run, safe='')}/plugin/partnercenter-run")
    page.get_by_text("Correlation id").first.wait_for()
    _save(page, "page-run", width=1500)


def _waiting(airflow: LocalAirflow) -> int:
    """Return for how many customers a task waits, as the page counts them."""
    counts = airflow.rest("GET", "/counts", root="/partnercenter/api")
    return int(counts["waiting"])


def _fit_graph(page: Page) -> None:
    """Let the page's graph be as large as it can be."""
    page.add_style_tag(content=".react-flow__minimap { display: none }")
    page.get_by_role("button", name="Fit View").click()
    # It moves there slowly, and its place says nothing of when it has arrived.
    page.wait_for_timeout(2000)


def _save(page: Page, name: str, *, width: float) -> None:
    """Save the left part of the page, light and dark."""
    for theme, end in _THEMES:
        # Airflow's UI does as its user's system, if its user has not chosen.
        page.emulate_media(color_scheme=theme)
        page.locator(f"html.{theme}").wait_for()
        # Colours change slowly.
        page.wait_for_timeout(1000)
        file = IMAGES / f"{name}{end}.png"
        page.screenshot(path=file, clip={"x": 0, "y": 0, "width": width, "height": page.evaluate("innerHeight")})
        print(f"{file}: {file.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    sys.exit(main())
