"""National clouds: where the API is and where to sign in (page ``partner-center-rest-urls``)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cloud:
    """
    One of Microsoft's clouds.

    :param api: base URL of the Partner Center API; also the audience of its tokens.
    :param authority: base URL of the login service, without the tenant.
    :param token_exchange: what the token of a managed identity has to be for, to stand in the place of a secret (page
        ``workload-identity-federation-config-app-trust-managed-identity``).
    """

    api: str
    authority: str
    token_exchange: str

    @property
    def scope(self) -> str:
        """The scope that asks for everything the application was granted on the API."""
        return f"{self.api}/.default"


_GLOBAL_API = "https://api.partnercenter.microsoft.com"
_EXCHANGE = "api://AzureADTokenExchange"

CLOUDS: dict[str, Cloud] = {
    "global": Cloud(_GLOBAL_API, "https://login.microsoftonline.com", _EXCHANGE),
    "us_government": Cloud(_GLOBAL_API, "https://login.microsoftonline.us", f"{_EXCHANGE}USGov"),
    "china": Cloud(
        "https://partner.partnercenterapi.microsoftonline.cn",
        "https://login.partner.microsoftonline.cn",
        f"{_EXCHANGE}China",
    ),
}
"""The clouds, by their names in a connection: ``global``, ``us_government`` and ``china``."""

DEFAULT_CLOUD = "global"


def cloud_of(scope: str, token_exchange: str) -> str | None:
    """
    Return the name of a cloud, a key of :data:`CLOUDS`, by what is asked of its login service.

    :param scope: the scope of the tokens.
    :param token_exchange: see :class:`Cloud`.
    """
    found = (name for name, cloud in CLOUDS.items() if (cloud.scope, cloud.token_exchange) == (scope, token_exchange))
    return next(found, None)
