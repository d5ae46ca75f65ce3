"""The command ``partnercenter-emulator``, also ``python -m airflow_provider_partnercenter.emulator``."""

from __future__ import annotations

import importlib.util
import shlex
import signal
import sys
import threading
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.emulator.cli import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_partnercenter.emulator.server import Emulator

REQUIRED = ("fastapi", "uvicorn", "trustme", "msal")


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the emulator until SIGINT or SIGTERM.

    :param argv: the arguments without the program's name; ``None`` uses those of the process.
    :return: the exit status: 0 after a signal, 1 if the emulator cannot start.
    """
    options = parse(argv)
    if missing := [name for name in REQUIRED if importlib.util.find_spec(name) is None]:
        return _fail(f"missing: {', '.join(missing)}. Install airflow-provider-partnercenter with its extra 'emulator'")
    # Imported here because it needs the packages of the extra.
    from airflow_provider_partnercenter.emulator.server import Emulator

    try:
        emulator = Emulator(
            options.settings, host=options.host, port=options.port, directory=options.directory, names=options.names
        )
    except ValueError as error:
        return _fail(f"--client-certificate: {error}")
    end = threading.Event()
    handlers = {number: signal.signal(number, lambda *_: end.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if options.print_env:
            emulator.prepare()
            _print(f"export {name}={shlex.quote(value)}" for name, value in emulator.environment().items())
            return 0
        with emulator:
            _announce(emulator)
            end.wait()
    except OSError as error:
        place = error.filename or f"cannot listen on {options.host}:{options.port}"
        return _fail(f"{place}: {error.strerror or error}")
    except ValueError as error:
        return _fail(f"--directory: {error}")
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return 0


def _announce(emulator: Emulator) -> None:
    _print(
        (
            f"Listening on {emulator.url}",
            f"CA certificate: {emulator.ca_file}",
            "Connection for Airflow:",
            f"export AIRFLOW_CONN_PARTNERCENTER_DEFAULT={shlex.quote(emulator.connection_json())}",
            f"Root of the certificate that webhooks are signed with: {emulator.webhooks.root_file}",
        )
    )


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _fail(message: str) -> int:
    sys.stderr.write(f"partnercenter-emulator: {message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
