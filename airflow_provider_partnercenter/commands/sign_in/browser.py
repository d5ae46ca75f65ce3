"""Let a person sign in: in a browser of this machine, or in any other, whose address is pasted."""

from __future__ import annotations

import os
import sys
import webbrowser
from enum import Enum
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.auth.consent import REDIRECT_URI, Consent
from airflow_provider_partnercenter.client.auth.redirect import TAKEN, Reply, read_address, reply_to
from airflow_provider_partnercenter.client.transport.loopback import Loopback
from airflow_provider_partnercenter.commands.output import say
from airflow_provider_partnercenter.commands.sign_in.proof import ask
from airflow_provider_partnercenter.commands.sign_in.telling import (
    about_address,
    about_opening,
    about_pasting,
    nobody_came,
)

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping

    from airflow_provider_partnercenter.client.auth.consent import Consented


class Way(Enum):
    """How the browser gets the address, and how its answer gets here."""

    OPENED = "opened"
    PRINTED = "printed"
    PASTED = "pasted"


def way_of(*, paste: bool, no_browser: bool, environment: Mapping[str, str], platform: str) -> Way:
    """
    Choose how somebody signs in.

    :param paste: whether the address is to be pasted.
    :param no_browser: whether no browser is to be opened.
    :param environment: the environment of this process.
    :param platform: that of :data:`sys.platform`.
    """
    if paste:
        return Way.PASTED
    if no_browser:
        return Way.PRINTED
    if environment.get("BROWSER"):
        return Way.OPENED
    if platform in ("darwin", "win32", "cygwin"):
        # A browser would open where nobody looks.
        return Way.PASTED if environment.get("SSH_CONNECTION") else Way.OPENED
    # Without a display, Python would open a browser for terminals in this one.
    return Way.OPENED if environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY") else Way.PASTED


def let_sign_in(arguments: Namespace, begin: Callable[[str], Consent]) -> Consented:
    """
    Let somebody sign in.

    :param begin: begins the sign-in, for a redirect URI.
    :raises PartnerCenterError: if it does not come to a good end.
    """
    way = way_of(paste=arguments.paste, no_browser=arguments.no_browser, environment=os.environ, platform=sys.platform)
    return _pasted(arguments, begin) if way is Way.PASTED else _listening(arguments, begin, way)


def _pasted(arguments: Namespace, begin: Callable[[str], Consent]) -> Consented:
    consent = begin(f"{REDIRECT_URI}:{arguments.port}" if arguments.port else REDIRECT_URI)
    say(*about_pasting(consent.address))
    # Not shown, because the address contains a code.
    return consent.redeem(read_address(ask("Address to which the browser was sent (it is not shown): ")))


def _listening(arguments: Namespace, begin: Callable[[str], Consent], way: Way) -> Consented:
    # The listener is there first, because its port is part of the address at which the user signs in.
    consents: list[Consent] = []

    def reply(target: str) -> Reply:
        return reply_to(target, consents[0].state)

    with Loopback(arguments.port, reply, TAKEN) as listener:
        consents.append(begin(f"{REDIRECT_URI}:{listener.port}"))
        listener.serve()
        address = consents[0].address
        say(*about_address(address, arguments.timeout))
        if way is Way.OPENED and not webbrowser.open(address):
            say(about_opening())
        if (answer := listener.wait(arguments.timeout)) is None:
            raise nobody_came(arguments.timeout, listener.others)
    return consents[0].redeem(answer)
