"""The command: nothing is stored before everything is known to be right."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.auth.consent import Consent
from airflow_provider_partnercenter.client.errors import (
    RECONSENT,
    PartnerCenterConfigurationError,
    PartnerCenterError,
    PartnerCenterMfaRequiredError,
)
from airflow_provider_partnercenter.client.settings import CONNECT_TIMEOUT
from airflow_provider_partnercenter.client.sync import PartnerCenterClient
from airflow_provider_partnercenter.client.transport.with_requests import RequestsTransport
from airflow_provider_partnercenter.commands.output import print_document, print_rows, say, say_error
from airflow_provider_partnercenter.commands.running import FAILED, plain_command
from airflow_provider_partnercenter.commands.sign_in.browser import let_sign_in
from airflow_provider_partnercenter.commands.sign_in.draft import Given, completed, has_proof, new_draft
from airflow_provider_partnercenter.commands.sign_in.proof import given_proof
from airflow_provider_partnercenter.commands.sign_in.storing import check_place, find, is_found, store
from airflow_provider_partnercenter.commands.sign_in.telling import NOTHING_STORED, about_result, row_of_sign_in
from airflow_provider_partnercenter.hooks.connection import client_settings
from airflow_provider_partnercenter.hooks.sign_in import check_sign_in
from airflow_provider_partnercenter.storage.credential_variable import refresh_token_store

if TYPE_CHECKING:
    from argparse import Namespace

    from airflow_provider_partnercenter.client.auth.consent import Consented
    from airflow_provider_partnercenter.client.settings import ClientSettings
    from airflow_provider_partnercenter.commands.sign_in.draft import Draft
    from airflow_provider_partnercenter.hooks.sign_in import SignIn


_AGAIN = "repeat this command, and let the integration user sign in with MFA"


@plain_command
def sign_in(arguments: Namespace) -> int:
    """Let a user sign in, check what that allows, and store the refresh token or print the connection."""
    try:
        draft, consented, checked = _signed_in(arguments)
        if not arguments.print:
            store(draft, replace=arguments.replace)
    except PartnerCenterError as error:
        # What the client advises is this command, for a connection that is there already.
        error.hint = error.hint and error.hint.replace(RECONSENT, _AGAIN)
        say_error(error)
        say(NOTHING_STORED)
        return FAILED
    except KeyboardInterrupt:
        say(NOTHING_STORED)
        raise
    if arguments.print and arguments.output is None:
        print_document(draft.to_json(secrets=arguments.show_secrets))
    else:
        row = row_of_sign_in(draft, consented, checked, printed=arguments.print, secrets=arguments.show_secrets)
        print_rows([row], arguments.output or "table")
    say(*about_result(draft, consented, checked, printed=arguments.print))
    if not arguments.print and not is_found(draft):
        raise PartnerCenterConfigurationError(
            f"Connection {draft.conn_id!r} was stored, but Airflow finds another one in its place",
            hint="look for it in the environment and in the secrets backend, which come first, and remove it there",
        )
    return 0


def _signed_in(arguments: Namespace) -> tuple[Draft, Consented, SignIn]:
    if arguments.show_secrets and not arguments.print:
        raise PartnerCenterConfigurationError(
            "--show-secrets shows secrets of a connection that is printed", hint="add --print, or leave it out"
        )
    if not arguments.print:
        check_place(arguments.conn_id, replace=arguments.replace)
    draft = _draft(arguments)
    settings = client_settings(draft.connection())
    with contextlib.closing(RequestsTransport(settings.ca_bundle, CONNECT_TIMEOUT, settings.timeout)) as transport:
        consented = let_sign_in(
            arguments,
            lambda redirect_uri: Consent(
                settings.credentials,
                transport,
                redirect_uri,
                user=arguments.user,
                on_secret=settings.on_secret,
            ),
        )
    draft = draft.with_token(consented.refresh_token)
    return draft, consented, _checked(client_settings(draft.connection()), consented)


def _draft(arguments: Namespace) -> Draft:
    proof = given_proof(arguments)
    extra = ("tenant_id", "cloud", "authority", "ca_bundle", "credential_variable")
    given = Given(arguments.client_id, arguments.host, {name: getattr(arguments, name) for name in extra}, proof)
    draft = completed(find(arguments.conn_id) or new_draft(arguments.conn_id, given), given)
    if has_proof(draft):
        return draft
    # Asked for last, when everything else is there.
    arguments.client_secret_from = "prompt"
    return completed(draft, Given(proof=given_proof(arguments)))


def _checked(settings: ClientSettings, consented: Consented) -> SignIn:
    """
    Sign in as tasks will, and check that Partner Center accepts the user.

    This reads one customer. Whether the user may submit for a customer only a submission shows.
    """
    with contextlib.closing(PartnerCenterClient(settings, refresh_token_store(settings))) as client:
        checked = check_sign_in(client)
    if checked.mfa_compliant is None and consented.mfa is False:
        raise PartnerCenterMfaRequiredError("The user signed in without MFA", hint=_AGAIN)
    return checked
