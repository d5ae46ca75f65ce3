"""Read what proves who the application is. No secret stands in an argument, which others can see and shells keep."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.auth.certificates import KEY_FIELD
from airflow_provider_partnercenter.client.auth.proofs.managed_identity import FIELD as IDENTITY_FIELD
from airflow_provider_partnercenter.client.auth.proofs.token_file import FIELD as FILE_FIELD
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError
from airflow_provider_partnercenter.hooks.proofs import SECRET_FIELD

if TYPE_CHECKING:
    from argparse import Namespace

_SECRET = "--client-secret-from"
# Characters. Neither a secret nor a PEM file with a whole chain is as long.
_LONGEST = 100_000


def given_proof(arguments: Namespace) -> dict[str, str]:
    """
    Return the proof that the arguments name, as the field of the connection and its value; empty if they name none.

    :raises PartnerCenterConfigurationError: if they name more than one, or what they name cannot be read.
    """
    given = {
        _SECRET: arguments.client_secret_from,
        "--certificate-file": arguments.certificate_file,
        "--federated-identity-file": arguments.federated_identity_file,
        "--managed-identity": arguments.managed_identity,
    }
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise PartnerCenterConfigurationError(
            f"{' and '.join(names)} exclude each other", hint="give one way in which the application proves who it is"
        )
    if arguments.client_secret_from is not None:
        return {SECRET_FIELD: read_secret(arguments.client_secret_from)}
    if arguments.certificate_file is not None:
        # This field may contain both, and Airflow hides it.
        return {KEY_FIELD: _file(arguments.certificate_file)}
    if arguments.federated_identity_file is not None:
        return {FILE_FIELD: arguments.federated_identity_file}
    return {} if arguments.managed_identity is None else {IDENTITY_FIELD: arguments.managed_identity}


def read_secret(source: str) -> str:
    """
    Return the client secret.

    :param source: ``prompt``, ``-`` for a line of the standard input, ``env:NAME`` or ``file:PATH``.
    :raises PartnerCenterConfigurationError: if it is something else, or has no secret.
    """
    kind, _, name = source.partition(":")
    if source == "prompt":
        secret = ask("Client secret of the application (it is not shown): ")
    elif source == "-":
        secret = sys.stdin.readline(_LONGEST)
    elif kind == "env" and name:
        secret = os.environ.get(name, "")
    elif kind == "file" and name:
        secret = _file(name)
    else:
        # Not what was given, which may be the secret itself.
        raise PartnerCenterConfigurationError(
            f"{_SECRET} is neither 'prompt' nor '-' nor 'env:NAME' nor 'file:PATH'",
            hint="say where the secret is. If you gave the secret itself, remove it from the history of your shell",
        )
    if not secret.strip():
        place = {"prompt": "what was typed", "-": "the standard input"}.get(source, source)
        raise PartnerCenterConfigurationError(f"There is no client secret in {place}", hint="give the secret's value")
    return secret.strip()


def ask(prompt: str) -> str:
    """Ask for a secret without showing it; without a terminal, read a line of the standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt, stream=sys.stderr)
    return sys.stdin.readline(_LONGEST)


def _file(path: str) -> str:
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(_LONGEST)
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or "it is not a text file"
        raise PartnerCenterConfigurationError(
            f"The file {path!r} cannot be read: {why}", hint="check the path, and who may read the file"
        ) from None
