"""How Sphinx builds the documentation: ``make docs``."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "airflow-provider-partnercenter"
author = "The authors of airflow-provider-partnercenter"
project_copyright = "The authors. Apache License 2.0"
version = release = installed(project)

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "_ext.pasted_messages",
    "_ext.troubleshooting",
]

# Commands and messages are shown as they are typed and printed.
smartquotes = False

root_doc = "index"
exclude_patterns = ["_build"]
# A link or a name that leads nowhere is a warning, and "make docs" lets no warning pass.
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"

html_theme = "furo"
html_title = "Partner Center for Apache Airflow"
html_theme_options = {"source_directory": "docs/"}
html_show_sphinx = False
# Prompts are not copied.
copybutton_exclude = ".linenos, .gp, .go"
