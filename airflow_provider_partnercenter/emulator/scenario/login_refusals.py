"""
The refusals of the login service, by the number after ``AADSTS``.

The texts are shortened from those that Microsoft's service sends (page ``reference-error-codes`` of the identity
platform, and public reports).
"""

from __future__ import annotations

from typing import Any

from airflow_provider_partnercenter.emulator.errors import LoginRefusedError

_POLICY = '{"access_token":{"capolids":{"essential":true,"values":["aaaa0000-bb11-4222-8c33-444444dddddd"]}}}'
_FEDERATED = (
    "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. "
    "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
)

TABLE: dict[int, dict[str, Any]] = {
    # The request itself.
    900144: {"error": "invalid_request", "text": "The request body must contain the following parameter: '{name}'."},
    900971: {"error": "invalid_request", "text": "No reply address provided."},
    50011: {"error": "invalid_request", "text": "The redirect URI '{name}' specified in the request does not match the "
            "redirect URIs configured for the application."},
    90002: {"error": "invalid_tenant", "text": "Tenant '{name}' not found. Check to make sure you have the correct "
            "tenant ID and are signing into the correct cloud."},
    50059: {"error": "invalid_request", "text": "No tenant-identifying information found in either the request or "
            "implied by any provided credentials."},
    50049: {"error": "invalid_instance", "text": "Unknown or invalid instance."},
    70003: {"error": "unsupported_grant_type", "text": "The app requested an unsupported grant type '{name}'."},
    700051: {"error": "unsupported_response_type", "text": "response_type '{name}' is not enabled for the "
             "application."},
    90014: {"error": "invalid_request", "text": "The value of the parameter '{name}' is not valid."},
    501491: {"error": "invalid_request", "text": "Invalid size of Code_Challenge parameter."},
    # The application.
    700016: {"error": "unauthorized_client", "text": "Application with identifier '{name}' was not found in the "
             "directory."},
    7000215: {"status": 401, "error": "invalid_client", "text": "Invalid client secret provided. Ensure the secret "
              "being sent in the request is the client secret value, not the client secret ID, for a secret added to "
              "app '{name}'."},
    7000218: {"status": 401, "error": "invalid_client", "text": "The request body must contain the following "
              "parameter: 'client_assertion' or 'client_secret'."},
    7000222: {"status": 401, "error": "invalid_client", "text": "The provided client secret keys for the app are "
              "expired."},
    700021: {"status": 401, "error": "invalid_client", "text": "Client assertion application identifier doesn't match "
             "'client_id' parameter."},
    700023: {"status": 401, "error": "invalid_client", "text": "Client assertion audience claim does not match the "
             "Realm issuer: expected '{name}'."},
    700024: {"status": 401, "error": "invalid_client", "text": "Client assertion is not within its valid time "
             "range."},
    700027: {"status": 401, "error": "invalid_client", "text": "Client assertion failed signature validation: "
             "{name}."},
    700211: {"status": 401, "error": "invalid_client", "text": "No matching federated identity record found for "
             f"presented assertion issuer '{{name}}'. {_FEDERATED}"},
    700212: {"status": 401, "error": "invalid_client", "text": "No matching federated identity record found for "
             f"presented assertion audience '{{name}}'. {_FEDERATED}"},
    700213: {"status": 401, "error": "invalid_client", "text": "No matching federated identity record found for "
             f"presented assertion subject '{{name}}'. {_FEDERATED}"},
    # What is asked for.
    70011: {"error": "invalid_scope", "text": "The provided value for the input parameter 'scope' is not valid. The "
            "scope '{name}' is not valid."},
    1002012: {"error": "invalid_scope", "text": "The provided value for scope '{name}' is not valid. Client credential "
              "flows must have a scope value with /.default suffixed to the resource identifier."},
    500011: {"error": "invalid_resource", "text": "The resource principal named '{name}' was not found in the "
             "tenant."},
    # The user, and the grant.
    65004: {"error": "access_denied", "suberror": "cancel", "text": "User declined to consent to access the app."},
    50034: {"text": "The user account does not exist in the directory."},
    50053: {"text": "The account is locked, you've tried to sign in too many times with an incorrect user ID or "
            "password."},
    50057: {"text": "The user account is disabled."},
    50055: {"suberror": "user_password_expired", "text": "The password is expired."},
    50076: {"suberror": "basic_action", "claims": _POLICY, "text": "Due to a configuration change made by your "
            "administrator, or because you moved to a new location, you must use multi-factor authentication to "
            "access the resource."},
    50079: {"suberror": "basic_action", "claims": _POLICY, "text": "Due to a configuration change made by your "
            "administrator, or because you moved to a new location, you must enroll in multi-factor authentication "
            "to access the resource."},
    50105: {"text": "The signed in user is not assigned to a role for the application."},
    50173: {"suberror": "bad_token", "text": "The provided grant has expired due to it being revoked, a fresh auth "
            "token is needed."},
    53000: {"error": "interaction_required", "suberror": "message_only", "claims": _POLICY, "text": "Device is not in "
            "required device state."},
    53003: {"suberror": "message_only", "claims": _POLICY, "text": "Access has been blocked by Conditional Access "
            "policies. The access policy does not allow token issuance."},
    65001: {"suberror": "consent_required", "text": "The user or administrator has not consented to use the "
            "application. Send an interactive authorization request for this user and resource."},
    70000: {"text": "The provided value for the '{name}' parameter is not valid."},
    70008: {"text": "The provided authorization code or refresh token has expired due to inactivity. Send a new "
            "interactive authorization request for this user and resource."},
    700082: {"suberror": "bad_token", "text": "The refresh token has expired due to inactivity."},
    54005: {"text": "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an "
            "existing refresh token."},
    500112: {"error": "invalid_client", "text": "The reply address '{name}' does not match the reply address provided "
             "when requesting Authorization code."},
    501481: {"text": "The Code_Verifier does not match the code_challenge supplied in the authorization request."},
    # The service.
    50000: {"status": 500, "error": "server_error", "text": "There was an error issuing a token."},
    90033: {"status": 503, "error": "temporarily_unavailable", "text": "A transient error has occurred. Please try "
            "again."},
    90055: {"status": 429, "error": "temporarily_unavailable", "text": "There are too many incoming requests for this "
            "tenant."},
}  # fmt: skip
"""What is special about each number; without ``status`` it is 400, and without ``error`` ``invalid_grant``."""

MOST = 9_999_999
"""The largest number that Microsoft has given so far has seven digits."""


def refusal(number: int, name: str = "", **changes: str | None) -> LoginRefusedError:
    """
    Return a refusal.

    :param number: the number after ``AADSTS``. One that is not in the table is an ``invalid_grant``.
    :param name: what the text names, for example a parameter or an application.
    :param changes: members that differ from the table; ``None`` leaves the table's.
    """
    members = {
        "status": 400,
        "error": "invalid_grant",
        "text": "The emulator was told to refuse sign-ins with this number.",
        **TABLE.get(number, {}),
        **{key: value for key, value in changes.items() if value is not None},
    }
    # The name may contain braces itself.
    members["text"] = members["text"].replace("{name}", name)
    return LoginRefusedError(number, **members)
