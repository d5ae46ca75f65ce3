"""Read how the application proves itself, in one of four ways. A connection that names more than one is refused."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from airflow_provider_partnercenter.client.auth.certificates import (
    CERTIFICATE_FIELD,
    KEY_FIELD,
    has_certificate,
    has_private_key,
)
from airflow_provider_partnercenter.client.auth.proofs.managed_identity import FIELD as IDENTITY_FIELD
from airflow_provider_partnercenter.client.auth.proofs.managed_identity import SYSTEM
from airflow_provider_partnercenter.client.auth.proofs.token_file import FIELD as FILE_FIELD

if TYPE_CHECKING:
    from airflow_provider_partnercenter.hooks.fields import Fields

SECRET_FIELD = "password"

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FILE_HINT = "give an absolute path; with Azure Workload Identity, it is the value of AZURE_FEDERATED_TOKEN_FILE"
_IDENTITY_HINT = f"give the client id of a user-assigned identity (a GUID), or {SYSTEM!r} for the system-assigned one"


def read_proof(fields: Fields, password: object) -> dict[str, str]:
    """
    Read how the application proves itself.

    A certificate and a secret may stand next to each other, while one replaces the other; the certificate is used.

    :param fields: the fields of the connection.
    :param password: its password.
    :return: the arguments of :class:`.Credentials`.
    :raises PartnerCenterConfigurationError: if there is no way, an incomplete one or more than one.
    """
    secret = fields.credential(SECRET_FIELD, password)
    private_key, certificate = fields.pem(KEY_FIELD), fields.pem(CERTIFICATE_FIELD)
    file, identity = fields.text(FILE_FIELD), fields.text(IDENTITY_FIELD)
    given = {
        SECRET_FIELD: secret,
        KEY_FIELD: private_key,
        CERTIFICATE_FIELD: certificate,
        FILE_FIELD: file,
        IDENTITY_FIELD: identity,
    }
    names = [name for name, value in given.items() if value]
    if len(names) > 1 and (file or identity):
        others = " and ".join(repr(name) for name in names[:-1])
        raise fields.refuse(names[-1], f"is given, and so is {others}", "give only one way to sign in")
    if file:
        if not PurePath(file).is_absolute():
            raise fields.refuse(FILE_FIELD, "is not an absolute path", _FILE_HINT)
        return {"federated_identity_file": file}
    if identity:
        if identity.lower() != SYSTEM and not _GUID.fullmatch(identity):
            raise fields.refuse(IDENTITY_FIELD, f"has the invalid value {identity[:40]!r}", _IDENTITY_HINT)
        return {"managed_identity": identity.lower()}
    # Either field may contain both the certificate and the key.
    for pem, missing, name in (
        (private_key, certificate or has_certificate(private_key), CERTIFICATE_FIELD),
        (certificate, private_key or has_private_key(certificate), KEY_FIELD),
    ):
        if pem and not missing:
            raise fields.refuse(name, "is missing", "give both the certificate and its private key, as PEM text")
    if private_key or certificate:
        pair = {"private_key": private_key, "certificate": certificate}
        return {name: value for name, value in pair.items() if value}
    if secret:
        return {"client_secret": secret}
    hint = f"give the client secret, or a certificate with its private key, or {FILE_FIELD!r}, or {IDENTITY_FIELD!r}"
    raise fields.refuse(SECRET_FIELD, "is missing", hint)
