"""The token of another issuer in a file, as Kubernetes and Azure's workload identity write it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.auth.flaws import flaw_of
from airflow_provider_partnercenter.client.errors import PartnerCenterConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

FIELD = "federated_identity_file"
"""
The field of the connection. With ``token`` in its name, Airflow would take the path for a secret, and hide it.
"""

# Bytes. The tokens of Kubernetes are a few kilobytes long.
_LONGEST = 100_000
_WHERE = (
    f"{FIELD!r} must hold the path of a file that exists where tasks and the triggerer run. With Azure Workload "
    "Identity, put the value of AZURE_FEDERATED_TOKEN_FILE into the field, because the provider does not read that "
    "variable; the pod needs the label 'azure.workload.identity/use: \"true\"'"
)
_CONTENT = "the file has to contain one token of the issuer that the application trusts, and nothing else"


@dataclass(frozen=True, slots=True)
class TokenFile:
    """
    A file with a token. It is read anew at each sign-in, because whoever writes it replaces the token now and then.

    :param path: the path of the file.
    """

    path: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return ()

    def for_msal(self, on_secret: Callable[[str], None]) -> dict[str, Any]:
        def assertion() -> str:
            token = self.read()
            on_secret(token)
            return token

        return {"client_assertion": assertion}

    def read(self) -> str:
        """
        Return the token.

        :raises PartnerCenterConfigurationError: if the file cannot be read, or contains something else.
        """
        try:
            with Path(self.path).open("rb") as file:
                content = file.read(_LONGEST + 1)
        except FileNotFoundError as problem:
            raise self._refuse("does not exist on this machine", _WHERE) from problem
        except (OSError, ValueError) as problem:
            why = getattr(problem, "strerror", None) or "its path is not valid"
            raise self._refuse(
                f"cannot be read: {why}", f"the user that runs the task must be able to read it; {_WHERE}"
            ) from problem
        text = content.decode("utf-8", errors="replace").strip()
        if not text:
            raise self._refuse("is empty", f"whoever writes the file has to write a token into it; {_WHERE}")
        if len(content) > _LONGEST:
            raise self._refuse("is too long for a token", _CONTENT)
        if flaw := flaw_of(text):
            raise self._refuse(f"contains no token: it {flaw.problem}", _CONTENT)
        return text

    def _refuse(self, problem: str, hint: str) -> PartnerCenterConfigurationError:
        return PartnerCenterConfigurationError(f"The file {self.path!r} of {FIELD!r} {problem}", hint=hint)
