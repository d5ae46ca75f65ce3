"""The command line of ``partnercenter-emulator``: options, and a help text that tells all of it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator import magic
from airflow_provider_partnercenter.emulator.mix import Chance, Mix
from airflow_provider_partnercenter.emulator.partner.codes import GCC_CODE, GCC_CODE_USED_UP, GCC_CODE_WITH_ONE_LEFT
from airflow_provider_partnercenter.emulator.scenario import fault_kinds
from airflow_provider_partnercenter.emulator.scenario.behaviour import MAX_SECONDS, After, Verdict
from airflow_provider_partnercenter.emulator.scenario.limits import Limit
from airflow_provider_partnercenter.emulator.settings import REFRESH_TOKEN_WITHOUT_MFA, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEFAULT_PORT = 8443
DESCRIPTION = """\
A Microsoft Partner Center to develop, test and demo against: the login service
and the customer API on one TLS port. All state is in memory.

It prints a line "Listening on https://..." when it is ready, then where its CA
certificate is and a connection for Airflow. Ctrl-C ends it.
"""
ENDPOINTS = (
    ("GET /emulator/health", "whether it runs, and its time"),
    ("GET /emulator/magic", "the magic customers"),
    ("GET /emulator/journal", "the requests so far; narrow down by ?customer_id= ?path= (contains) ?method="),
    ("DELETE /emulator/journal", "forget them"),
    ("POST /emulator/reset", "everything as at the start"),
    ("POST /emulator/clock", '{"advance_seconds": 5} moves the emulator\'s time on'),
    ("GET /emulator/customers/ID", "what the emulator knows of a customer, its attempts included"),
    ("PUT /emulator/customers/ID", 'change or create one: {"vetting": "reads:2", "verdict": "deny:REASON", ...}'),
    ("GET /emulator/faults", "the mix of faults, and how often each kind struck"),
    ("PUT /emulator/faults", 'another mix: {"rate": 0.2, "kinds": ["server", "reset-after=3"], "seed": 7, ...}'),
    ("GET /emulator/traffic", "how many requests the API got, admitted and refused"),
    ("PUT /emulator/limit", '{"limit": "sliding:500/60"}, or null for none; the counts begin anew'),
    ("POST /emulator/consent", '{"mfa": true} gives a new refresh token, as a sign-in does'),
    ("POST /emulator/revoke", '{"refresh_token": "..."} revokes it with its ancestors and successors; {} all'),
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    settings: Settings
    host: str
    port: int
    directory: Path | None


def epilog() -> str:
    """Return the part of the help text below the options."""
    width = max(len(name) for name, _ in ENDPOINTS)
    endpoints = "\n".join(f"  {name:<{width}}  {text}" for name, text in ENDPOINTS)
    return f"""\
magic customers (their fate does not depend on --vetting and --verdict, unless nothing is said of requests):
{magic.describe()}

validation codes for GovernmentCommunityCloud:
  {GCC_CODE}  has 100 customers left
  {GCC_CODE_WITH_ONE_LEFT}  has one left
  {GCC_CODE_USED_UP}  is used up

faults, by group; -after means that a write was carried out although its answer does not say so:
{fault_kinds.describe()}

refresh tokens:
  the one of --refresh-token was minted with MFA, {REFRESH_TOKEN_WITHOUT_MFA} without

control API (no token needed):
{endpoints}
"""


def _argument(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Let argparse show the message of a ``ValueError``."""

    def convert(text: str) -> Any:
        try:
            return parse(text)
        except (ValueError, OSError) as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"{text!r} is not a number from {low} to {high}")
        return int(text)

    return _argument(parse)


def _decimal(high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        if not 0 <= (value := float(text)) <= high:
            raise ValueError(f"{text!r} is not a number from 0 to {high:g}")
        return value

    return _argument(parse)


def _parser() -> argparse.ArgumentParser:
    defaults = Settings()
    parser = argparse.ArgumentParser(
        prog="partnercenter-emulator",
        description=DESCRIPTION,
        epilog=epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    server = parser.add_argument_group("server")
    server.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    server.add_argument(
        "--port",
        type=_number(0, 65535),
        default=DEFAULT_PORT,
        help="port; 0 takes any free one (default: %(default)s)",
    )
    server.add_argument(
        "--directory",
        type=Path,
        metavar="DIR",
        help="where to write the certificates (default: a private temporary one)",
    )
    login = parser.add_argument_group("login service")
    login.add_argument("--tenant-id", metavar="ID", default=defaults.tenant_id, help="default: %(default)s")
    login.add_argument("--client-id", metavar="ID", default=defaults.client_id, help="default: %(default)s")
    login.add_argument("--client-secret", metavar="TEXT", default=defaults.client_secret, help="default: %(default)s")
    login.add_argument(
        "--client-certificate",
        type=_argument(lambda name: Path(name).read_bytes()),
        metavar="FILE",
        help="PEM of the certificate that signs client assertions (default: signatures are not checked)",
    )
    login.add_argument("--refresh-token", metavar="TEXT", default=defaults.refresh_token, help="default: %(default)s")
    login.add_argument(
        "--token-lifetime",
        type=_number(1, 86400),
        metavar="SECONDS",
        default=defaults.token_lifetime,
        help="of access tokens (default: %(default)s)",
    )
    login.add_argument(
        "--token-usable",
        type=_number(0, 86400),
        metavar="SECONDS",
        help="the API refuses access tokens after this time, whatever the login service says (default: it does not)",
    )
    rules = parser.add_argument_group("customers and rules")
    rules.add_argument(
        "--customers",
        type=_number(0, 1_000_000),
        metavar="N",
        default=defaults.customers,
        help="ordinary customers besides the magic ones (default: %(default)s)",
    )
    rules.add_argument(
        "--vetting",
        type=_argument(After.parse),
        metavar="WHEN",
        default=defaults.vetting,
        help="when a verdict comes: at-once, seconds:N, reads:N (after N reads) or never (default: seconds:5)",
    )
    rules.add_argument(
        "--verdict",
        type=_argument(Verdict.parse),
        metavar="VERDICT",
        default=defaults.verdict,
        help="which: approve or deny:REASON (default: approve)",
    )
    rules.add_argument(
        "--require-segment",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="refuse an Education request without educationSegment (default: yes)",
    )
    rules.add_argument(
        "--idempotent-request-ids",
        action="store_true",
        help="a repeated MS-RequestId of a submission replays the first answer (default: it is another attempt)",
    )
    rules.add_argument(
        "--mfa-not-enforced",
        dest="mfa_enforced",
        action="store_false",
        help="users who signed in without MFA are not refused, only reported when asked (ValidateMfa)",
    )
    rules.add_argument("--legacy-retired", action="store_true", help="/qualification answers 404")
    _add_troubles(parser.add_argument_group("limit and faults"), defaults.faults)
    return parser


def _add_troubles(group: argparse._ArgumentGroup, defaults: Mix) -> None:
    group.add_argument(
        "--limit",
        type=_argument(Limit.parse),
        metavar="LIMIT",
        help="of requests to the API: sliding:500/60, fixed:500/60 or bucket:500/60 (REQUESTS/SECONDS); add "
        "',count-refused' if refused requests fill a sliding window too, ',decimals' for a Retry-After that is not "
        "rounded up to whole seconds (default: no limit)",
    )
    group.add_argument(
        "--faults",
        type=_decimal(1),
        metavar="RATE",
        default=defaults.rate,
        help="share of the requests that meet a fault, from 0 to 1 (default: %(default)s)",
    )
    group.add_argument(
        "--fault-kinds",
        metavar="KINDS",
        default=",".join(defaults.kinds),
        help="groups and kinds, see below; NAME=WEIGHT makes one more or less frequent (default: %(default)s)",
    )
    group.add_argument(
        "--fault-seed",
        type=_number(0, 2**63),
        metavar="N",
        default=defaults.seed,
        help="the same seed strikes the same requests of each customer (default: %(default)s)",
    )
    group.add_argument(
        "--slow",
        type=_decimal(MAX_SECONDS),
        metavar="SECONDS",
        default=defaults.slow,
        help="what a slow answer takes (default: %(default)s)",
    )
    group.add_argument(
        "--retry-after",
        type=_decimal(MAX_SECONDS),
        metavar="SECONDS",
        default=defaults.retry_after,
        help="what a 429 by rate asks for (default: %(default)s)",
    )
    group.add_argument(
        "--late",
        type=_argument(Chance.parse),
        metavar="SHARE:SECONDS",
        default=defaults.late,
        help="share of submissions that reads show late: after a random time up to the seconds (default: none)",
    )
    group.add_argument(
        "--withdrawn",
        type=_argument(Chance.parse),
        metavar="SHARE:SECONDS",
        default=defaults.withdrawn,
        help="share of approvals that become a denial after the seconds (default: none)",
    )


def parse(argv: Sequence[str] | None) -> Options:
    """
    Read the command line.

    :param argv: the arguments; those of the process if ``None``.
    """
    parser = _parser()
    values = vars(parser.parse_args(argv))
    try:
        faults = Mix(
            rate=values.pop("faults"),
            kinds=tuple(values.pop("fault_kinds").split(",")),
            seed=values.pop("fault_seed"),
            **{name: values.pop(name) for name in ("slow", "retry_after", "late", "withdrawn")},
        )
    except ValueError as error:
        parser.error(f"argument --fault-kinds: {error}")
    host, port, directory = (values.pop(name) for name in ("host", "port", "directory"))
    return Options(Settings(**values, faults=faults), host, port, directory)
