"""What a user installs: the wheel, in an environment that has Airflow but not this checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from tests.airflow_versions import DAG_BAG

ROOT = Path(__file__).parents[3]
NAME = "airflow-provider-partnercenter"
PACKAGE = "airflow_provider_partnercenter"

# One process for all of them, because each start of Airflow takes seconds.
COMMANDS = """
import contextlib, io, json, sys
import airflow, airflow_provider_partnercenter
from airflow.__main__ import main
answers = {"file": airflow_provider_partnercenter.__file__}
for command in json.loads(sys.argv[1]):
    sys.argv = ["airflow", "providers", *command, "--output", "json"]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        main()
    answers[command[0]] = output.getvalue()
print("answers:" + json.dumps(answers))
"""


# The examples that need an extra, or a newer Airflow than the package.
NOT_FOR_EVERYBODY = {
    "follow_up_verdicts",
    "onboard_from_asset_events",
    "onboard_from_webhooks",
    "onboard_from_redis",
    "onboard_from_service_bus",
    "onboard_many_with_a_person",
    "onboard_with_a_person",
    "onboard_with_deadline",
}
EXAMPLES = f"""
import json, os
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "True"
import airflow_provider_partnercenter
from airflow.dag_processing.bundles.manager import DagBundlesManager
from {DAG_BAG} import DagBag
folder = os.path.join(os.path.dirname(airflow_provider_partnercenter.__file__), "example_dags")
bundles = {{bundle.name: str(bundle.path) for bundle in DagBundlesManager().get_all_dag_bundles()}}
bag = DagBag(folder)
answers = {{
    "bundle": bundles.get("airflow-provider-partnercenter-example-dags"),
    "folder": folder,
    "dags": sorted(bag.dags),
    "errors": bag.import_errors,
}}
print("answers:" + json.dumps(answers))
"""


def run(command: list[str], directory: Path) -> str:
    """Run a command that knows nothing of the checkout."""
    leave_out = ("AIRFLOW", "_AIRFLOW", "PYTHON", "PIP_", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(leave_out)}
    environment |= {"AIRFLOW_HOME": str(directory / "airflow"), "PYTHONUTF8": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=directory, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheel")


@pytest.fixture(scope="module")
def wheel(directory: Path) -> Path:
    """The wheel, built without build isolation: with what is installed here."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = ["wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(directory), str(ROOT)]
    run([*pip, *build], directory)
    (wheel,) = directory.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def scripts(directory: Path, wheel: Path) -> Path:
    """
    The folder of the commands of an environment into which the wheel was installed.

    What else it needs it shares with the environment of the tests, by links to everything there but this package: an
    editable installation of it there must not be found instead of the wheel, nor beside it.
    """
    shared = directory / "shared"
    shared.mkdir()
    for site_packages in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for path in Path(site_packages).iterdir():
            ours = path.name.lower().replace("-", "_").lstrip("_").startswith((PACKAGE, f"editable___{PACKAGE}"))
            # Such files are only read in a folder of packages of their own, but one may name the checkout.
            if not ours and path.suffix != ".pth" and not (shared / path.name).exists():
                (shared / path.name).symlink_to(path)
    home = directory / "environment"
    venv.create(home, with_pip=False, symlinks=True)
    scripts = home / "bin"
    python = str(scripts / "python")
    own = run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], directory).strip()
    Path(own, "shared.pth").write_text(f"{shared}\n")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    run([*pip, "install", "--no-deps", "--no-index", "--no-compile", str(wheel)], directory)
    return scripts


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        about = message_from_bytes(archive.read(metadata))
    assert {name.partition("/")[0] for name in names} == {PACKAGE, metadata.partition("/")[0]}
    expected = {f"{PACKAGE}/{path.relative_to(ROOT / PACKAGE)}" for path in (ROOT / PACKAGE).rglob("*.py")}
    examples = {path.stem for path in (ROOT / "dags_examples").glob("*.py")} - NOT_FOR_EVERYBODY
    expected |= {f"{PACKAGE}/example_dags/{name}.py" for name in examples}
    # What a browser loads for the page.
    static = (ROOT / PACKAGE / "plugins/web/page/static").iterdir()
    expected |= {f"{PACKAGE}/plugins/web/page/static/{file.name}" for file in static}
    expected |= {f"{PACKAGE}/py.typed"}
    assert {name for name in names if name.startswith(PACKAGE + "/")} == expected
    assert [name for name in names if name.endswith("/licenses/LICENSE")]
    assert about["Name"] == NAME
    # A package index has no other file of the repository.
    assert "customers in a DAG" in str(about.get_payload())
    assert re.findall(r"\]\((?!https?:)[^)]*\)", str(about.get_payload())) == []
    assert about["License-Expression"] == "Apache-2.0"
    assert str(about.get_payload())
    assert {"Framework :: Apache Airflow", "Framework :: Apache Airflow :: Provider", "Typing :: Typed"} <= set(
        about.get_all("Classifier")
    )
    assert {"emulator", "test", "dev"} <= set(about.get_all("Provides-Extra"))


@pytest.fixture(scope="module")
def listed(scripts: Path, directory: Path) -> dict[str, str]:
    """What each of Airflow's commands about providers writes."""
    commands = [["get", NAME], ["hooks"], ["behaviours"], ["links"], ["triggers"]]
    output = run([str(scripts / "python"), "-c", COMMANDS, json.dumps(commands)], directory)
    return json.loads(output.rpartition("answers:")[2])


def rows(text: str) -> list[dict[str, str]]:
    """Read the table that a command writes, perhaps below lines of its log."""
    return json.loads(text.strip().splitlines()[-1])


def test_airflow_lists_what_is_ours(listed: dict[str, str], directory: Path) -> None:
    assert Path(listed["file"]).is_relative_to(directory / "environment")
    (provider,) = rows(listed["get"])
    assert provider["Provider"] == NAME
    (hook,) = (row for row in rows(listed["hooks"]) if row["connection_type"] == "partnercenter")
    assert hook["class"] == f"{PACKAGE}.hooks.partnercenter.PartnerCenterHook"
    assert hook["conn_id_attribute_name"] == "partnercenter_conn_id"
    assert hook["hook_name"] == "Microsoft Partner Center"
    links = [row["extra_link_class_name"] for row in rows(listed["links"])]
    assert links.count(f"{PACKAGE}.links.partnercenter.PartnerCenterCustomerLink") == 1
    assert f"{PACKAGE}.triggers.qualification" in listed["triggers"]


@pytest.mark.since_airflow("3.2", "a list of field behaviours without the FAB provider")
def test_airflow_lists_our_field_behaviours(listed: dict[str, str]) -> None:
    assert [row["field_behaviours"] for row in rows(listed["behaviours"])].count("partnercenter") == 1


@pytest.fixture(scope="module")
def examples(scripts: Path, directory: Path) -> dict[str, Any]:
    """What Airflow finds if it is to load the examples."""
    return json.loads(run([str(scripts / "python"), "-c", EXAMPLES], directory).rpartition("answers:")[2])


def test_airflow_can_load_the_example_dags(examples: dict[str, Any]) -> None:
    assert examples["errors"] == {}
    assert {"daily_digest", "onboard_customer", "reconcile_qualifications"} <= set(examples["dags"])


@pytest.mark.since_airflow("3.3", "example DAGs of providers that are not Airflow's own")
def test_airflow_finds_the_example_dags(examples: dict[str, Any]) -> None:
    # Of an older version, a bundle for the folder has to be configured.
    assert examples["bundle"] == examples["folder"]


def test_the_emulators_command_is_there(scripts: Path, directory: Path) -> None:
    assert "approved-at-once" in run([str(scripts / "partnercenter-emulator"), "--help"], directory)


def test_the_environment_is_not_the_checkout(scripts: Path, directory: Path) -> None:
    code = f"""
from importlib.metadata import distributions
print(*[d.locate_file("") for d in distributions() if d.name == "{NAME}"], sep="\\n")
"""
    (found,) = run([str(scripts / "python"), "-c", code], directory).split()
    assert Path(found).is_relative_to(directory / "environment")
