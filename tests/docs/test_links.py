"""Links in what is read outside of the site too. Those inside of it are checked when it is built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: A link or a picture in Markdown, with its target.
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"])
def test_a_link_to_a_file_of_this_repository_leads_to_one(document: str) -> None:
    targets = [each.partition("#")[0] for each in LINK.findall((ROOT / document).read_text())]
    ours = [each for each in targets if each and not re.match(r"\w+:", each)]
    assert [each for each in ours if not (ROOT / each).exists()] == []
