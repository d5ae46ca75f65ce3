"""The help text of ``partnercenter-emulator`` around its options."""

from __future__ import annotations

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.login.users import MAGIC
from airflow_provider_partnercenter.emulator.partner.codes import GCC_CODE, GCC_CODE_USED_UP, GCC_CODE_WITH_ONE_LEFT
from airflow_provider_partnercenter.emulator.scenario import fault_kinds, unimplemented
from airflow_provider_partnercenter.emulator.settings import REFRESH_TOKEN_WITHOUT_MFA
from airflow_provider_partnercenter.emulator.webhooks import kinds
from airflow_provider_partnercenter.emulator.webhooks.chains import GENUINE

DESCRIPTION = """\
A Microsoft Partner Center to develop, test and demo against: the login service
and the customer API on one TLS port. All state is in memory.

When it is ready, it prints a line "Listening on https://...", the path of its CA
certificate, and a connection for Airflow. Ctrl-C stops it.
"""
ENDPOINTS = (
    ("GET /emulator/health", "return the status and the emulator's time"),
    ("GET /emulator/magic", "list the magic customers"),
    ("GET /emulator/journal", "list the requests; query parameters: customer_id, path (part of the path), method"),
    ("DELETE /emulator/journal", "clear the list of requests"),
    ("POST /emulator/reset", "restore the initial state"),
    ("POST /emulator/clock", 'move the clock forward: {"advance_seconds": 5}'),
    ("GET /emulator/customers/ID", "show a customer's state, including its attempts"),
    ("PUT /emulator/customers/ID", 'change or add it: {"vetting": "reads:2", "verdict": "deny:REASON", ...}'),
    (
        "PUT /emulator/customers/ID",
        'end the relationship with it, so that it vanishes from the list: {"has_relationship": false}',
    ),
    ("GET /emulator/faults", "show the mix of faults and how often each kind struck"),
    ("PUT /emulator/faults", 'set the mix: {"rate": 0.2, "kinds": ["server", "reset-after=3"], "seed": 7, ...}'),
    ("GET /emulator/traffic", "count the requests to the API: arrived, admitted, refused"),
    (
        "PUT /emulator/customer-list",
        'make the list of customers faulty: {"fault": "endless"}, "no-token", "empty-page" or "no-id"; no fault: null',
    ),
    ("PUT /emulator/limit", 'set the limit and restart the counts: {"limit": "sliding:500/60"}; no limit: null'),
    ("GET /emulator/webhooks", "list what was sent; query parameters: event_id, event, customer_id"),
    (
        "POST /emulator/webhooks",
        'let an event happen and send it: {"event": NAME, "customer_id": ID, "kind": "forged", "attempts": 1}',
    ),
    ("GET /emulator/webhooks/registration", "show the registration"),
    (
        "PUT /emulator/webhooks/registration",
        'register without a token: {"WebhookUrl": "http://localhost:8080/...", "WebhookEvents": ["test-created", ...]}',
    ),
    ("GET /emulator/webhooks/root", "return the root certificate that a receiver has to trust"),
    ("POST /emulator/consent", 'return a new refresh token, as a sign-in does: {"mfa": true}'),
    ("PUT /emulator/user", 'set who signs in from now on: {"user": "without-mfa@partner.example"}'),
    (
        "PUT /emulator/login",
        'refuse all sign-ins with any AADSTS number: {"refuse": 53003, "suberror": "basic_action"}; to end it: {}',
    ),
    (
        "POST /emulator/federated-token",
        'return a token in the place of the secret: {"seconds": 3600, "subject": "..."}',
    ),
    ("POST /emulator/revoke", 'revoke a token and all others of its consent: {"refresh_token": "..."}; all: {}'),
)


def epilog() -> str:
    """Return the part of the help text below the options."""
    width = max(len(name) for name, _ in ENDPOINTS)
    endpoints = "\n".join(f"  {name:<{width}}  {text}" for name, text in ENDPOINTS)
    users = "\n".join(f"  {name:<12}  {text}" for name, text in MAGIC.items())
    return f"""\
magic customers (those that say how a request is decided ignore --vetting and --verdict):
{magic.describe()}

validation codes for GovernmentCommunityCloud:
  {GCC_CODE}  can be used for 100 customers
  {GCC_CODE_WITH_ONE_LEFT}  can be used for one more customer
  {GCC_CODE_USED_UP}  is used up

faults, by group (a fault whose name ends in -after happens after the request was carried out,
so a write has happened although its answer does not show it):
{fault_kinds.describe()}

webhooks: an event that is registered is sent, ten times until the receiver takes it. A customer who is added or whose
relationship begins again has accepted the partner; POST /emulator/webhooks lets any event happen. Webhooks are signed
with the certificate at {kinds.certificate_path(GENUINE)}. These are the ways to send one; a way
changes only what it says, and what a receiver has to refuse is tried once:
{kinds.describe()}

not implemented: these get a 501 that says so, and the fault "not-implemented" in the journal
{unimplemented.describe()}

users who sign in, by login_hint, --user or PUT /emulator/user (NAME@anything; all others sign in with MFA):
{users}

refresh tokens:
  the token given with --refresh-token was issued with MFA
  {REFRESH_TOKEN_WITHOUT_MFA} was issued without MFA

control API (no token needed):
{endpoints}
"""
