"""What Airflow is told about this provider: a mistake in it breaks every ``import airflow`` of a deployment."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import airflow_provider_partnercenter
from airflow_provider_partnercenter.client.clouds import CLOUDS, DEFAULT_CLOUD
from airflow_provider_partnercenter.client.protocol.budget import POLL_SHARE, REQUESTS_PER_MINUTE
from airflow_provider_partnercenter.client.settings import CALL_TIMEOUT, ClientSettings
from airflow_provider_partnercenter.hooks.partnercenter import PartnerCenterHook
from airflow_provider_partnercenter.provider_info import get_provider_info
from tests.airflow_versions import MINOR, redact

PACKAGE = Path(airflow_provider_partnercenter.__file__).parent
ROOT = Path(__file__).parents[2]
INFO: dict[str, Any] = get_provider_info()
(CONNECTION,) = INFO["connection-types"]
FIELDS = CONNECTION["conn-fields"]
SECRETS = {"refresh_token", "client_certificate_private_key"}


def module_names():
    return [
        module
        for kind in ("hooks", "operators", "sensors", "triggers")
        for entry in INFO[kind]
        for module in entry["python-modules"]
    ]


def test_it_passes_the_schema_that_airflow_checks_at_every_start():
    schema = json.loads(files("airflow").joinpath("provider_info.schema.json").read_text())
    jsonschema.validate(INFO, schema)


def test_it_passes_the_stricter_schema_of_airflows_own_providers():
    schema = json.loads(files("airflow").joinpath("provider.yaml.schema.json").read_text())
    # These describe a release of Airflow's own repository; of ours, the distribution's metadata tells the version.
    schema["required"] = sorted(set(schema["required"]) - {"state", "source-date-epoch", "versions"})
    # Airflow reads the commands of providers from 3.2 on. Older ones do not know this member, and ignore it.
    unknown = {"cli"} if MINOR < (3, 2) else set()
    jsonschema.validate({name: value for name, value in INFO.items() if name not in unknown}, schema)


def test_its_package_name_is_that_of_the_distribution():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert INFO["package-name"] == project["name"]
    entry_points = project["entry-points"]["apache_airflow_provider"]
    assert entry_points == {"provider_info": f"{get_provider_info.__module__}:{get_provider_info.__name__}"}


def test_its_module_imports_nothing():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); before = set(sys.modules)\n"
        "from airflow_provider_partnercenter.provider_info import get_provider_info; get_provider_info()\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    # Isolated and without site-packages: there is nothing else that it could import.
    command = [sys.executable, "-I", "-S", "-c", code, str(PACKAGE.parent)]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert loaded == ["__future__", "airflow_provider_partnercenter", "airflow_provider_partnercenter.provider_info"]


@pytest.mark.parametrize("module", module_names())
def test_every_module_can_be_imported(module):
    importlib.import_module(module)


def test_no_module_is_forgotten():
    for kind in ("hooks", "operators", "sensors", "triggers"):
        # The other modules of these folders hold what those for users are made of.
        there = {
            f"{PACKAGE.name}.{kind}.{file.stem}"
            for file in (PACKAGE / kind).glob("*.py")
            if "\nclass PartnerCenter" in file.read_text()
        }
        assert there == {module for entry in INFO[kind] for module in entry["python-modules"]}


@pytest.mark.parametrize("kind", ["handler", "factory", "to_openlineage_converter"])
def test_every_function_of_the_asset_uris_is_there(kind):
    (asset_uri,) = INFO["asset-uris"]
    module, _, name = asset_uri[kind].rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("path", INFO["cli"])
def test_every_function_that_defines_commands_is_there(path):
    module, _, name = path.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("path", [CONNECTION["hook-class-name"], *INFO["extra-links"]])
def test_every_class_is_there(path):
    module, _, name = path.rpartition(".")
    assert isinstance(getattr(importlib.import_module(module), name), type)


def test_the_integration_is_the_one_that_the_modules_name():
    names = {entry["integration-name"] for entry in INFO["integrations"]}
    kinds = ("hooks", "operators", "sensors", "triggers")
    assert names == {entry["integration-name"] for kind in kinds for entry in INFO[kind]}


def test_the_hook_agrees_with_its_declaration():
    assert PartnerCenterHook.conn_type == CONNECTION["connection-type"]
    assert PartnerCenterHook.hook_name == CONNECTION["hook-name"]
    hook = PartnerCenterHook(**{PartnerCenterHook.conn_name_attr: "some_id"})
    assert hook.partnercenter_conn_id == "some_id"
    assert PartnerCenterHook().partnercenter_conn_id == PartnerCenterHook.default_conn_name


def test_only_the_tenant_is_required_in_the_form():
    # Airflow demands a field whose type does not contain "null".
    assert [name for name, field in FIELDS.items() if "null" not in field["schema"]["type"]] == ["tenant_id"]


def test_airflow_hides_the_secrets_and_nothing_else():
    shown: Any = redact({name: f"value of {name}" for name in FIELDS})
    assert {name for name, value in shown.items() if value == "***"} == SECRETS
    # The name of a Variable is no secret, and must not be masked in every log (Airflow goes by the field's name).
    assert redact({"credential_variable": "partnercenter_credential"}) == {
        "credential_variable": "partnercenter_credential"
    }


def test_secrets_are_not_typed_in_the_clear_where_the_form_can_avoid_it():
    assert FIELDS["refresh_token"]["schema"]["format"] == "password"
    # A PEM text has several lines, which a password field does not take.
    assert FIELDS["client_certificate_private_key"]["schema"]["format"] == "multiline"


def test_the_form_offers_the_clouds_there_are():
    schema = FIELDS["cloud"]["schema"]
    assert schema["enum"] == list(CLOUDS)
    assert schema["default"] == DEFAULT_CLOUD


def test_the_forms_defaults_are_those_of_the_code():
    defaults = {name: field["schema"]["default"] for name, field in FIELDS.items() if "default" in field["schema"]}
    assert defaults == {
        "cloud": DEFAULT_CLOUD,
        "requests_per_minute": REQUESTS_PER_MINUTE,
        "poll_share": POLL_SHARE,
        "timeout": CALL_TIMEOUT,
        "locale": ClientSettings.__dataclass_fields__["locale"].default,
    }


def test_the_standard_fields_that_are_described_are_shown():
    behaviour = CONNECTION["ui-field-behaviour"]
    described = set(behaviour["relabeling"]) | set(behaviour["placeholders"])
    assert described == {"login", "password", "host", "port"}
    assert not described & set(behaviour["hidden-fields"])
