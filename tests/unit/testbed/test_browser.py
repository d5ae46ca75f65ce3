"""Finding Chromium on this machine."""

from __future__ import annotations

import pytest

from testbed import browser
from testbed.processes import MissingProgramError


@pytest.mark.usefixtures("nothing_installed")
def test_chromium_is_not_installed():
    with pytest.raises(MissingProgramError) as refusal, browser.Browser():
        pass
    assert "none of chromium, chromium-browser, google-chrome, google-chrome-stable is on the PATH" in str(
        refusal.value
    )
    assert str(refusal.value).endswith("apt-get install chromium")


@pytest.mark.parametrize("name", browser.PROGRAMS)
def test_chromium_has_several_names(name, nothing_installed):
    (nothing_installed / name).touch(mode=0o755)
    assert browser.find_program() == str(nothing_installed / name)


def test_chromium_itself_comes_first(nothing_installed):
    for name in browser.PROGRAMS:
        (nothing_installed / name).touch(mode=0o755)
    assert browser.find_program() == str(nothing_installed / "chromium")
