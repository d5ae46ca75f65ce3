"""How Sphinx builds the documentation: ``make docs``."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version as installed
from pathlib import Path

# Airflow writes its configuration when it is imported: not into the home of whoever builds this.
os.environ["AIRFLOW_HOME"] = str(Path(__file__).parent / "_build" / "airflow")
sys.path.insert(0, str(Path(__file__).parent))

project = "airflow-provider-partnercenter"
author = "The authors of airflow-provider-partnercenter"
project_copyright = "The authors. Apache License 2.0"
version = release = installed(project)

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "_ext.arguments",
    "_ext.commands",
    "_ext.connection",
    "_ext.examples",
    "_ext.fixtures",
    "_ext.names",
    "_ext.operations",
    "_ext.pasted_messages",
    "_ext.pictures",
    "_ext.troubleshooting",
]

# Commands and messages are shown as they are typed and printed.
smartquotes = False

root_doc = "index"
exclude_patterns = ["_build"]
# A link or a name that leads nowhere is a warning, and "make docs" lets no warning pass.
nitpicky = True
# But there is no network to look names of others up in.
_OTHERS = "airflow|asyncio|collections|datetime|enum|logging|pathlib|types|typing"
nitpick_ignore_regex = [
    ("py:.*", rf"({_OTHERS})\..+"),
    # Docstrings name these without their modules.
    ("py:.*", "AirflowSensorTimeout|AirflowSkipException|Logger|date"),
]

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 4

toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"

html_theme = "furo"
html_title = "Partner Center for Apache Airflow"
html_theme_options = {"source_directory": "docs/"}
html_show_sphinx = False
# Prompts are not copied.
copybutton_exclude = ".linenos, .gp, .go"
