"""The tests of the foreign project are run by a pytest of their own."""

from __future__ import annotations

collect_ignore = ["foreign_project"]
