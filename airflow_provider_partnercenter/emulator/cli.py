"""The command line of ``partnercenter-emulator``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.emulator.help_text import DESCRIPTION, epilog
from airflow_provider_partnercenter.emulator.mix import Chance, Mix
from airflow_provider_partnercenter.emulator.scenario.behaviour import MAX_SECONDS, After, Verdict
from airflow_provider_partnercenter.emulator.scenario.limits import Limit
from airflow_provider_partnercenter.emulator.settings import Settings, authorities, host_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEFAULT_PORT = 8443


@dataclass(frozen=True, slots=True)
class Options:
    """The parsed command line."""

    settings: Settings
    host: str
    port: int
    directory: Path | None
    names: tuple[str, ...]
    print_env: bool


def _argument(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a converter whose error message argparse shows."""

    def convert(text: str) -> Any:
        try:
            return parse(text)
        except (ValueError, OSError) as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert


_FILE = _argument(lambda name: Path(name).read_bytes())


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"the value must be a whole number from {low} to {high}, not {text!r}")
        return int(text)

    return _argument(parse)


def _decimal(high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        if not 0 <= (value := float(text)) <= high:
            raise ValueError(f"the value must be a number from 0 to {high:g}, not {text!r}")
        return value

    return _argument(parse)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, from which the documentation is made too."""
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
        help="port to listen on; 0 chooses a free port (default: %(default)s)",
    )
    text = "further host name or address, for example of a container; can be repeated, the first one is in the URL"
    server.add_argument("--name", type=_argument(host_name), action="append", default=[], help=text)
    text = "directory of the certificate authority, which is used again (default: a private temporary directory)"
    server.add_argument("--directory", type=Path, metavar="DIR", help=text)
    text = "print connections to this emulator as lines for a shell, and end; needs --directory"
    server.add_argument("--print-env", action="store_true", help=text)
    login = parser.add_argument_group("login service")
    login.add_argument(
        "--tenant-id", metavar="ID", default=defaults.tenant_id, help="the partner's tenant (default: %(default)s)"
    )
    login.add_argument(
        "--client-id", metavar="ID", default=defaults.client_id, help="the application (default: %(default)s)"
    )
    text = "the application's secret (default: %(default)s)"
    login.add_argument("--client-secret", metavar="TEXT", default=defaults.client_secret, help=text)
    text = "PEM file of the certificate that signs client assertions (default: signatures are not checked)"
    login.add_argument("--client-certificate", type=_FILE, metavar="FILE", help=text)
    login.add_argument(
        "--refresh-token",
        metavar="TEXT",
        default=defaults.refresh_token,
        help="the first refresh token (default: %(default)s)",
    )
    login.add_argument(
        "--token-lifetime",
        type=_number(1, 86400),
        metavar="SECONDS",
        default=defaults.token_lifetime,
        help="lifetime of access tokens (default: %(default)s)",
    )
    login.add_argument(
        "--token-usable",
        type=_number(0, 86400),
        metavar="SECONDS",
        help="time after which the API refuses an access token, whatever lifetime the login service reports "
        "(default: the value of --token-lifetime)",
    )
    _add_sign_in(login, defaults)
    rules = parser.add_argument_group("customers and rules")
    rules.add_argument(
        "--customers",
        type=_number(0, 1_000_000),
        metavar="N",
        default=defaults.customers,
        help="number of ordinary customers besides the magic ones (default: %(default)s)",
    )
    rules.add_argument(
        "--list-all",
        action="store_true",
        help="list in GET /customers the magic customers too whose answers hold up everybody (default: they are found "
        "only by their ids, so that all listed customers can be read without long pauses)",
    )
    rules.add_argument(
        "--vetting",
        type=_argument(After.parse),
        metavar="WHEN",
        default=defaults.vetting,
        help="when a request is decided: at-once, seconds:N, reads:N (after N reads) or never (default: seconds:5)",
    )
    rules.add_argument(
        "--verdict",
        type=_argument(Verdict.parse),
        metavar="VERDICT",
        default=defaults.verdict,
        help="how a request is decided: approve or deny:REASON (default: approve)",
    )
    rules.add_argument(
        "--require-segment",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="refuse an Education request that has no educationSegment (default: yes)",
    )
    rules.add_argument(
        "--count-refused-attempts",
        action="store_true",
        help="count a refused Education request as one of the customer's three attempts (default: count only requests "
        "that are accepted)",
    )
    rules.add_argument(
        "--idempotent-request-ids",
        action="store_true",
        help="repeat the first answer if a submission repeats an MS-RequestId (default: treat it as a new one)",
    )
    rules.add_argument(
        "--mfa-not-enforced",
        dest="mfa_enforced",
        action="store_false",
        help="accept users who signed in without MFA; the answer says so if the request has the header "
        "ValidateMfa: true",
    )
    rules.add_argument("--legacy-retired", action="store_true", help="answer 404 at /qualification")
    _add_troubles(parser.add_argument_group("limit and faults"), defaults.faults)
    _add_webhooks(parser.add_argument_group("webhooks"), defaults)
    return parser


def _add_sign_in(group: argparse._ArgumentGroup, defaults: Settings) -> None:
    for option, metavar, default, text in (
        ("--domain", "NAME", defaults.domain, "domain of the tenant, which may stand in the place of its id"),
        ("--user", "NAME", defaults.user, "who signs in if the browser does not say it; for magic users see below"),
        ("--federated-issuer", "URL", defaults.federated_issuer, "issuer of the tokens that replace a secret"),
        ("--federated-subject", "TEXT", defaults.federated_subject, "subject of these tokens"),
    ):
        group.add_argument(option, metavar=metavar, default=default, help=f"{text} (default: %(default)s)")
    text = "PEM file of the public key that signs these tokens (default: signatures are not checked)"
    group.add_argument("--federated-key", type=_FILE, metavar="FILE", help=text)
    text = "redirect URI of the application; can be repeated (default: any address of this machine)"
    group.add_argument("--redirect-uri", dest="redirect_uris", metavar="URL", action="append", default=[], help=text)


def _add_troubles(group: argparse._ArgumentGroup, defaults: Mix) -> None:
    group.add_argument(
        "--limit",
        type=_argument(Limit.parse),
        metavar="LIMIT",
        help="limit of the requests to the API: sliding:500/60, fixed:500/60 or bucket:500/60 (REQUESTS/SECONDS). Add "
        "',count-refused' to count refused requests in a sliding window too. Add ',decimals' to send Retry-After "
        "without rounding it up to whole seconds (default: no limit)",
    )
    group.add_argument(
        "--faults",
        type=_decimal(1),
        metavar="RATE",
        default=defaults.rate,
        help="share of the requests that fail, from 0 to 1 (default: %(default)s)",
    )
    group.add_argument(
        "--fault-kinds",
        metavar="KINDS",
        default=",".join(defaults.kinds),
        help="groups and kinds of faults (see below), separated by commas; NAME=WEIGHT sets how often one of them is "
        "chosen relative to the others (a weight is 1 by default; default: %(default)s)",
    )
    group.add_argument(
        "--fault-seed",
        type=_number(0, 2**63),
        metavar="N",
        default=defaults.seed,
        help="random seed of the faults; the same seed means that the same requests fail (default: %(default)s)",
    )
    group.add_argument(
        "--slow",
        type=_decimal(MAX_SECONDS),
        metavar="SECONDS",
        default=defaults.slow,
        help="duration of a slow answer (default: %(default)s)",
    )
    group.add_argument(
        "--retry-after",
        type=_decimal(MAX_SECONDS),
        metavar="SECONDS",
        default=defaults.retry_after,
        help="Retry-After of the 429 answers that --faults causes (default: %(default)s)",
    )
    group.add_argument(
        "--late",
        type=_argument(Chance.parse),
        metavar="SHARE:SECONDS",
        default=defaults.late,
        help="share of the submissions that reads show late, after a random delay of up to SECONDS (default: none)",
    )
    group.add_argument(
        "--withdrawn",
        type=_argument(Chance.parse),
        metavar="SHARE:SECONDS",
        default=defaults.withdrawn,
        help="share of the approvals that become a denial SECONDS later (default: none)",
    )


def _add_webhooks(group: argparse._ArgumentGroup, defaults: Settings) -> None:
    group.add_argument(
        "--webhook-pause",
        type=_decimal(MAX_SECONDS),
        metavar="SECONDS",
        default=defaults.webhook_pause,
        help="pause between two attempts to send an event (default: %(default)s)",
    )
    group.add_argument(
        "--webhook-timeout",
        type=_decimal(MAX_SECONDS),
        metavar="SECONDS",
        default=defaults.webhook_timeout,
        help="time after which an attempt fails (default: %(default)s)",
    )
    group.add_argument(
        "--webhook-ca",
        type=_argument(lambda name: authorities(Path(name).read_bytes())),
        metavar="FILE",
        help="PEM file of the authorities by which receivers with https are trusted (default: those of the system)",
    )


def parse(argv: Sequence[str] | None) -> Options:
    """
    Parse the command line.

    :param argv: the arguments without the program's name; ``None`` uses those of the process.
    """
    parser = make_parser()
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
    host, port, directory, names = (values.pop(name) for name in ("host", "port", "directory", "name"))
    if (print_env := values.pop("print_env")) and not (directory and port):
        parser.error("argument --print-env: the emulator to start later needs the same --directory and --port, not 0")
    values["redirect_uris"] = tuple(values["redirect_uris"])
    return Options(Settings(**values, faults=faults), host, port, directory, tuple(names), print_env)
