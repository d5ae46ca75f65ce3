"""``airflow partnercenter sign-in``."""

from __future__ import annotations

from airflow.cli.cli_config import ARG_OUTPUT, ARG_VERBOSE, ActionCommand, Arg, lazy_load_command, positive_int

from airflow_provider_partnercenter.commands.arguments.common import ARG_CONN_ID, COMMANDS, arg, exit_status


def sign_in() -> ActionCommand:
    """Return the command that signs a user in."""
    port = positive_int(allow_zero=True)  # type: ignore[no-untyped-call]  # Airflow's function is untyped
    seconds = positive_int(allow_zero=False)  # type: ignore[no-untyped-call]  # Airflow's function is untyped
    return ActionCommand(
        name="sign-in",
        help="Sign a partner user in, and make or renew an App+User connection",
        description="Opens Microsoft's sign-in in a browser. The application needs the redirect URI http://localhost "
        "under the platform Web; the port does not matter. MFA, and that Partner Center accepts the user, are checked "
        "before anything is stored. "
        + exit_status("the connection is stored (with --print: if it is printed)", "nothing is stored or printed"),
        func=lazy_load_command(f"{COMMANDS}.sign_in.command.sign_in"),
        args=(
            ARG_CONN_ID,
            # With --print, it matters whether it is given.
            Arg(ARG_OUTPUT.flags, **{**ARG_OUTPUT.kwargs, "default": None}),  # type: ignore[no-untyped-call]  # Airflow's
            ARG_VERBOSE,
            arg("--client-id", help="The application (client) id; required for a new connection"),
            arg("--tenant-id", help="The partner's tenant; required for a new connection"),
            arg(
                "--client-secret-from",
                help="Where the client secret is: 'prompt', '-' (a line of the standard input), 'env:NAME' or "
                "'file:PATH'. By default it is asked for if nothing else proves who the application is",
                metavar="SOURCE",
            ),
            arg(
                "--certificate-file",
                help="A PEM file with the certificate and its private key, in the place of the secret",
                metavar="PATH",
            ),
            arg(
                "--federated-identity-file",
                help="The file with the token of another issuer, in the place of the secret",
                metavar="PATH",
            ),
            arg(
                "--managed-identity",
                help="'system' or the client id of a managed identity, in the place of the secret",
                metavar="ID",
            ),
            arg("--cloud", help="global, us_government or china (default of a new connection: global)"),
            arg("--host", help="Another address of the API, for example of the emulator"),
            arg("--authority", help="Another address of the login service, without the tenant"),
            arg("--ca-bundle", help="A PEM file of the certificate authorities to trust", metavar="PATH"),
            arg(
                "--credential-variable",
                help="The Airflow Variable in which tasks keep the refresh token fresh; '' for none (default of a new "
                "connection: its id and _credential)",
                metavar="NAME",
            ),
            arg("--user", help="Who is to sign in, for example agent@partner.example"),
            arg(
                "--paste",
                help="Sign in on another machine, and paste the address at which its browser ends. The default where "
                "there is no browser",
                action="store_true",
            ),
            arg(
                "--no-browser",
                help="Only print the address; a browser on this machine has to open it",
                action="store_true",
            ),
            arg("--port", help="Listen on this port of 127.0.0.1 (default: a free one)", type=port, default=0),
            arg(
                "--timeout",
                help="Wait so many seconds for the browser (default: 300)",
                type=seconds,
                default=300,
            ),
            arg(
                "--replace",
                help="Change an existing connection. What is not named stays, extras of others too",
                action="store_true",
            ),
            arg(
                "--print",
                help="Store nothing, and print the connection as JSON: alone, or with --output as 'conn_json' of a row",
                action="store_true",
            ),
            arg("--show-secrets", help="With --print: show secrets, in the place of ***", action="store_true"),
        ),
    )
