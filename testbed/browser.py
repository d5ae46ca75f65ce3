"""
The system's Chromium, without a window, for the UI of an Airflow on this machine.

Its pages are Playwright's::

    with Browser() as browser:
        page = browser.sign_in(airflow.url)
        page.goto("/dags/onboard_customer")
        assert browser.complaints == []
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Self

from testbed.patience import PATIENCE
from testbed.processes import MissingProgramError

if TYPE_CHECKING:
    from types import TracebackType

    from playwright.sync_api import ConsoleMessage, Error, Page

#: The names of Chromium's program in distributions.
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = (
    # The user's proxy must not apply to a server on localhost, and nothing else is to be reached.
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


class Browser:
    """
    A Chromium that runs while its ``with`` block does.

    In its thread no other event loop can run meanwhile, because Playwright has one there.

    :raises MissingProgramError: on entering, if Chromium is not installed.
    :ivar complaints: what the pages so far wrote to their consoles as errors, and exceptions that nothing has caught.
    """

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def __enter__(self) -> Self:
        program = find_program()
        # Not installed beside the older versions of Airflow, where nothing needs a browser.
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        try:
            self._chromium = self._playwright.chromium.launch(executable_path=program, args=_OPTIONS)
        except BaseException:
            self._playwright.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._chromium.close()
        finally:
            self._playwright.stop()

    def open(self, url: str, *, width: int = 1280, height: int = 800) -> Page:
        """
        Return an empty page.

        :param url: the URL of a server. On the page, addresses without a host are relative to it.
        :param width: the width of the page, in pixels.
        :param height: its height.
        :return: a page that shares no cookie and no setting with earlier ones, as if another person had opened it. It
            waits for what is to appear as long as all tests wait for Airflow.
        """
        context = self._chromium.new_context(base_url=url, viewport={"width": width, "height": height})
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", self._failed)
        return page

    def sign_in(self, url: str, *, width: int = 1280, height: int = 800) -> Page:
        """
        Sign in to an Airflow that asks for no password.

        :param url: the URL of the API server. On the page, addresses without a host are relative to it.
        :param width: the width of the page, in pixels.
        :param height: its height.
        :return: a page as :meth:`open` returns it, which shows Airflow's home page.
        """
        page = self.open(url, width=width, height=height)
        # The UI would come here by itself; but only after it was refused, which it reports as an error.
        page.goto("/auth/token/login")
        page.get_by_test_id("nav-home-link").wait_for()
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def _failed(self, error: Error) -> None:
        self.complaints.append(str(error))


def find_program() -> str:
    """
    Return the path of Chromium's program.

    :raises MissingProgramError: if Chromium is not installed; the message says how to install it.
    """
    for name in PROGRAMS:
        if program := shutil.which(name):
            return program
    raise MissingProgramError(
        f"Chromium is needed but not installed: none of {', '.join(PROGRAMS)} is on the PATH. To install it on Debian: "
        "apt-get install chromium"
    )
