"""National clouds: where the API is and where to sign in (page ``partner-center-rest-urls``)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cloud:
    """
    One of Microsoft's clouds.

    :param api: base URL of the Partner Center API; also the audience of its tokens.
    :param authority: base URL of the login service, without the tenant.
    """

    api: str
    authority: str

    @property
    def scope(self) -> str:
        """The scope that asks for everything the application was granted on the API."""
        return f"{self.api}/.default"


_GLOBAL_API = "https://api.partnercenter.microsoft.com"

CLOUDS: dict[str, Cloud] = {
    "global": Cloud(_GLOBAL_API, "https://login.microsoftonline.com"),
    "us_government": Cloud(_GLOBAL_API, "https://login.microsoftonline.us"),
    "china": Cloud("https://partner.partnercenterapi.microsoftonline.cn", "https://login.partner.microsoftonline.cn"),
}
DEFAULT_CLOUD = "global"
