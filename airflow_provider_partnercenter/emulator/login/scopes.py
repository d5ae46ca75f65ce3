"""What a request asks for: the API, and the scopes that its answer grants."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_partnercenter.emulator.scenario.login_refusals import refusal

AUDIENCES = ("https://api.partnercenter.microsoft.com", "https://partner.partnercenterapi.microsoftonline.cn")
"""The APIs of Partner Center, one for each kind of cloud."""

FOREIGN_AUDIENCES = ("https://graph.windows.net", "https://graph.microsoft.com")
"""Resources for which the login service issues tokens, although Partner Center refuses these (900420)."""

OPENID_SCOPES = ("openid", "profile", "email", "offline_access")
USER_SCOPE, DEFAULT_SCOPE = "user_impersonation", ".default"

_GRAPH = FOREIGN_AUDIENCES[1]


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What is asked for.

    :param audience: the API that the access token is for.
    :param text: the scopes as asked for, separated by blanks.
    """

    audience: str
    text: str

    def wants(self, scope: str) -> bool:
        """Return whether one of the scopes of OpenID is among them."""
        return scope in self.text.split()

    @property
    def granted(self) -> str:
        """
        The scopes that the answer names.

        As Microsoft's service does, it repeats ``/.default`` besides what that stands for, and leaves out
        ``offline_access``.
        """
        asked = self.text.split()
        api = [scope for scope in asked if scope not in OPENID_SCOPES]
        plain = [scope for scope in asked if scope in OPENID_SCOPES and scope != "offline_access"]
        whole = [f"{self.audience}/{USER_SCOPE}"] if api else []
        return " ".join(dict.fromkeys([*whole, *api, *plain]))


def for_application(scope: str) -> Asked:
    """
    Read the scope of an App-only token, which has to be ``RESOURCE/.default``.

    :raises LoginRefusedError: if it is not, or if there is no such resource.
    """
    wanted = _of_api(scope)
    if wanted and not any(text.endswith(f"/{DEFAULT_SCOPE}") for text in wanted):
        raise refusal(1002012, scope)
    return Asked(_audience(scope, wanted, (DEFAULT_SCOPE,)), scope)


def for_user(scope: str) -> Asked:
    """
    Read the scopes of a token for a user. Without one of an API, the token is for Microsoft Graph.

    :raises LoginRefusedError: if one of them does not exist, or if they belong to more than one resource.
    """
    wanted = _of_api(scope)
    if not wanted and scope.split():
        return Asked(_GRAPH, scope)
    return Asked(_audience(scope, wanted, (DEFAULT_SCOPE, USER_SCOPE)), scope)


def for_resource(resource: str, scope: str = "") -> Asked:
    """
    Read the ``resource`` of the v1 endpoints.

    :param scope: what is asked of OpenID; in v1, it names nothing of the API.
    :raises LoginRefusedError: if there is no such resource.
    """
    audience = resource.rstrip("/")
    if audience not in AUDIENCES + FOREIGN_AUDIENCES:
        raise refusal(500011, resource)
    return Asked(audience, " ".join([f"{audience}/{USER_SCOPE}", *scope.split()]))


def of_openid(scope: str) -> str:
    """Return the scopes of OpenID among others."""
    return " ".join(text for text in scope.split() if text in OPENID_SCOPES)


def _of_api(scope: str) -> set[str]:
    return {text for text in scope.split() if text not in OPENID_SCOPES}


def _audience(scope: str, wanted: set[str], allowed: tuple[str, ...]) -> str:
    resources = {
        resource
        for resource, _, name in (text.rpartition("/") for text in wanted)
        if name in allowed and resource in AUDIENCES + FOREIGN_AUDIENCES
    }
    if len(wanted) != 1 or len(resources) != 1:
        raise refusal(70011, scope)
    return resources.pop()
