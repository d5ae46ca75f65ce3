"""The catalogue of the chains of certificates. One is as it should be, the others are what a receiver has to refuse."""

from __future__ import annotations

from dataclasses import dataclass

HOST = "pcnotifications-dispatch.microsoft.com"
"""Microsoft's certificate is in a file of this name. Who it names as its subject is not documented."""

MICROSOFT = "Microsoft Corporation"


@dataclass(frozen=True, slots=True)
class ChainKind:
    """
    What is special about a chain; the defaults are those of the right one.

    :param organization: the organization of the authority that issued the certificate.
    :param authority_ends: the days until that authority's own certificate expires.
    :param ends: the days until the certificate expires.
    :param trusted: whether the chain ends at the root that a receiver is told to trust.
    """

    organization: str = MICROSOFT
    authority_ends: int = 1825
    ends: int = 365
    trusted: bool = True


GENUINE = HOST
CHAINS: dict[str, ChainKind] = {
    GENUINE: ChainKind(),
    "expired": ChainKind(ends=-1),
    "expired-authority": ChainKind(authority_ends=-1),
    "wrong-issuer": ChainKind(organization="Contoso Corporation"),
    "untrusted-root": ChainKind(trusted=False),
}
"""The chains, by the names of their files without ``.cer``."""
