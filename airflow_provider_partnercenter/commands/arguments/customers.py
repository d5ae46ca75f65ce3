"""``airflow partnercenter customers``, ``status`` and ``qualify``."""

from __future__ import annotations

from airflow.cli.cli_config import ActionCommand, lazy_load_command, positive_int

from airflow_provider_partnercenter.commands.arguments.common import COMMANDS, COMMON, arg, exit_status


def customers() -> tuple[ActionCommand, ...]:
    """Return the commands about customers."""
    seconds = positive_int(allow_zero=False)  # type: ignore[no-untyped-call]  # Airflow's function is untyped
    # The operator's defaults, which are not imported for this.
    return (
        ActionCommand(
            name="customers",
            help="Find the id of a customer by its name or domain",
            description=exit_status("a customer is found", "no customer is found"),
            func=lazy_load_command(f"{COMMANDS}.customers.search.customers"),
            args=(
                *COMMON,
                arg("--search", help="The beginning of the company name or of the domain", required=True),
                arg(
                    "--contains",
                    help="Find the text anywhere in the name or domain. This reads the whole list of customers, "
                    "because Microsoft searches by the beginning only",
                    action="store_true",
                ),
                arg("--limit", help="Show so many customers at most (default: 50)", type=seconds, default=50),
            ),
        ),
        ActionCommand(
            name="status",
            help="Show customers' qualifications, and the tasks that wait for them",
            description=exit_status(
                "all customers were read", "one of the customers could not be read (the others are shown)"
            ),
            func=lazy_load_command(f"{COMMANDS}.customers.status.status"),
            args=(
                arg(
                    "customers",
                    help="Ids, whole domains or whole company names. By default those for whom a task of this Airflow "
                    "waits",
                    nargs="*",
                    metavar="CUSTOMER",
                ),
                *COMMON,
            ),
        ),
        ActionCommand(
            name="qualify",
            help="Request a qualification for a customer, once",
            description="Shows what it would send, and asks. "
            + exit_status(
                "the qualification is approved or in review (with --wait: if it is approved)",
                "it is denied, if nobody confirms the request, if a task works on it, if --wait ends without a verdict",
                "3 if it is unknown whether the request was carried out, ",
            ),
            func=lazy_load_command(f"{COMMANDS}.customers.qualify.qualify"),
            args=(
                arg("customer", help="The id, the whole domain or the whole company name", metavar="CUSTOMER"),
                *COMMON,
                arg(
                    "--qualification",
                    help="Education, GovernmentCommunityCloud or StateOwnedEntity",
                    required=True,
                ),
                arg("--education-segment", help="K12 or HigherEducation; required for Education"),
                arg("--website", help="The school's host name, for Education"),
                arg(
                    "--validation-code",
                    help="Required for GovernmentCommunityCloud: the id of a code, or 'auto' with --organization",
                ),
                arg("--organization", help="The name for which the partner's codes were issued"),
                arg(
                    "--resubmit-denied-of",
                    help="Request again after this denial, as 'status' names it. It spends one of three attempts",
                ),
                arg(
                    "--validation",
                    help="The generation of the API (default: asynchronous)",
                    choices=("asynchronous", "synchronous"),
                    default="asynchronous",
                ),
                arg(
                    "--preflight",
                    help="Look first for what gets an Education request denied: tell it, or send nothing then "
                    "(default: warn)",
                    choices=("warn", "fail", "off"),
                    default="warn",
                ),
                arg(
                    "--propagation-grace",
                    help="Reads are sure to show a request after so many seconds (default: 120)",
                    type=seconds,
                    default=120,
                ),
                arg("--wait", help="Follow the verdict for so many seconds", type=seconds),
                arg("--yes", help="Do not ask", action="store_true"),
            ),
        ),
    )
