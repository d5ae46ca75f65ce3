"""The files of the page: all that one of them asks for are there."""

from __future__ import annotations

import re

import pytest

from airflow_provider_partnercenter.plugins.web.page.static_files import FOLDER, static_files

SCRIPTS = sorted(name for name in static_files() if name.endswith(".js"))


def test_every_file_of_the_folder_is_served():
    assert set(static_files()) == {file.name for file in FOLDER.iterdir()}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_imports_what_there_is_and_uses_it(name):
    text = static_files()[name].content.decode()
    imports = re.findall(r'^import \{([^}]*)\} from "\./([^"]+)";$', text, re.MULTILINE)
    assert len(imports) == len(re.findall(r"^import ", text, re.MULTILINE))
    rest = re.sub(r"^import .*$", "", text, flags=re.MULTILINE)
    for names, file in imports:
        exported = static_files()[file].content.decode()
        for imported in (each.strip() for each in names.split(",") if each.strip()):
            assert re.search(rf"\b{imported}\b", rest), imported
            assert re.search(rf"^export const ([^=]*\W)?{imported}\b", exported, re.MULTILINE), imported


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_writes_no_markup_and_asks_no_other_host(name):
    text = static_files()[name].content.decode()
    assert not re.search(r"innerHTML|outerHTML|dangerouslySetInnerHTML|document\.write|\beval\b|new Function", text)
    assert "://" not in text


def test_types_do_not_depend_on_the_machine():
    files = static_files()
    assert files["nav.js"].media_type.startswith("text/javascript")
    assert files["icon.svg"].media_type == "image/svg+xml"
    assert len({file.etag for file in files.values()}) >= len(files) - 1  # run.js and task.js are the same
